/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Classifications of GStreamer's analytics library, read back from buffers. */
#include <gst/analytics/analytics.h>

#include "tests/gst/leaks.h"
#include "tests/gst/stream.h"

/* The next classification of buffer is what the next message says. */
static void
check_next (Fixture *f, GstBuffer *buffer, gpointer *state)
{
  GstAnalyticsRelationMeta *meta =
      gst_buffer_get_analytics_relation_meta (buffer);
  GstMessage *message = fixture_pop (f);
  const GstStructure *p;
  GstAnalyticsClsMtd cls;

  g_assert_nonnull (message);
  g_assert_nonnull (meta);
  g_assert_true (gst_analytics_relation_meta_iterate (meta, state,
      gst_analytics_cls_mtd_get_mtd_type (), (GstAnalyticsMtd *) &cls));
  p = gst_value_get_structure (gst_structure_get_value (
      gst_message_get_structure (message), "probabilities"));
  g_assert_cmpint (gst_structure_n_fields (p), ==, 9);
  g_assert_cmpuint (gst_analytics_cls_mtd_get_length (&cls), ==, 9);
  g_assert_cmpstr (
      g_quark_to_string (gst_analytics_cls_mtd_get_quark (&cls, 0)), ==,
      gst_structure_get_string (
          gst_message_get_structure (message), "emotion"));
  for (guint i = 0; i < 9; i++) {
    const gfloat level = gst_analytics_cls_mtd_get_level (&cls, i);

    g_assert_cmpfloat ((gdouble) level, ==,
        field_double (
            p, g_quark_to_string (gst_analytics_cls_mtd_get_quark (&cls, i))));
    if (i > 0)
      g_assert_cmpfloat (
          level, <=, gst_analytics_cls_mtd_get_level (&cls, i - 1));
  }
  gst_message_unref (message);
}

static void
check_last (GstBuffer *buffer, gpointer state)
{
  GstAnalyticsRelationMeta *meta =
      gst_buffer_get_analytics_relation_meta (buffer);
  GstAnalyticsClsMtd cls;

  g_assert_false (meta
      && gst_analytics_relation_meta_iterate (meta, &state,
          gst_analytics_cls_mtd_get_mtd_type (), (GstAnalyticsMtd *) &cls));
}

static GstBuffer *
sound (guint64 at_ms, guint64 ms)
{
  GstAudioInfo info;

  gst_audio_info_set_format (&info, GST_AUDIO_FORMAT_S16, STREAM_RATE, 1, NULL);
  return fixture_sound (&info, STREAM_MS (at_ms), STREAM_MS (ms));
}

/* Labels in falling order of probability; one classification for each window,
 * in the order of windows. */
static void
test_windows (void)
{
  GstBuffer *buffer;
  gpointer state = NULL;
  Fixture f;

  stream_init (&f);
  g_object_set (
      f.element, "interval", GST_SECOND, "attach-analytics", TRUE, NULL);
  buffer = gst_harness_push_and_pull (f.harness, sound (0, 5000));
  for (guint i = 0; i < 3; i++)
    check_next (&f, buffer, &state);
  check_last (buffer, state);
  gst_buffer_unref (buffer);
  buffer = gst_harness_push_and_pull (f.harness, sound (5000, 500));
  check_last (buffer, NULL);
  gst_buffer_unref (buffer);
  fixture_clear (&f);
}

/* What was found by others stays, and comes first. */
static void
test_beside (void)
{
  GstBuffer *buffer = sound (0, 3000);
  GstAnalyticsRelationMeta *meta =
      gst_buffer_add_analytics_relation_meta (buffer);
  GstAnalyticsClsMtd cls;
  gpointer state = NULL;
  Fixture f;

  g_assert_true (gst_analytics_relation_meta_add_one_cls_mtd (
      meta, 0.25f, g_quark_from_static_string ("dog"), &cls));
  stream_init (&f);
  g_object_set (f.element, "attach-analytics", TRUE, NULL);
  buffer = gst_harness_push_and_pull (f.harness, buffer);
  meta = gst_buffer_get_analytics_relation_meta (buffer);
  g_assert_true (gst_analytics_relation_meta_iterate (meta, &state,
      gst_analytics_cls_mtd_get_mtd_type (), (GstAnalyticsMtd *) &cls));
  g_assert_cmpuint (gst_analytics_cls_mtd_get_length (&cls), ==, 1);
  check_next (&f, buffer, &state);
  check_last (buffer, state);
  gst_buffer_unref (buffer);
  fixture_clear (&f);
}

/* Nothing unless it is asked for; nothing where the emotion is "unknown"; and
 * the one without the other. */
static void
test_settings (void)
{
  static const struct {
    gboolean attach_meta, attach_analytics;
    gdouble min_confidence;
    gboolean has_meta, has_analytics;
  } rows[] = {
    { TRUE, FALSE, 0, TRUE, FALSE },
    { TRUE, TRUE, 1, TRUE, FALSE },
    { FALSE, TRUE, 0, FALSE, TRUE },
    { FALSE, FALSE, 0, FALSE, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    GstBuffer *buffer;
    Fixture f;

    stream_init (&f);
    g_object_set (f.element, "attach-meta", rows[i].attach_meta,
        "attach-analytics", rows[i].attach_analytics, "min-confidence",
        rows[i].min_confidence, NULL);
    buffer = gst_harness_push_and_pull (f.harness, sound (0, 3000));
    g_assert_true (rows[i].has_meta
        == (gst_buffer_get_custom_meta (buffer, "GstEmotionMeta") != NULL));
    g_assert_true (rows[i].has_analytics
        == (gst_buffer_get_analytics_relation_meta (buffer) != NULL));
    gst_buffer_unref (buffer);
    fixture_clear (&f);
  }
}

/* Silence is no class. */
static void
test_silence (void)
{
  GstBuffer *buffer = sound (0, 3000);
  Fixture f;

  stream_init (&f);
  g_object_set (f.element, "attach-analytics", TRUE, NULL);
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
  buffer = gst_harness_push_and_pull (f.harness, buffer);
  stream_expect_silence (&f, 0, 3000, 0);
  check_last (buffer, NULL);
  gst_buffer_unref (buffer);
  fixture_clear (&f);
}

static GstPadProbeReturn
count_classifications (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstAnalyticsRelationMeta *meta =
      gst_buffer_get_analytics_relation_meta (GST_PAD_PROBE_INFO_BUFFER (info));

  if (meta)
    *(gsize *) user_data += gst_analytics_relation_get_length (meta);
  return GST_PAD_PROBE_OK;
}

/* How many classifications arrive behind elements, of three windows. A warning
 * ends the test. */
static gsize
count_behind (const char *elements, gboolean attach)
{
  g_autofree char *model = fixture_data (MODEL_M3);
  g_autofree char *line = g_strdup_printf (
      "audiotestsrc wave=ticks num-buffers=110 samplesperbuffer=800 ! "
      "audio/x-raw,format=S16LE,rate=8000,channels=1 ! emotiondetect "
      "min-voice=0 model-file=%s attach-analytics=%s ! %s ! fakesink name=sink",
      model, attach ? "true" : "false", elements);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, &error);
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  gsize n = 0;

  g_assert_no_error (error);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  pad = gst_element_get_static_pad (sink, "sink");
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BUFFER, count_classifications, &n, NULL);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_test_message ("%s", elements);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  return n;
}

/* What other elements do with it. gst/REFERENCE.md has this list. */
static void
test_elements (void)
{
  static const struct {
    const char *elements;
    gsize n;
  } rows[] = {
    { "queue", 3 },
    { "tee ! queue", 3 },
    { "volume volume=0.5", 3 },
    { "level", 3 },
    { "wavenc", 3 },
    { "audioconvert ! audio/x-raw,format=F32LE", 0 },
    { "audioresample ! audio/x-raw,rate=16000", 0 },
    { "audiomixer", 0 },
    { "audioconvert ! rtpL16pay", 0 },
    { "audioconvert ! vorbisenc", 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpuint (count_behind (rows[i].elements, TRUE), ==, rows[i].n);
}

/* Elements that GStreamer warns of where it is attached: gst/REFERENCE.md. */
static void
test_off (void)
{
  static const char *const elements[] = {
    "audiobuffersplit",
    "flacenc",
    "lamemp3enc",
    "opusenc",
    "spectrascope",
    "wavescope",
  };

  for (guint i = 0; i < G_N_ELEMENTS (elements); i++) {
    g_autoptr (GstElementFactory) factory =
        gst_element_factory_find (elements[i]);
    g_autofree char *line = g_strconcat ("audioconvert ! ", elements[i], NULL);

    if (!factory)
      g_test_message ("no element %s", elements[i]);
    else
      g_assert_cmpuint (count_behind (line, FALSE), ==, 0);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  g_test_add_func ("/analytics/windows", test_windows);
  g_test_add_func ("/analytics/beside", test_beside);
  g_test_add_func ("/analytics/settings", test_settings);
  g_test_add_func ("/analytics/elements", test_elements);
  g_test_add_func ("/analytics/off", test_off);
  g_test_add_func ("/analytics/silence", test_silence);
  leaks_add_test ("analytics");
  return g_test_run ();
}
