/* SPDX-License-Identifier: GPL-2.0-or-later */
/* emotionscope and streams as they come: it keeps nothing of what passes, and
 * loss and jitter do not begin the picture anew. */
#include <gst/check/gstharness.h>

#include "gst/scope/gstemotionscope.h"
#include "tests/gst/leaks.h"
#include "tests/gst/made-result.h"

/* A meta that tells how many of it there are. */
static gint n_counted;

static gboolean
counted_init (GstMeta *meta, gpointer params, GstBuffer *buffer)
{
  n_counted++;
  return TRUE;
}

static void
counted_free (GstMeta *meta, GstBuffer *buffer)
{
  n_counted--;
}

static gboolean
counted_transform (
    GstBuffer *to, GstMeta *meta, GstBuffer *from, GQuark type, gpointer data)
{
  return gst_buffer_add_meta (to, meta->info, NULL) != NULL;
}

/* The base class keeps the metas of all buffers that it ever gets: so it must
 * get none, whoever put them there. */
static void
test_metas (void)
{
  static const gchar *tags[] = { NULL };
  const GType api = gst_meta_api_type_register ("TestCountedMetaAPI", tags);
  const GstMetaInfo *info = gst_meta_register (api, "TestCountedMeta",
      sizeof (GstMeta), counted_init, counted_free, counted_transform);
  GstHarness *h = gst_harness_new ("emotionscope");

  gst_harness_set_sink_caps_str (
      h, "video/x-raw,width=64,height=64,framerate=25/1");
  gst_harness_set_src_caps_str (h, MADE_CAPS);
  for (guint64 i = 0; i < 100; i++) {
    GstBuffer *buffer = made_sound (i * 40, 40);

    gst_buffer_add_meta (buffer, info, NULL);
    g_assert_cmpint (gst_harness_push (h, buffer), ==, GST_FLOW_OK);
    g_assert_cmpint (n_counted, <=, 1);
  }
  g_assert_cmpuint (gst_harness_buffers_received (h), ==, 100);
  gst_harness_teardown (h);
}

/* Loss and jitter */

#define LENGTH_MS 20
#define N_BUFFERS 200

typedef struct {
  GArray *times;  /* GstClockTime of each picture */
  GBytes *pixels; /* of the last */
} Shown;

static void
clear_shown (Shown *shown)
{
  g_array_unref (shown->times);
  g_bytes_unref (shown->pixels);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Shown, clear_shown)

static Shown
pull_all (GstHarness *h)
{
  Shown shown = { .times = g_array_new (FALSE, FALSE, sizeof (GstClockTime)) };
  GstBuffer *buffer;

  while ((buffer = gst_harness_try_pull (h))) {
    gpointer pixels;
    gsize size;

    g_array_append_val (shown.times, GST_BUFFER_PTS (buffer));
    gst_buffer_extract_dup (
        buffer, 0, gst_buffer_get_size (buffer), &pixels, &size);
    g_clear_pointer (&shown.pixels, g_bytes_unref);
    shown.pixels = g_bytes_new_take (pixels, size);
    gst_buffer_unref (buffer);
  }
  return shown;
}

/* Every n-th buffer is lost, comes twice or late; 0: none. */
typedef struct {
  const char *name;
  guint lost, repeated, late;
  guint late_ms;
  gdouble max_different; /* bytes of the picture */
} Harm;

static const Harm harms[] = {
  { "lost", 50, 0, 0, 0, 0.01 },
  { "repeated", 0, 40, 0, 0, 0 },
  { "late", 0, 0, 2, 50, 0 },
  { "lost-and-late", 50, 0, 2, 10, 0.01 },
};

static gboolean
is_nth (guint i, guint n)
{
  return n > 0 && i % n == n / 2;
}

static Shown
show (const Harm *harm)
{
  GstHarness *h = gst_harness_new ("emotionscope");
  gboolean is_discont = FALSE;
  Shown shown;

  gst_harness_set_sink_caps_str (
      h, "video/x-raw,width=320,height=200,framerate=10/1");
  gst_harness_set_src_caps_str (h, MADE_CAPS);
  for (guint i = 0; i < N_BUFFERS; i++) {
    GstBuffer *buffer = made_sound (i * LENGTH_MS, LENGTH_MS);

    if (harm && is_nth (i, harm->lost)) {
      gst_buffer_unref (buffer);
      is_discont = TRUE;
      continue;
    }
    if (harm && is_nth (i, harm->late))
      GST_BUFFER_PTS (buffer) += harm->late_ms * GST_MSECOND;
    if (harm && is_nth (i, harm->repeated))
      for (guint k = 3; k > 0; k--) {
        GstBuffer *again = made_sound ((i - k) * LENGTH_MS, LENGTH_MS);

        if (k == 3)
          GST_BUFFER_FLAG_SET (again, GST_BUFFER_FLAG_DISCONT);
        gst_harness_push (h, again);
      }
    if (is_discont)
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    is_discont = FALSE;
    g_assert_cmpint (gst_harness_push (h, buffer), ==, GST_FLOW_OK);
  }
  shown = pull_all (h);
  gst_harness_teardown (h);
  return shown;
}

static gdouble
different (GBytes *a, GBytes *b)
{
  gsize n, n_different = 0;
  const guint8 *const p = g_bytes_get_data (a, &n);
  const guint8 *const q = g_bytes_get_data (b, NULL);

  g_assert_cmpuint (n, ==, g_bytes_get_size (b));
  for (gsize i = 0; i < n; i++)
    n_different += p[i] != q[i];
  return (gdouble) n_different / n;
}

static void
test_harm (gconstpointer data)
{
  const Harm *harm = data;
  g_auto (Shown) clean = show (NULL);
  g_auto (Shown) harmed = show (harm);
  const gdouble part = different (clean.pixels, harmed.pixels);

  g_test_message (
      "%u pictures, %.3f of the last one differs", harmed.times->len, part);
  g_assert_cmpuint (harmed.times->len, ==, clean.times->len);
  for (guint i = 0; i < clean.times->len; i++)
    g_assert_cmpuint (g_array_index (harmed.times, GstClockTime, i), ==,
        g_array_index (clean.times, GstClockTime, i));
  g_assert_cmpfloat (part, <=, harm->max_different);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_assert_true (GST_ELEMENT_REGISTER (emotionscope, NULL));
  g_test_add_func ("/scope/metas", test_metas);
  for (guint i = 0; i < G_N_ELEMENTS (harms); i++) {
    g_autofree char *path = g_strconcat ("/scope/harm/", harms[i].name, NULL);

    g_test_add_data_func (path, &harms[i], test_harm);
  }
  leaks_add_test ("scope-stream");
  return g_test_run ();
}
