/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The element emotiontext in a stream: events, gaps, segments, latency. */
#include <string.h>

#include <gst/check/gstharness.h>

#include "gst/text/gstemotiontext.h"
#include "tests/gst/leaks.h"
#include "tests/gst/made-result.h"

/* What leaves, in order: "cue 0-3000 happy (90 %)", "gap 0-500", "segment 0",
 * "eos", "caps utf8" ...; times in ms. */
static void
note_event (GString *out, GstEvent *event)
{
  const GstSegment *segment;
  GstClockTime start, duration;
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_GAP:
      gst_event_parse_gap (event, &start, &duration);
      g_string_append_printf (out,
          "gap %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "\n",
          start / GST_MSECOND, (start + duration) / GST_MSECOND);
      break;
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      g_string_append_printf (out, "caps %s\n",
          gst_structure_get_string (
              gst_caps_get_structure (caps, 0), "format"));
      break;
    case GST_EVENT_SEGMENT:
      gst_event_parse_segment (event, &segment);
      g_string_append_printf (
          out, "segment %" G_GUINT64_FORMAT "\n", segment->start / GST_MSECOND);
      break;
    default:
      g_string_append_printf (out, "%s\n", GST_EVENT_TYPE_NAME (event));
      break;
  }
}

static void
note_buffer (GString *out, GstBuffer *buffer)
{
  GstMapInfo map;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_string_append_printf (out,
      "cue %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT " %.*s\n",
      GST_BUFFER_PTS (buffer) / GST_MSECOND,
      (GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer)) / GST_MSECOND,
      (int) map.size, (const char *) map.data);
  gst_buffer_unmap (buffer, &map);
}

/* A probe keeps the order of buffers and events, which the harness does not. */
static GstPadProbeReturn
note (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER)
    note_buffer (data, GST_PAD_PROBE_INFO_BUFFER (info));
  else
    note_event (data, GST_PAD_PROBE_INFO_EVENT (info));
  return GST_PAD_PROBE_OK;
}

typedef struct {
  GstHarness *harness;
  GString *out;
} Text;

static void
text_init (Text *self, const char *sink_caps)
{
  g_autoptr (GstPad) src = NULL;

  self->harness = gst_harness_new ("emotiontext");
  self->out = g_string_new (NULL);
  src = gst_element_get_static_pad (self->harness->element, "src");
  gst_pad_add_probe (src,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM
          | GST_PAD_PROBE_TYPE_EVENT_FLUSH,
      note, self->out, NULL);
  if (sink_caps)
    gst_harness_set_sink_caps_str (self->harness, sink_caps);
  gst_harness_set_src_caps_str (self->harness, MADE_CAPS);
}

static void
text_clear (Text *self)
{
  gst_harness_teardown (self->harness);
  g_string_free (self->out, TRUE);
}

/* Compares and forgets what has left. */
static void
expect (Text *self, const char *out)
{
  g_assert_cmpstr (self->out->str, ==, out);
  g_string_truncate (self->out, 0);
}

/* Sound from start_ms to end_ms; the last buffer carries the results. */
static GstFlowReturn
push (Text *self, guint64 start_ms, guint64 end_ms, const Made *made, guint n)
{
  GstBuffer *buffer = made_sound (start_ms, end_ms - start_ms);

  for (guint i = 0; i < n; i++) {
    g_autoptr (GstEmotionResult) result = made_result (&made[i]);

    gst_emotion_meta_add (buffer, result);
  }
  return gst_harness_push (self->harness, buffer);
}

static const Made windows[] = { { 0, 0, 3000, 2, .9 }, { 1, 3000, 3000, 4, .8 },
  { 2, 6000, 3000, -2, 0 } };

#define START "stream-start\ncaps utf8\nsegment 0\ngap 0-0\n"

/* Text never goes further than the sound less a window. */
static void
test_stream (void)
{
  Text t;

  text_init (&t, NULL);
  push (&t, 0, 2990, NULL, 0);
  expect (&t, START);
  push (&t, 2990, 3000, windows, 1);
  expect (&t, "cue 0-3000 happy (90 %)\n");
  push (&t, 3000, 5000, NULL, 0);
  expect (&t, "");
  push (&t, 5000, 6400, windows + 1, 1);
  expect (&t, "cue 3000-6000 angry (80 %)\n");
  push (&t, 6400, 9500, windows, 3); /* two of them are known */
  expect (&t, "cue 6000-9000 silence\n");
  push (&t, 9500, 14000, NULL, 0);
  expect (&t, "gap 9000-11000\n");
  push (&t, 14000, 14100, NULL, 0); /* not for each buffer */
  expect (&t, "");
  gst_harness_push_event (t.harness, gst_event_new_eos ());
  expect (&t, "eos\n");
  text_clear (&t);
}

static void
test_properties (void)
{
  Text t;

  text_init (&t, NULL);
  g_object_set (
      t.harness->element, "skip-silence", TRUE, "format", "%{window-id}", NULL);
  push (&t, 0, 9000, windows, 3);
  expect (&t, START "cue 0-3000 0\ncue 3000-6000 1\n");
  gst_harness_push_event (
      t.harness, gst_event_new_gap (9 * GST_SECOND, 3 * GST_SECOND));
  expect (&t, "gap 6000-9000\n");
  text_clear (&t);
}

/* While playing, a wrong format is a warning; before, an error. */
static void
test_wrong_format (void)
{
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstElement *element = gst_element_factory_make ("emotiontext", NULL);
  g_autofree char *format = NULL;
  GstMessage *message;

  gst_object_ref_sink (element);
  gst_element_set_bus (element, bus);
  g_object_set (element, "format", "%{mood}", NULL);
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_PAUSED), ==,
      GST_STATE_CHANGE_FAILURE);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_unref (message);

  g_object_set (element, "format", NULL, NULL);
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_PAUSED), !=,
      GST_STATE_CHANGE_FAILURE);
  g_object_set (element, "format", "100 %", NULL);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  g_assert_nonnull (message);
  gst_message_unref (message);
  g_object_get (element, "format", &format, NULL);
  g_assert_cmpstr (format, ==, "%{emotion} (%{confidence})");
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (element);
}

static void
test_align_result (void)
{
  Text t;

  text_init (&t, NULL);
  gst_util_set_object_arg (G_OBJECT (t.harness->element), "align", "result");
  push (&t, 0, 3000, windows, 1);
  expect (&t, START "gap 0-3000\ncue 3000-6000 happy (90 %)\n");
  push (&t, 3000, 9000, windows + 1, 2);
  expect (&t, "cue 6000-9000 angry (80 %)\ncue 9000-12000 silence\n");
  text_clear (&t);
}

/* The last window comes as an event, after all sound. */
static void
test_event (void)
{
  g_autoptr (GstEmotionResult) result = made_result (&windows[1]);
  Text t;

  text_init (&t, NULL);
  push (&t, 0, 5000, windows, 1);
  gst_harness_push_event (t.harness, gst_emotion_event_new (result));
  gst_harness_push_event (t.harness, gst_event_new_eos ());
  expect (
      &t, START "cue 0-3000 happy (90 %)\ncue 3000-6000 angry (80 %)\neos\n");
  text_clear (&t);
}

static void
test_empty (void)
{
  Text t;

  text_init (&t, NULL);
  gst_harness_push_event (t.harness, gst_event_new_eos ());
  expect (&t, START "eos\n");
  g_assert_cmpuint (gst_harness_buffers_received (t.harness), ==, 0);
  text_clear (&t);
}

/* After a flush windows count anew, and nothing of before comes. */
static void
test_flush (void)
{
  Text t;
  GstSegment segment;

  text_init (&t, NULL);
  push (&t, 0, 9000, windows, 3);
  g_string_truncate (t.out, 0);
  gst_harness_push_event (t.harness, gst_event_new_flush_start ());
  gst_harness_push_event (t.harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = segment.position = 3 * GST_SECOND;
  gst_harness_push_event (t.harness, gst_event_new_segment (&segment));
  /* The result says that its running time is 3 s, which is 6 s here: an element
   * between has changed what time stamps mean. */
  push (&t, 3000, 6000, (Made[]){ { 0, 3000, 3000, 4, .8 } }, 1);
  expect (&t,
      "flush-start\nflush-stop\nsegment 3000\ngap 3000-3000\n"
      "gap 3000-6000\ncue 6000-9000 angry (80 %)\n");
  text_clear (&t);
}

/* A cue that reaches out of the segment is cut. */
static void
test_segment (void)
{
  Text t;
  GstSegment segment;

  text_init (&t, NULL);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.stop = 4 * GST_SECOND;
  gst_harness_push_event (t.harness, gst_event_new_segment (&segment));
  push (&t, 0, 4000, windows, 3);
  expect (&t,
      START "segment 0\ngap 0-0\ncue 0-3000 happy (90 %)\n"
            "cue 3000-4000 angry (80 %)\n");
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_harness_push_event (t.harness, gst_event_new_segment (&segment));
  expect (&t, "segment 0\ngap 0-0\n");
  text_clear (&t);
}

/* A buffer without a time stamp is where the one before ended. */
static void
test_no_time_stamps (void)
{
  Text t;
  GstBuffer *buffer;

  text_init (&t, NULL);
  push (&t, 0, 3000, windows, 1);
  g_string_truncate (t.out, 0);
  for (guint i = 0; i < 4; i++) {
    buffer = made_sound (0, 1000);
    GST_BUFFER_PTS (buffer) = GST_CLOCK_TIME_NONE;
    gst_harness_push (t.harness, buffer);
  }
  expect (&t, "gap 3000-4000\n");
  buffer = made_sound (0, 1000);
  GST_BUFFER_PTS (buffer) = GST_BUFFER_DURATION (buffer) = GST_CLOCK_TIME_NONE;
  g_assert_cmpint (gst_harness_push (t.harness, buffer), ==, GST_FLOW_OK);
  text_clear (&t);
}

/* Other sound, the same text. */
static void
test_caps_change (void)
{
  Text t;

  text_init (&t, NULL);
  push (&t, 0, 3000, windows, 1);
  gst_harness_set_src_caps_str (t.harness, "audio/x-opus");
  push (&t, 3000, 6000, windows + 1, 1);
  g_assert_nonnull (strstr (t.out->str, "cue 3000-6000 angry (80 %)\n"));
  g_assert_null (strstr (t.out->str, "opus"));
  text_clear (&t);
}

static void
test_markup (void)
{
  Text t;

  text_init (&t, "text/x-raw,format=pango-markup");
  push (&t, 0, 3000, windows, 1);
  expect (&t,
      "stream-start\ncaps pango-markup\nsegment 0\ngap 0-0\n"
      "cue 0-3000 happy (90 %)\n");
  text_clear (&t);
}

static void
test_no_text_wanted (void)
{
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstMessage *message;
  Text t;

  text_init (&t, "text/x-raw,format=something-else");
  gst_element_set_bus (t.harness->element, bus);
  g_assert_cmpint (push (&t, 0, 3000, windows, 1), ==, GST_FLOW_NOT_NEGOTIATED);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_unref (message);
  gst_element_set_bus (t.harness->element, NULL);
  text_clear (&t);
}

/* The sparse stream of the same group, and tags of the whole only. */
static void
test_stream_start (void)
{
  Text t;
  GstEvent *event;
  GstStreamFlags flags;
  GstTagList *tags;
  const gchar *id;
  guint group = 0;

  text_init (&t, NULL);
  event = gst_event_new_stream_start ("sound");
  gst_event_set_group_id (event, 7);
  gst_harness_push_event (t.harness, event);
  while (gst_harness_events_in_queue (t.harness) > 1)
    gst_event_unref (gst_harness_pull_event (t.harness));
  event = gst_harness_pull_event (t.harness);
  gst_event_parse_stream_start (event, &id);
  gst_event_parse_stream_flags (event, &flags);
  g_assert_cmpstr (id, ==, "sound/emotion-text");
  g_assert_true (flags & GST_STREAM_FLAG_SPARSE);
  g_assert_true (gst_event_parse_group_id (event, &group));
  g_assert_cmpuint (group, ==, 7);
  gst_event_unref (event);

  g_string_truncate (t.out, 0);
  gst_harness_push_event (t.harness,
      gst_event_new_tag (gst_tag_list_new (GST_TAG_BITRATE, 64000, NULL)));
  expect (&t, "");
  tags = gst_tag_list_new (GST_TAG_TITLE, "a", NULL);
  gst_tag_list_set_scope (tags, GST_TAG_SCOPE_GLOBAL);
  gst_harness_push_event (t.harness, gst_event_new_tag (tags));
  expect (&t, "tag\n");
  text_clear (&t);
}

/* Latency as upstream's, and a window's on live pipelines. */
static void
test_latency (void)
{
  Text t;

  text_init (&t, NULL);
  gst_harness_set_upstream_latency (t.harness, 20 * GST_MSECOND);
  g_assert_cmpuint (gst_harness_query_latency (t.harness), ==,
      (20 + 3000 + 200) * GST_MSECOND);
  push (&t, 0, 1500, (Made[]){ { 0, 0, 3000, 2, .9 } }, 1);
  gst_util_set_object_arg (G_OBJECT (t.harness->element), "align", "result");
  g_assert_cmpuint (
      gst_harness_query_latency (t.harness), ==, 220 * GST_MSECOND);
  text_clear (&t);
}

/* Downstream is away for a while: who pushes sound hears of it once. */
static void
test_relink (void)
{
  Text t;

  text_init (&t, "text/x-raw,format=utf8");
  gst_pad_set_active (t.harness->sinkpad, FALSE);
  g_assert_cmpint (push (&t, 0, 3000, &windows[0], 1), ==, GST_FLOW_FLUSHING);
  gst_pad_set_active (t.harness->sinkpad, TRUE);
  g_assert_cmpint (push (&t, 3000, 3100, NULL, 0), ==, GST_FLOW_OK);
  g_assert_cmpint (push (&t, 3100, 6000, &windows[1], 1), ==, GST_FLOW_OK);
  text_clear (&t);
}

/* Backwards nothing is told, and text says so of each piece of sound, for
 * sinks wait for something. */
static void
test_backwards (void)
{
  GstSegment segment;
  Text t;

  text_init (&t, "text/x-raw,format=utf8");
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.rate = -1;
  segment.stop = segment.position = 10 * GST_SECOND;
  gst_harness_push_event (t.harness, gst_event_new_segment (&segment));
  expect (&t, START "segment 0\n");
  push (&t, 9900, 10000, NULL, 0);
  push (&t, 9800, 9900, NULL, 0);
  expect (&t, "gap 9900-10000\ngap 9800-9900\n");
  text_clear (&t);
}

#if defined(__SANITIZE_THREAD__)
#define SEES_COUNTS FALSE
#elif defined(__has_feature)
#define SEES_COUNTS (!__has_feature (thread_sanitizer))
#else
#define SEES_COUNTS TRUE
#endif

/* Sound and text to sinks, with queues that hold less than a window. */
static void
test_preroll (void)
{
  g_autoptr (GstElement) pipeline = NULL;

  if (!SEES_COUNTS) {
    g_test_skip ("two threads share a tee's buffers by counts inside of "
                 "libgstreamer, which ThreadSanitizer does not see");
    return;
  }
  pipeline = gst_parse_launch (
      "audiotestsrc ! tee name=t t. ! queue ! fakesink t. ! queue "
      "! emotiontext ! fakesink",
      NULL);
  g_assert_nonnull (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  g_assert_cmpint (
      gst_element_get_state (pipeline, NULL, NULL, 30 * GST_SECOND), ==,
      GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_assert_true (GST_ELEMENT_REGISTER (emotiontext, NULL));
  g_test_add_func ("/text/stream", test_stream);
  g_test_add_func ("/text/properties", test_properties);
  g_test_add_func ("/text/wrong-format", test_wrong_format);
  g_test_add_func ("/text/align-result", test_align_result);
  g_test_add_func ("/text/event", test_event);
  g_test_add_func ("/text/empty", test_empty);
  g_test_add_func ("/text/flush", test_flush);
  g_test_add_func ("/text/segment", test_segment);
  g_test_add_func ("/text/no-time-stamps", test_no_time_stamps);
  g_test_add_func ("/text/caps-change", test_caps_change);
  g_test_add_func ("/text/markup", test_markup);
  g_test_add_func ("/text/no-text-wanted", test_no_text_wanted);
  g_test_add_func ("/text/stream-start", test_stream_start);
  g_test_add_func ("/text/latency", test_latency);
  g_test_add_func ("/text/relink", test_relink);
  g_test_add_func ("/text/backwards", test_backwards);
  g_test_add_func ("/text/preroll", test_preroll);
  leaks_add_test ("text");
  return g_test_run ();
}
