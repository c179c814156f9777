/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The streaming rules: what restarts a window, what ends it, and which times a
 * window has. Sound is S16 mono at 1 kHz times 16, so that 16 frames are 1 ms.
 */
#include "tests/gst/fixture.h"

#define RATE 16000
#define CAPS "audio/x-raw,format=S16LE,layout=interleaved,rate=16000,channels=1"
#define MS(ms) ((ms) *RATE / 1000)

static void
push (Fixture *f, guint64 from_ms, guint64 to_ms)
{
  fixture_push (f, RATE, MS (from_ms), MS (to_ms - from_ms), MS (20));
}

static void
push_flagged (Fixture *f, guint64 at_ms, guint64 ms, GstBufferFlags flags)
{
  GstAudioInfo info;
  GstBuffer *buffer;

  gst_audio_info_set_format (&info, GST_AUDIO_FORMAT_S16, RATE, 1, NULL);
  buffer = fixture_sound (&info, MS (at_ms), MS (ms));
  GST_BUFFER_FLAG_SET (buffer, flags);
  g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
  gst_buffer_unref (gst_harness_pull (f->harness));
}

static void
push_event (Fixture *f, GstEvent *event)
{
  g_assert_true (gst_harness_push_event (f->harness, event));
}

static void
flush (Fixture *f)
{
  push_event (f, gst_event_new_flush_start ());
  push_event (f, gst_event_new_flush_stop (TRUE));
}

static void
push_segment (Fixture *f, gdouble rate, guint64 start_ms, guint64 stop_ms,
    guint64 time_ms, guint64 base_ms)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.rate = rate;
  segment.start = segment.position = start_ms * GST_MSECOND;
  if (stop_ms)
    segment.stop = stop_ms * GST_MSECOND;
  segment.time = time_ms * GST_MSECOND;
  segment.base = base_ms * GST_MSECOND;
  push_event (f, gst_event_new_segment (&segment));
}

static void
expect (Fixture *f, guint64 at_ms, guint64 ms, guint64 id)
{
  fixture_expect (f,
      &(Expected){ .timestamp_ms = at_ms,
          .stream_ms = at_ms,
          .running_ms = at_ms,
          .duration_ms = ms,
          .id = id,
          .partial = ms < 3000 });
}

static void
expect_silence (Fixture *f, guint64 at_ms, guint64 ms, guint64 id)
{
  fixture_expect (f,
      &(Expected){ .timestamp_ms = at_ms,
          .stream_ms = at_ms,
          .running_ms = at_ms,
          .duration_ms = ms,
          .id = id,
          .partial = ms < 3000,
          .silence = TRUE });
}

/* The end: what is left is padded if there is enough of it. */

static const struct {
  const char *name;
  guint64 interval_ms;
  guint64 len_ms;
  guint64 whole;   /* windows before the end */
  guint64 rest_ms; /* 0: nothing is padded */
} ends[] = {
  { "nothing", 3000, 0, 0, 0 },
  { "1ms", 3000, 1, 0, 1 },
  { "shorter-than-a-window", 3000, 1000, 0, 1000 },
  { "exactly-one", 3000, 3000, 1, 0 },
  { "rest-below-half", 3000, 4499, 1, 0 },
  { "rest-of-half", 3000, 4500, 1, 1500 },
  { "rest-above-half", 3000, 8900, 2, 2900 },
  { "overlap-rest-below-half", 1000, 4400, 2, 0 },
  { "overlap-rest-below-half-2", 2000, 6400, 2, 0 },
  { "overlap-rest-above-half", 2000, 6600, 2, 2600 },
  { "gap-between", 5000, 4900, 1, 0 },
  { "gap-rest-below-half", 5000, 6400, 1, 0 },
  { "gap-rest-of-half", 5000, 6500, 1, 1500 },
};

static void
test_end (gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);
  const guint64 interval = ends[i].interval_ms;
  Fixture f;

  for (guint done = 0; done < 2; done++) {
    fixture_init (&f, MODEL_M3, CAPS);
    g_object_set (f.element, "interval", interval * GST_MSECOND, NULL);
    push (&f, 0, ends[i].len_ms);
    push_event (&f,
        done ? gst_event_new_segment_done (GST_FORMAT_TIME, -1)
             : gst_event_new_eos ());
    for (guint w = 0; w < ends[i].whole; w++)
      expect (&f, w * interval, 3000, w);
    if (ends[i].rest_ms)
      expect (&f, ends[i].whole * interval, ends[i].rest_ms, ends[i].whole);
    fixture_expect_none (&f);
    fixture_clear (&f);
  }
}

/* Breaks */

static void
test_discont (gconstpointer data)
{
  const GstBufferFlags flag = GPOINTER_TO_UINT (data);
  Fixture f;

  fixture_init (&f, MODEL_M3, CAPS);
  push (&f, 0, 2900);
  push_flagged (&f, 2900, 100, flag);
  push (&f, 3000, 5900);
  expect (&f, 2900, 3000, 0);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* Time stamps that jump break the window, as if the flag were there; those that
 * shake or are missing do not. */
static const struct {
  const char *name;
  gint64 offset_ms;    /* of the second second */
  gboolean is_missing; /* instead */
  guint64 at_ms;       /* of the window */
} stamps[] = {
  { "forward", 50, FALSE, 1050 },
  { "back", -50, FALSE, 950 },
  { "jitter", 5, FALSE, 0 },
  { "missing", 0, TRUE, 0 },
};

static void
test_stamps (gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);
  GstAudioInfo info;
  Fixture f;

  fixture_init (&f, MODEL_M3, CAPS);
  gst_audio_info_set_format (&info, GST_AUDIO_FORMAT_S16, RATE, 1, NULL);
  push (&f, 0, 1000);
  for (guint k = 0; k < 30; k++) {
    GstBuffer *buffer = fixture_sound (&info, MS (1000 + k * 100), MS (100));

    if (stamps[i].is_missing)
      GST_BUFFER_PTS (buffer) = GST_CLOCK_TIME_NONE;
    else
      GST_BUFFER_PTS (buffer) += stamps[i].offset_ms * (gint64) GST_MSECOND;
    gst_harness_push (f.harness, buffer);
  }
  expect (&f, stamps[i].at_ms, 3000, 0);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* A clock that is 100 ppm off, for 10 minutes: times follow it, and no window
 * is broken. */
static void
test_drift (void)
{
  const guint n = 10 * 60 * 2;
  GstClockTime last = 0;
  GstMessage *message;
  Fixture f;
  guint count = 0;

  fixture_init (&f, MODEL_M3, CAPS);
  for (guint k = 0; k < n; k++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 16000, NULL);

    gst_buffer_memset (buffer, 0, 0, 16000);
    GST_BUFFER_PTS (buffer) = k * (500 * GST_MSECOND + 50 * GST_USECOND);
    gst_harness_push (f.harness, buffer);
    gst_buffer_unref (gst_harness_pull (f.harness));
  }
  while ((message = fixture_pop (&f))) {
    last = field_uint64 (gst_message_get_structure (message), "timestamp");
    gst_message_unref (message);
    count++;
  }
  g_assert_cmpuint (count, ==, 200);
  g_assert_cmpfloat_with_epsilon (
      (gdouble) last / GST_MSECOND, 597000 * 1.0001, 10.1);
  fixture_clear (&f);
}

/* Gaps */

static void
test_gap_event (void)
{
  Fixture f;

  fixture_init (&f, MODEL_M3, CAPS);
  push (&f, 0, 2000);
  push_event (&f, gst_event_new_gap (2 * GST_SECOND, 4 * GST_SECOND));
  push (&f, 6000, 9000);
  expect (&f, 0, 3000, 0);
  expect_silence (&f, 3000, 3000, 1);
  expect (&f, 6000, 3000, 2);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* What sounds is completed, and counting starts anew where sound does. */
static void
test_long_gap (void)
{
  Fixture f;

  fixture_init (&f, MODEL_M3, CAPS);
  push (&f, 0, 2000);
  push_event (&f, gst_event_new_gap (2 * GST_SECOND, 3600 * GST_SECOND));
  push_event (&f, gst_event_new_gap (3602 * GST_SECOND, GST_CLOCK_TIME_NONE));
  push (&f, 3602100, 3605100);
  expect (&f, 0, 3000, 0);
  expect (&f, 3602100, 3000, 1);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

static void
test_gap_buffer (void)
{
  Fixture f;

  fixture_init (&f, MODEL_M3, CAPS);
  for (guint i = 0; i < 3; i++) /* its contents must not be heard */
    push_flagged (&f, i * 1000, 1000, GST_BUFFER_FLAG_GAP);
  push (&f, 3000, 6000);
  expect_silence (&f, 0, 3000, 0);
  expect (&f, 3000, 3000, 1);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* Segments and flushes */

static void
test_flush (void)
{
  Fixture f;

  fixture_init (&f, MODEL_M3, CAPS);
  push (&f, 0, 5000);
  expect (&f, 0, 3000, 0);
  flush (&f);
  push_segment (&f, 1, 0, 0, 0, 0);
  push (&f, 10000, 13000);
  expect (&f, 10000, 3000, 0);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* A seek to 10 s, as a demuxer does it: stream time goes there, running time
 * starts at 0. */
static void
test_seek (void)
{
  Fixture f;

  fixture_init (&f, MODEL_M3, CAPS);
  push (&f, 0, 2000);
  flush (&f);
  push_segment (&f, 1, 10000, 0, 10000, 0);
  push (&f, 10000, 13000);
  fixture_expect (&f,
      &(Expected){ .timestamp_ms = 10000,
          .stream_ms = 10000,
          .running_ms = 0,
          .duration_ms = 3000 });
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* Without a flush: the window does not reach across, and its times are those of
 * the segment that it came in. */
static void
test_segment (void)
{
  Fixture f;

  fixture_init (&f, MODEL_M3, CAPS);
  push (&f, 0, 4000);
  push_segment (&f, 1, 20000, 0, 5000, 4000);
  push (&f, 20000, 23000);
  expect (&f, 0, 3000, 0);
  fixture_expect (&f,
      &(Expected){ .timestamp_ms = 20000,
          .stream_ms = 5000,
          .running_ms = 4000,
          .duration_ms = 3000,
          .id = 1 });
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* A segment that moves no sample in time (a new stop) is no break. */
static void
test_segment_update (void)
{
  Fixture f;

  fixture_init (&f, MODEL_M3, CAPS);
  push (&f, 0, 2000);
  push_segment (&f, 1, 0, 60000, 0, 0);
  push (&f, 2000, 3000);
  expect (&f, 0, 3000, 0);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

static void
test_rate (void)
{
  Fixture f;

  fixture_init (&f, MODEL_M3, CAPS);
  push_segment (&f, 2, 4000, 0, 4000, 0);
  push (&f, 4000, 10000);
  for (guint i = 0; i < 2; i++)
    fixture_expect (&f,
        &(Expected){ .timestamp_ms = 4000 + i * 3000,
            .stream_ms = 4000 + i * 3000,
            .running_ms = i * 1500,
            .duration_ms = 3000,
            .id = i });
  fixture_expect_none (&f);
  fixture_clear (&f);
}

static void
test_negative_rate (void)
{
  Fixture f;

  fixture_init (&f, MODEL_M3, CAPS);
  push_segment (&f, -1, 0, 10000, 0, 0);
  push (&f, 6000, 9000);
  push (&f, 3000, 6000);
  push_event (&f, gst_event_new_eos ());
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* Sound outside of the segment is not heard. */
static void
test_clip (void)
{
  Fixture f;

  fixture_init (&f, MODEL_M3, CAPS);
  push_segment (&f, 1, 1010, 5110, 0, 0);
  push (&f, 0, 6000);
  push_event (&f, gst_event_new_eos ());
  fixture_expect (&f,
      &(Expected){ .timestamp_ms = 1010, .stream_ms = 0, .duration_ms = 3000 });
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* Without time stamps the count starts where the segment does. */
static void
test_no_stamps (void)
{
  Fixture f;

  fixture_init (&f, MODEL_M3, CAPS);
  push_segment (&f, 1, 500, 0, 0, 0);
  for (guint i = 0; i < 60; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, MS (100) * 2, NULL);

    gst_buffer_memset (buffer, 0, 0, MS (100) * 2);
    gst_harness_push (f.harness, buffer);
  }
  for (guint i = 0; i < 2; i++)
    fixture_expect (&f,
        &(Expected){ .timestamp_ms = 500 + i * 3000,
            .stream_ms = i * 3000,
            .running_ms = i * 3000,
            .duration_ms = 3000,
            .id = i,
            .silence = TRUE });
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* A segment in BYTES: the count starts at 0. */
static void
test_bytes (void)
{
  GstSegment segment;
  Fixture f;

  fixture_init (&f, MODEL_M3, CAPS);
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  push_event (&f, gst_event_new_segment (&segment));
  for (guint i = 0; i < 30; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, MS (100) * 2, NULL);

    gst_buffer_memset (buffer, 0, 0, MS (100) * 2);
    gst_harness_push (f.harness, buffer);
  }
  expect_silence (&f, 0, 3000, 0);
  fixture_clear (&f);
}

/* Segments that follow each other without EOS between them (a loop). */
static void
test_loop (void)
{
  Fixture f;

  fixture_init (&f, MODEL_M3, CAPS);
  for (guint i = 0; i < 3; i++) {
    push_segment (&f, 1, 1000, 3000, 1000, i * 2000);
    push (&f, 1000, 3000);
    push_event (
        &f, gst_event_new_segment_done (GST_FORMAT_TIME, 3 * GST_SECOND));
    fixture_expect (&f,
        &(Expected){ .timestamp_ms = 1000,
            .stream_ms = 1000,
            .running_ms = i * 2000,
            .duration_ms = 2000,
            .id = i,
            .partial = TRUE });
  }
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* A change of rate, channels or format loses nothing: the window goes on. */

static const struct {
  const char *name;
  const char *caps;
} changes[] = {
  { "rate", "format=S16LE,layout=interleaved,rate=44100,channels=1" },
  { "channels",
      "format=S16LE,layout=interleaved,rate=16000,channels=2,"
      "channel-mask=(bitmask)0x3" },
  { "format", "format=F32LE,layout=interleaved,rate=16000,channels=1" },
  { "layout", "format=S16LE,layout=non-interleaved,rate=16000,channels=1" },
};

static void
test_caps (gconstpointer data)
{
  g_autofree char *text = g_strdup_printf ("audio/x-raw,%s", (char *) data);
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);
  GstAudioInfo info;
  Fixture f;

  g_assert_true (gst_audio_info_from_caps (&info, caps));
  fixture_init (&f, MODEL_M3, CAPS);
  push (&f, 0, 2000);
  push_event (&f, gst_event_new_caps (caps));
  gst_harness_push (
      f.harness, fixture_sound (&info, 2 * info.rate, 4 * info.rate));
  expect (&f, 0, 3000, 0);
  /* The resampler of 44.1 kHz holds the last samples back until the end. */
  push_event (&f, gst_event_new_eos ());
  expect (&f, 3000, 3000, 1);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* Messages are posted before EOS leaves. */

static GstPadProbeReturn
count_at_eos (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Fixture *f = data;

  if (GST_EVENT_TYPE (info->data) == GST_EVENT_EOS) {
    expect (f, 0, 3000, 0);
    expect (f, 3000, 2000, 1);
    fixture_expect_none (f);
    g_object_set_data (G_OBJECT (pad), "seen", f);
  }
  return GST_PAD_PROBE_OK;
}

static void
test_order (gconstpointer inference)
{
  Fixture f;
  GstPad *pad;

  fixture_init (&f, MODEL_M3, CAPS);
  gst_util_set_object_arg (G_OBJECT (f.element), "inference", inference);
  pad = gst_element_get_static_pad (f.element, "src");
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, count_at_eos, &f, NULL);
  push (&f, 0, 5000);
  push_event (&f, gst_event_new_eos ());
  g_assert_nonnull (g_object_get_data (G_OBJECT (pad), "seen"));
  gst_object_unref (pad);
  fixture_clear (&f);
}

/* A day of silence by the clock: no drift. */
static void
test_day (void)
{
  const guint64 day_ms = 24 * 3600 * 1000;
  Fixture f;

  fixture_init (&f, MODEL_M3, CAPS);
  /* 1/3 s has no whole number of samples. */
  g_object_set (f.element, "interval", (guint64) 333333333, NULL);
  push_flagged (&f, 0, 10, GST_BUFFER_FLAG_GAP);
  for (guint64 at = 10; at < 60000; at += 2000)
    push_event (&f, gst_event_new_gap (at * GST_MSECOND, 2 * GST_SECOND));
  for (guint64 k = 0;; k++) {
    g_autoptr (GstMessage) message = fixture_pop (&f);
    const guint64 exact = k * 333333333;
    guint64 at;

    if (!message) {
      g_assert_cmpuint (k, >=, 170);
      break;
    }
    at = field_uint64 (gst_message_get_structure (message), "timestamp");
    /* One sample is 62.5 us. */
    g_assert_cmpuint (exact - at, <=, 62500);
  }
  /* And far from 0 all is the same. */
  push (&f, day_ms, day_ms + 3000);
  {
    g_autoptr (GstMessage) message = fixture_pop (&f);

    g_assert_cmpuint (
        field_uint64 (gst_message_get_structure (message), "timestamp"), ==,
        day_ms * GST_MSECOND);
  }
  fixture_clear (&f);
}

static const struct {
  const char *path;
  GTestFunc func;
} tests[] = {
  { "/stream/drift", test_drift },
  { "/stream/gap-event", test_gap_event },
  { "/stream/long-gap", test_long_gap },
  { "/stream/gap-buffer", test_gap_buffer },
  { "/stream/flush", test_flush },
  { "/stream/seek", test_seek },
  { "/stream/segment", test_segment },
  { "/stream/segment-update", test_segment_update },
  { "/stream/rate", test_rate },
  { "/stream/negative-rate", test_negative_rate },
  { "/stream/clip", test_clip },
  { "/stream/no-stamps", test_no_stamps },
  { "/stream/bytes", test_bytes },
  { "/stream/loop", test_loop },
  { "/stream/day", test_day },
};

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++) {
    g_autofree char *path = g_strconcat ("/stream/end/", ends[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_end);
  }
  for (guint i = 0; i < G_N_ELEMENTS (stamps); i++) {
    g_autofree char *path =
        g_strconcat ("/stream/stamps/", stamps[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_stamps);
  }
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++) {
    g_autofree char *path =
        g_strconcat ("/stream/caps/", changes[i].name, NULL);

    g_test_add_data_func (path, changes[i].caps, test_caps);
  }
  g_test_add_data_func ("/stream/discont",
      GUINT_TO_POINTER (GST_BUFFER_FLAG_DISCONT), test_discont);
  g_test_add_data_func ("/stream/resync",
      GUINT_TO_POINTER (GST_BUFFER_FLAG_RESYNC), test_discont);
  g_test_add_data_func ("/stream/order/sync", "sync", test_order);
  g_test_add_data_func ("/stream/order/async", "async", test_order);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add_func (tests[i].path, tests[i].func);
  return g_test_run ();
}
