/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What emotionscope keeps of what passes: nothing. */
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

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_assert_true (GST_ELEMENT_REGISTER (emotionscope, NULL));
  g_test_add_func ("/scope/metas", test_metas);
  leaks_add_test ("scope-metas");
  return g_test_run ();
}
