/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What GST_DEBUG=*emotion*:7 shows: the lines that gst/REFERENCE.md explains.
 */
#include "gst/recognizer.h"
#include "gst/text/gstemotiontext.h"
#include "tests/gst/fixture.h"
#include "tests/gst/leaks.h"
#include "tests/gst/stream.h"
#ifdef HAVE_SCOPE
#include "gst/scope/gstemotionscope.h"
#endif

/* The lines so far, "LEVEL category message" each; of lines that name no
 * element, the category has a "?" behind it. */
static GMutex lock;
static GString *lines;

static void
take_line (GstDebugCategory *category, GstDebugLevel level, const gchar *file,
    const gchar *function, gint line, GObject *object, GstDebugMessage *message,
    gpointer user_data)
{
  const char *const name = gst_debug_category_get_name (category);
  g_autofree char *level_name =
      g_strchomp (g_strdup (gst_debug_level_get_name (level)));

  if (!g_str_has_prefix (name, "emotion"))
    return;
  g_mutex_lock (&lock);
  g_string_append_printf (lines, "%s %s%s %s\n", level_name, name,
      object ? "" : "?", gst_debug_message_get (message));
  g_mutex_unlock (&lock);
}

static void
start_log (GstDebugLevel level)
{
  g_mutex_lock (&lock);
  g_string_truncate (lines, 0);
  g_mutex_unlock (&lock);
  gst_debug_set_threshold_for_name ("*emotion*", level);
}

/* Whether the patterns match lines in this order, others between them. */
static void
expect (const char *const *patterns)
{
  g_auto (GStrv) all = NULL;
  guint next = 0;

  gst_debug_set_threshold_for_name ("*emotion*", GST_LEVEL_NONE);
  g_mutex_lock (&lock);
  all = g_strsplit (lines->str, "\n", -1);
  for (guint i = 0; all[i] && patterns[next]; i++)
    if (g_pattern_match_simple (patterns[next], all[i]))
      next++;
  if (patterns[next]) {
    g_test_message ("%s", lines->str);
    g_test_fail_printf ("no line “%s”", patterns[next]);
  }
  g_mutex_unlock (&lock);
}

static void
push_sound (GstHarness *harness, gint rate, gint channels, gdouble seconds)
{
  const gsize len = rate / 10;
  GstAudioInfo info;

  gst_audio_info_set_format (&info, GST_AUDIO_FORMAT_S16, rate, channels, NULL);
  for (gsize i = 0; i < seconds * rate; i += len)
    g_assert_cmpint (gst_harness_push (harness, fixture_sound (&info, i, len)),
        ==, GST_FLOW_OK);
}

/* As gst/demo: a voice at 22050 Hz, from its caps to its end. */
static void
test_demo (void)
{
  Fixture f;

  start_log (GST_LEVEL_TRACE);
  fixture_init (&f, MODEL_M3,
      "audio/x-raw,format=S16LE,layout=interleaved,rate=22050,channels=2,"
      "channel-mask=(bitmask)0x3");
  push_sound (f.harness, 22050, 2, 8);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  fixture_clear (&f);
  expect ((const char *const[]){
      "DEBUG emotiondetect loading the file *synthetic-m3.h5",
      "DEBUG emotiondetect loaded synthetic-m3.h5 in 0:00:0*",
      "INFO emotiondetect model synthetic-m3.h5: windows of 3.000 s at 16000 "
      "Hz, features 64 x 94, labels neutral, calm, *",
      "INFO emotiondetect upstream is live",
      "DEBUG emotiondetect caps audio/x-raw, *rate=(int)22050*",
      "INFO emotiondetect S16LE interleaved, channels=2, rate=22050: averaged "
      "to mono, resampled to 16000 Hz",
      "DEBUG emotiondetect time segment *",
      "TRACE emotiondetect 2205 frames: buffer: *",
      "LOG emotiondetect window 0: 0:00:00.000000000 - 0:00:03.000000000, "
      "level "
      "-1?.? dBFS, voice 99:99:99.*, features took 0:00:0*",
      "LOG emotiondetect window 0: *, confidence 0.*, took 0:00:0*",
      "LOG emotiondetect window 0 as meta on the buffer at 0:00:03.*",
      "LOG emotiondetect window 1: 0:00:03.* - 0:00:06.*, level *",
      "LOG emotiondetect window 2: 0:00:06.* - 0:00:08.* (padded), level *",
      "DEBUG emotiondetect restart: end of stream, 0 samples discarded",
      "LOG emotiondetect no buffer is left to carry it as meta: *window-id*2*",
      "INFO emotiondetect stopped: 3 windows, 0 dropped, longest inference *",
      NULL });
}

/* Whatever breaks a stream names itself, with what was lost. */
static void
test_breaks (void)
{
  Fixture f;

  stream_init (&f);
  stream_push (&f, 0, 1000);
  start_log (GST_LEVEL_DEBUG);
  stream_event (&f, gst_event_new_gap (GST_SECOND, GST_SECOND));
  stream_push (&f, 2000, 2500);
  stream_push_flagged (&f, 2520, 20, GST_BUFFER_FLAG_DISCONT);
  stream_push_flagged (&f, 5000, 20, GST_BUFFER_FLAG_DISCONT);
  stream_push (&f, 5020, 6000);
  stream_push_flagged (&f, 5900, 100, GST_BUFFER_FLAG_DISCONT);
  stream_push (&f, 6100, 7200);
  stream_push (&f, 7180, 8300);
  stream_push (&f, 7000, 8200);
  stream_event (
      &f, gst_event_new_gap (9 * GST_SECOND, 2 * GST_EMOTION_LONG_GAP));
  stream_push (&f, 129000, 129100);
  stream_flush (&f);
  stream_segment (&f, 1, 0, 0, 0, 0);
  stream_push (&f, 0, 1000);
  stream_segment (&f, -1, 0, 0, 0, 0);
  fixture_clear (&f);
  expect ((const char *const[]){
      "DEBUG emotiondetect gap: 0:00:01.000000000 - 0:00:02.000000000 is "
      "silence",
      "DEBUG emotiondetect time stamp 0:00:02.520000000, expected "
      "0:00:02.500000000 (+0:00:00.020000000): filled with silence",
      "DEBUG emotiondetect time stamp 0:00:05.000000000, expected "
      "0:00:02.540000000 (+0:00:02.460000000): too far",
      "DEBUG emotiondetect restart: time stamps jump, 24320 samples "
      "discarded",
      "DEBUG emotiondetect time stamp 0:00:05.900000000, expected "
      "0:00:06.000000000 (-0:00:00.100000000): repeated samples dropped",
      "DEBUG emotiondetect time stamp 0:00:06.100000000, expected "
      "0:00:06.000000000 (+0:00:00.100000000): ignored",
      "DEBUG emotiondetect time stamp 0:00:07.100000000, expected "
      "0:00:07.000000000 (+0:00:00.100000000): filled with silence",
      "DEBUG emotiondetect time stamp 0:00:08.180000000, expected "
      "0:00:08.200000000 (-0:00:00.020000000): times adjusted",
      "DEBUG emotiondetect time stamp 0:00:08.* (-0:00:01.300000000): too far",
      "DEBUG emotiondetect gap: 0:00:09.* is silence",
      "DEBUG emotiondetect restart: gap longer than a minute, *",
      "DEBUG emotiondetect flushing starts",
      "DEBUG emotiondetect flushing stops",
      "DEBUG emotiondetect restart: flush, 1600 samples *",
      "DEBUG emotiondetect time segment *",
      "DEBUG emotiondetect restart: new segment, 0 samples *",
      "INFO emotiondetect playback is reversed: audio is passed through but "
      "not "
      "analysed",
      "DEBUG emotiondetect restart: new segment, 16000 samples *", NULL });
}

static void
test_model_fails (void)
{
  g_autoptr (GError) error = NULL;

  start_log (GST_LEVEL_DEBUG);
  error = fixture_start_error (NULL, "model-file", "/nonexistent.h5", NULL);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
  expect ((const char *const[]){
      "DEBUG emotiondetect loading the file /nonexistent.h5",
      "ERROR emotiondetect *nonexistent.h5*", NULL });
}

/* While the stream plays, the model changes: to one that does not load, and
 * to one that does. */
static void
test_model_changes (void)
{
  g_autofree char *path = fixture_data (MODEL_M1);
  GstMessage *message;
  Fixture f;

  stream_init (&f);
  stream_push (&f, 0, 1000);
  start_log (GST_LEVEL_DEBUG);
  g_object_set (f.element, "model-file", "/nonexistent.h5", NULL);
  message =
      gst_bus_timed_pop_filtered (f.bus, 60 * GST_SECOND, GST_MESSAGE_WARNING);
  g_assert_nonnull (message);
  gst_message_unref (message);
  g_object_set (f.element, "model-file", path, NULL);
  for (guint64 ms = 1000; ms < 100000; ms += 100) {
    gboolean swapped;

    stream_push (&f, ms, ms + 100);
    g_mutex_lock (&lock);
    swapped = strstr (lines->str, "swapping in") != NULL;
    g_mutex_unlock (&lock);
    if (swapped)
      break;
    g_usleep (10000);
  }
  fixture_clear (&f);
  expect ((const char *const[]){
      "DEBUG emotiondetect loading the file /nonexistent.h5",
      "WARN emotiondetect keeping the previous model: *nonexistent.h5*",
      "DEBUG emotiondetect loaded synthetic-m1.h5 in *",
      "DEBUG emotiondetect swapping in model synthetic-m1.h5 *",
      "INFO emotiondetect model synthetic-m1.h5: *", NULL });
}

/* Nobody takes results for as long as the test holds this. */
static GMutex door;

static GstBusSyncReply
wait_at_door (GstBus *bus, GstMessage *message, gpointer user_data)
{
  g_mutex_lock (&door);
  g_mutex_unlock (&door);
  return GST_BUS_PASS;
}

static void
test_dropped (void)
{
  Fixture f;

  stream_init (&f);
  g_object_set (f.element, "interval", 100 * GST_MSECOND, NULL);
  gst_util_set_object_arg (G_OBJECT (f.element), "inference", "async");
  gst_bus_set_sync_handler (f.bus, wait_at_door, NULL, NULL);
  start_log (GST_LEVEL_INFO);
  g_mutex_lock (&door);
  stream_push (&f, 0, 6000);
  g_mutex_unlock (&door);
  fixture_clear (&f);
  expect ((const char *const[]){
      "INFO emotiondetect the model runs in threads that all elements share; "
      "windows are "
      "dropped if it is too slow",
      "WARN emotiondetect window * dropped: the model is too slow for a live "
      "stream (1 dropped so far)",
      "WARN emotiondetect window * (2 dropped so far)",
      "INFO emotiondetect stopped: * dropped, *", NULL });
}

static void
test_text (void)
{
  g_autofree char *path = fixture_data (MODEL_M3);
  g_autofree char *launch = g_strdup_printf (
      "emotiondetect min-voice=0 model-file=%s inference=sync ! emotiontext "
      "skip-silence=true",
      path);
  GstHarness *harness = gst_harness_new_parse (launch);

  start_log (GST_LEVEL_LOG);
  gst_harness_set_src_caps_str (harness, STREAM_CAPS);
  push_sound (harness, STREAM_RATE, 1, 4);
  gst_harness_push_event (
      harness, gst_event_new_gap (4 * GST_SECOND, 6 * GST_SECOND));
  gst_harness_push_event (harness, gst_event_new_eos ());
  gst_harness_teardown (harness);
  expect ((const char *const[]){
      "INFO emotiontext text as text/x-raw, format=(string)utf8",
      "INFO emotiontext upstream is live: cues never wait",
      "LOG emotiontext cue 0:00:00.000000000 - 0:00:03.000000000: * (*)",
      "LOG emotiontext gap: no text from 0:00:03.* to *",
      "LOG emotiontext window 2 has no cue: skipped by skip-silence, "
      "skip-unknown or only-changes",
      NULL });
}

#ifdef HAVE_SCOPE
static void
test_scope (void)
{
  g_autofree char *path = fixture_data (MODEL_M3);
  g_autofree char *launch = g_strdup_printf (
      "emotiondetect min-voice=0 model-file=%s inference=sync ! emotionscope",
      path);
  GstHarness *harness = gst_harness_new_parse (launch);

  start_log (GST_LEVEL_TRACE);
  gst_harness_set_sink_caps_str (
      harness, "video/x-raw,width=64,height=48,framerate=5/1");
  gst_harness_set_src_caps_str (harness, STREAM_CAPS);
  push_sound (harness, STREAM_RATE, 1, 4);
  gst_harness_push_event (harness, gst_event_new_gap (4 * GST_SECOND, -1));
  gst_harness_teardown (harness);
  expect ((const char *const[]){
      "DEBUG emotionscope a spectrogram of 0:00:08.000000000: *",
      "INFO emotionscope 64x48 pixels at 5/1 frames per second",
      "INFO emotionscope S16LE, channels=1, rate=16000: drawn at 16000 Hz",
      "TRACE emotionscope drawing the frame at stream time 0:00:00.200000000",
      "LOG emotionscope window 0 at 0:00:00.000000000: *",
      "DEBUG emotionscope restart: the gap is passed on without drawing it",
      NULL });
}
#endif

/* Where nobody asks there is not a line. */
static void
test_off (void)
{
  Fixture f;

  start_log (GST_LEVEL_NONE);
  stream_init (&f);
  stream_push (&f, 0, 4000);
  fixture_clear (&f);
  g_assert_cmpstr (lines->str, ==, "");
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  g_assert_true (GST_ELEMENT_REGISTER (emotiontext, NULL));
  lines = g_string_new (NULL);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (take_line, NULL, NULL);
  gst_debug_set_active (TRUE);
  g_test_add_func ("/log/demo", test_demo);
  g_test_add_func ("/log/breaks", test_breaks);
  g_test_add_func ("/log/model-fails", test_model_fails);
  g_test_add_func ("/log/model-changes", test_model_changes);
  g_test_add_func ("/log/dropped", test_dropped);
  g_test_add_func ("/log/text", test_text);
#ifdef HAVE_SCOPE
  g_assert_true (GST_ELEMENT_REGISTER (emotionscope, NULL));
  g_test_add_func ("/log/scope", test_scope);
#endif
  g_test_add_func ("/log/off", test_off);
  leaks_add_test ("log");
  return g_test_run ();
}
