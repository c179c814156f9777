/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What applications do to an element that works in threads of its own. */
#include "tests/gst/leaks.h"
#include "tests/gst/stream.h"

/* A live source that cannot tell its latency before it has caps, as sound cards
 * do: it is live all the same. */

static GstPadProbeReturn
refuse_latency (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  const gboolean *const refuses = data;

  return *refuses && GST_QUERY_TYPE (info->data) == GST_QUERY_LATENCY
      ? GST_PAD_PROBE_DROP
      : GST_PAD_PROBE_OK;
}

static GstBusSyncReply
note_thread (GstBus *bus, GstMessage *message, gpointer data)
{
  if (gst_message_has_name (message, "emotion"))
    g_object_set_data (G_OBJECT (GST_MESSAGE_SRC (message)), "thread",
        GINT_TO_POINTER (g_thread_self () != data));
  return GST_BUS_PASS;
}

static void
test_late_latency (void)
{
  g_autofree char *path = fixture_data (MODEL_M3);
  gboolean refuses = TRUE;
  Fixture f;

  f.element =
      gst_object_ref_sink (gst_element_factory_make ("emotiondetect", NULL));
  f.bus = gst_bus_new ();
  gst_element_set_bus (f.element, f.bus);
  gst_bus_set_sync_handler (f.bus, note_thread, g_thread_self (), NULL);
  g_object_set (f.element, "model-file", path, NULL);
  f.harness = gst_harness_new_with_element (f.element, "sink", "src");
  gst_pad_add_probe (f.harness->srcpad, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM,
      refuse_latency, &refuses, NULL);
  gst_harness_set_src_caps_str (f.harness, STREAM_CAPS);
  refuses = FALSE;
  for (guint k = 0; k < 30; k++) {
    GstAudioInfo info;

    gst_audio_info_set_format (
        &info, GST_AUDIO_FORMAT_S16, STREAM_RATE, 1, NULL);
    gst_harness_push (
        f.harness, fixture_sound (&info, STREAM_MS (100 * k), STREAM_MS (100)));
  }
  stream_event (&f, gst_event_new_eos ());
  g_assert_cmpuint (fixture_count (&f), ==, 1);
  g_assert_nonnull (g_object_get_data (G_OBJECT (f.element), "thread"));
  fixture_clear (&f);
}

/* The application lets go of the pipeline in the thread that tells it a result:
 * the worker's, which no pad keeps the element alive for. */

typedef struct {
  GMutex lock;
  GCond cond;
  GstElement *pipeline; /* NULL: gone */
} Owner;

static GstBusSyncReply
let_go (GstBus *bus, GstMessage *message, gpointer data)
{
  Owner *owner = data;

  if (gst_message_has_name (message, "emotion")) {
    g_mutex_lock (&owner->lock);
    if (owner->pipeline) {
      gst_element_set_state (owner->pipeline, GST_STATE_NULL);
      g_clear_pointer (&owner->pipeline, gst_object_unref);
      g_cond_signal (&owner->cond);
    }
    g_mutex_unlock (&owner->lock);
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static void
test_let_go (void)
{
  g_autofree char *path = fixture_data (MODEL_M3);
  g_autofree char *text =
      g_strdup_printf ("audiotestsrc wave=ticks ! " STREAM_CAPS
                       " ! emotiondetect min-voice=0 inference=async "
                       "interval=100000000 model-file=%s "
                       "! fakesink",
          path);

  for (guint i = 0; i < 5; i++) {
    Owner owner = { .pipeline = gst_parse_launch (text, NULL) };
    GstBus *bus = gst_element_get_bus (owner.pipeline);

    g_mutex_init (&owner.lock);
    g_cond_init (&owner.cond);
    gst_bus_set_sync_handler (bus, let_go, &owner, NULL);
    gst_object_unref (bus);
    gst_element_set_state (owner.pipeline, GST_STATE_PLAYING);
    g_mutex_lock (&owner.lock);
    while (owner.pipeline)
      g_cond_wait (&owner.cond, &owner.lock);
    g_mutex_unlock (&owner.lock);
    g_mutex_clear (&owner.lock);
    g_cond_clear (&owner.cond);
  }
}

/* Changes of the model faster than it can be loaded: one thread loads, and in
 * the end the last. */

static guint
count_threads (void)
{
  g_autoptr (GDir) folder = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  while (folder && g_dir_read_name (folder))
    n++;
  return n;
}

static void
test_model_storm (void)
{
  g_autofree char *m1 = fixture_data (MODEL_M1);
  g_autofree char *m3 = fixture_data (MODEL_M3);
  gboolean is_there = FALSE;
  guint before;
  Fixture f;

  stream_init (&f);
  before = count_threads ();
  for (guint i = 0; i < 400; i++)
    g_object_set (f.element, "model-file", i % 2 ? m1 : m3, NULL);
  g_assert_cmpuint (count_threads (), <=, before + 10);
  for (guint64 at = 0; !is_there; at += 3000) {
    g_autoptr (GstMessage) message = NULL;

    stream_push (&f, at, at + 3000);
    message = fixture_pop (&f);
    is_there = g_str_has_suffix (
        gst_structure_get_string (gst_message_get_structure (message), "model"),
        "synthetic-m1.h5");
  }
  g_assert_null (gst_bus_pop_filtered (f.bus, GST_MESSAGE_WARNING));
  fixture_clear (&f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  g_test_add_func ("/application/late-latency", test_late_latency);
  g_test_add_func ("/application/let-go", test_let_go);
  g_test_add_func ("/application/model-storm", test_model_storm);
  leaks_add_test ("application");
  return g_test_run ();
}
