/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The streaming rules: what restarts a window, what ends it, and which times a
 * window has. */
#include "tests/gst/leaks.h"
#include "tests/gst/stream.h"

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
    stream_init (&f);
    g_object_set (f.element, "interval", interval * GST_MSECOND, NULL);
    stream_push (&f, 0, ends[i].len_ms);
    stream_event (&f,
        done ? gst_event_new_segment_done (GST_FORMAT_TIME, -1)
             : gst_event_new_eos ());
    for (guint w = 0; w < ends[i].whole; w++)
      stream_expect (&f, w * interval, 3000, w);
    if (ends[i].rest_ms)
      stream_expect (
          &f, ends[i].whole * interval, ends[i].rest_ms, ends[i].whole);
    fixture_expect_none (&f);
    fixture_clear (&f);
  }
}

/* Breaks: tests/gst/test-continuity.c has all that time stamps do. */

static void
test_discont (gconstpointer data)
{
  const GstBufferFlags flag = GPOINTER_TO_UINT (data);
  Fixture f;

  stream_init (&f);
  stream_push (&f, 0, 2900);
  stream_push_flagged (&f, 4000, 100, flag);
  stream_push (&f, 4100, 7000);
  stream_expect (&f, 4000, 3000, 0);
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

  stream_init (&f);
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

  stream_init (&f);
  stream_push (&f, 0, 2000);
  stream_event (&f, gst_event_new_gap (2 * GST_SECOND, 4 * GST_SECOND));
  stream_push (&f, 6000, 9000);
  stream_expect (&f, 0, 3000, 0);
  stream_expect_silence (&f, 3000, 3000, 1);
  stream_expect (&f, 6000, 3000, 2);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* What sounds is completed, and counting starts anew where sound does. */
static void
test_long_gap (void)
{
  Fixture f;

  stream_init (&f);
  stream_push (&f, 0, 2000);
  stream_event (&f, gst_event_new_gap (2 * GST_SECOND, 3600 * GST_SECOND));
  stream_event (&f, gst_event_new_gap (3602 * GST_SECOND, GST_CLOCK_TIME_NONE));
  stream_push (&f, 3602100, 3605100);
  stream_expect (&f, 0, 3000, 0);
  stream_expect (&f, 3602100, 3000, 1);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

static void
test_gap_buffer (void)
{
  Fixture f;

  stream_init (&f);
  for (guint i = 0; i < 3; i++) /* its contents must not be heard */
    stream_push_flagged (&f, i * 1000, 1000, GST_BUFFER_FLAG_GAP);
  stream_push (&f, 3000, 6000);
  stream_expect_silence (&f, 0, 3000, 0);
  stream_expect (&f, 3000, 3000, 1);
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
  stream_init (&f);
  stream_push (&f, 0, 2000);
  stream_event (&f, gst_event_new_caps (caps));
  gst_harness_push (
      f.harness, fixture_sound (&info, 2 * info.rate, 4 * info.rate));
  stream_expect (&f, 0, 3000, 0);
  /* The resampler of 44.1 kHz holds the last samples back until the end. */
  stream_event (&f, gst_event_new_eos ());
  stream_expect (&f, 3000, 3000, 1);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* Caps that nobody can read (three channels, and which they are is not said):
 * the sound passes unheard, with one warning, and what comes after is heard. */
static void
test_unknown_caps (void)
{
  g_autoptr (GstCaps) known = gst_caps_from_string (STREAM_CAPS);
  g_autoptr (GstCaps) unknown = gst_caps_from_string (
      "audio/x-raw,format=S16LE,layout=interleaved,rate=16000,channels=3");
  Fixture f;
  GstMessage *message;

  stream_init (&f);
  stream_push (&f, 0, 2000);
  stream_event (&f, gst_event_new_caps (unknown));
  stream_push (&f, 2000, 6000);
  message = gst_bus_pop_filtered (f.bus, GST_MESSAGE_WARNING);
  g_assert_nonnull (message);
  gst_message_unref (message);
  g_assert_null (gst_bus_pop_filtered (f.bus, GST_MESSAGE_WARNING));
  fixture_expect_none (&f);
  stream_event (&f, gst_event_new_caps (known));
  stream_push (&f, 6000, 9000);
  stream_expect (&f, 6000, 3000, 0);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* Messages are posted before EOS leaves. */

static GstPadProbeReturn
count_at_eos (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Fixture *f = data;

  if (GST_EVENT_TYPE (info->data) == GST_EVENT_EOS) {
    stream_expect (f, 0, 3000, 0);
    stream_expect (f, 3000, 2000, 1);
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

  stream_init (&f);
  gst_util_set_object_arg (G_OBJECT (f.element), "inference", inference);
  pad = gst_element_get_static_pad (f.element, "src");
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, count_at_eos, &f, NULL);
  stream_push (&f, 0, 5000);
  stream_event (&f, gst_event_new_eos ());
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

  stream_init (&f);
  /* 1/3 s has no whole number of samples. */
  g_object_set (f.element, "interval", (guint64) 333333333, NULL);
  stream_push_flagged (&f, 0, 10, GST_BUFFER_FLAG_GAP);
  for (guint64 at = 10; at < 60000; at += 2000)
    stream_event (&f, gst_event_new_gap (at * GST_MSECOND, 2 * GST_SECOND));
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
  stream_push_flagged (&f, day_ms, 20, GST_BUFFER_FLAG_DISCONT);
  stream_push (&f, day_ms + 20, day_ms + 3000);
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
  { "/stream/day", test_day },
  { "/stream/unknown-caps", test_unknown_caps },
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
  leaks_add_test ("stream");
  return g_test_run ();
}
