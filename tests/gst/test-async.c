/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inference in a thread: the same results, nothing lost on files, nothing late
 * on live pipelines; and everything that other threads may do meanwhile. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/gst/fixture.h"

#define CAPS "audio/x-raw,format=S16LE,layout=interleaved,rate=16000,channels=1"
#define SLOW "models/slow.h5" /* needs much longer than SLOW_INTERVAL */
#define SLOW_INTERVAL (100 * GST_MSECOND)

static GstElement *
launch (const char *model, const char *before, const char *properties,
    const char *after)
{
  g_autofree char *path = fixture_data (model);
  g_autofree char *text = g_strdup_printf (
      "%s ! " CAPS " ! emotiondetect name=detect model-file=%s %s ! %s", before,
      path, properties, after);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (text, &error);

  g_assert_no_error (error);
  return pipeline;
}

static void
stop (GstElement *pipeline)
{
  g_assert_cmpint (gst_element_set_state (pipeline, GST_STATE_NULL), ==,
      GST_STATE_CHANGE_SUCCESS);
  gst_object_unref (pipeline);
}

static guint64
stat_of (GstElement *pipeline, const char *name)
{
  g_autoptr (GstElement) detect =
      gst_bin_get_by_name (GST_BIN (pipeline), "detect");
  g_autoptr (GstStructure) stats = NULL;

  g_object_get (detect, "stats", &stats, NULL);
  return field_uint64 (stats, name);
}

/* Texts of all results of a pipeline that ends. */
static char *
results_of (const char *inference)
{
  g_autofree char *properties = g_strdup_printf (
      "interval=100000000 smoothing=0.5 inference=%s", inference);
  GstElement *pipeline = launch (MODEL_M3,
      "audiotestsrc wave=ticks samplesperbuffer=1600 num-buffers=127",
      properties, "fakesink");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  GString *all = g_string_new (NULL);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (;;) {
    g_autoptr (GstMessage) message =
        gst_bus_timed_pop_filtered (bus, 30 * GST_SECOND,
            GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_ELEMENT);
    g_autofree char *text = NULL;
    GstStructure *s;

    g_assert_nonnull (message);
    g_assert_cmpint (GST_MESSAGE_TYPE (message), !=, GST_MESSAGE_ERROR);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
      break;
    s = gst_structure_copy (gst_message_get_structure (message));
    gst_structure_remove_field (s, "processing-time");
    text = gst_structure_to_string (s);
    gst_structure_free (s);
    g_string_append_printf (all, "%s\n", text);
  }
  g_assert_cmpuint (stat_of (pipeline, "windows"), ==, 98);
  g_assert_cmpuint (stat_of (pipeline, "dropped"), ==, 0);
  g_assert_cmpuint (stat_of (pipeline, "mean-inference-time"), >, 0);
  g_assert_cmpuint (stat_of (pipeline, "max-inference-time"), >=,
      stat_of (pipeline, "mean-inference-time"));
  stop (pipeline);
  return g_string_free (all, FALSE);
}

static void
test_same (void)
{
  g_autofree char *sync = results_of ("sync");
  g_autofree char *async = results_of ("async");
  g_autofree char *automatic = results_of ("auto");

  g_assert_nonnull (strstr (sync, "window-id=(guint64)97"));
  g_assert_cmpstr (async, ==, sync);
  g_assert_cmpstr (automatic, ==, sync);
}

/* How late buffers reach the sink, at most. */

typedef struct {
  GstClockTimeDiff max_late;
  guint n;
} Lateness;

static void
measure (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer data)
{
  Lateness *lateness = data;
  g_autoptr (GstClock) clock = gst_element_get_clock (sink);
  const GstClockTime now =
      gst_clock_get_time (clock) - gst_element_get_base_time (sink);
  const GstClockTime due =
      GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer);

  lateness->max_late = MAX (lateness->max_late, GST_CLOCK_DIFF (due, now));
  lateness->n++;
}

/* --live S: seconds that each live pipeline runs (default 5). */
static guint live_seconds = 5;

typedef struct {
  Lateness lateness;
  guint64 windows, dropped;
  gdouble stop_ms;
} Live;

/* Runs `source` through `filter` to a sink. */
static Live
run_live (const char *source, const char *filter)
{
  g_autofree char *text = g_strdup_printf (
      "%s ! " CAPS " ! %s ! fakesink name=sink signal-handoffs=true sync=false",
      source, filter);
  GstElement *pipeline = gst_parse_launch (text, NULL);
  g_autoptr (GstElement) sink =
      gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_autoptr (GstElement) detect =
      gst_bin_get_by_name (GST_BIN (pipeline), "detect");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;
  Live live = { 0 };
  gint64 begin;

  g_signal_connect (sink, "handoff", G_CALLBACK (measure), &live.lateness);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, live_seconds * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  g_assert_null (message);
  if (detect) {
    live.windows = stat_of (pipeline, "windows");
    live.dropped = stat_of (pipeline, "dropped");
  }
  begin = g_get_monotonic_time ();
  stop (pipeline);
  live.stop_ms = (g_get_monotonic_time () - begin) / 1e3;
  return live;
}

/* A live source and a model that is much too slow: no buffer is later than
 * without the element, windows are dropped and counted, and stopping does not
 * wait for the network. */
static void
check_live (const char *source)
{
  g_autofree char *path = fixture_data (SLOW);
  g_autofree char *filter =
      g_strdup_printf ("emotiondetect name=detect interval=%" G_GUINT64_FORMAT
                       " silence-threshold=-200 model-file=%s",
          SLOW_INTERVAL, path);
  const Live without = run_live (source, "identity");
  const Live with = run_live (source, filter);

  g_test_message ("%u s: %u buffers, at most %.1f ms late (%.1f ms without); "
                  "%" G_GUINT64_FORMAT " windows, %" G_GUINT64_FORMAT
                  " dropped; stopped in %.1f ms (%.1f ms without)",
      live_seconds, with.lateness.n, with.lateness.max_late / 1e6,
      without.lateness.max_late / 1e6, with.windows, with.dropped, with.stop_ms,
      without.stop_ms);
  g_assert_cmpuint (with.lateness.n, >, live_seconds * 40);
  g_assert_cmpuint (with.dropped, >, live_seconds);
  /* Within what a busy machine does to any thread; an inference in the
   * streaming thread would be a second. */
  g_assert_cmpint (with.lateness.max_late, <,
      without.lateness.max_late + 150 * (gint64) GST_MSECOND);
  g_assert_cmpfloat (with.stop_ms, <, without.stop_ms + 250);
}

static void
test_live (void)
{
  check_live ("audiotestsrc is-live=true wave=ticks samplesperbuffer=320");
}

/* A PulseAudio server of our own, with a sink that is not there, and a sound
 * that plays into it. */
static GPid
start_pulse (const char *folder)
{
  g_autofree char *socket = g_build_filename (folder, "socket", NULL);
  g_autofree char *protocol = g_strdup_printf (
      "--load=module-native-protocol-unix auth-anonymous=1 socket=%s", socket);
  g_autofree char *server = g_strconcat ("unix:", socket, NULL);
  const char *argv[] = { "pulseaudio", "-n", "--daemonize=no",
    "--exit-idle-time=-1", "--use-pid-file=no", "--log-target=null", protocol,
    "--load=module-null-sink sink_name=nowhere", NULL };
  GPid pid;

  g_setenv ("PULSE_SERVER", server, TRUE);
  g_setenv ("XDG_RUNTIME_DIR", folder, TRUE);
  g_setenv ("HOME", folder, TRUE);
  if (!g_spawn_async (NULL, (char **) argv, NULL,
          G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid,
          NULL))
    return 0;
  for (guint i = 0; i < 500; i++) {
    if (g_file_test (socket, G_FILE_TEST_EXISTS))
      return pid;
    g_usleep (10000);
  }
  kill (pid, SIGTERM);
  waitpid (pid, NULL, 0);
  return 0;
}

static void
test_pulse (void)
{
  g_autofree char *folder = g_dir_make_tmp ("emotion-XXXXXX", NULL);
  g_autofree char *remove = g_strdup_printf ("rm -r '%s'", folder);
  const GPid server = start_pulse (folder);
  GstElement *player = gst_parse_launch (
      "audiotestsrc is-live=true wave=ticks ! pulsesink device=nowhere", NULL);

  if (!server || !player)
    g_test_skip ("no pulseaudio, or no pulsesrc");
  else {
    gst_element_set_state (player, GST_STATE_PLAYING);
    check_live ("pulsesrc device=nowhere.monitor ! audioconvert ! "
                "audioresample");
    gst_element_set_state (player, GST_STATE_NULL);
  }
  g_clear_pointer (&player, gst_object_unref);
  if (server) {
    kill (server, SIGTERM);
    waitpid (server, NULL, 0);
  }
  g_assert_true (g_spawn_command_line_sync (remove, NULL, NULL, NULL, NULL));
}

/* A flush cancels what waits, and what runs: none of it is told later. */
static void
test_flush (void)
{
  Fixture f;

  fixture_init (&f, SLOW, CAPS);
  g_object_set (f.element, "interval", SLOW_INTERVAL, NULL);
  gst_util_set_object_arg (G_OBJECT (f.element), "inference", "async");
  fixture_push (&f, 16000, 0, 16000 * 33 / 10, 1600);
  gst_harness_push_event (f.harness, gst_event_new_flush_start ());
  gst_harness_push_event (f.harness, gst_event_new_flush_stop (TRUE));
  fixture_count (&f);
  g_usleep (G_USEC_PER_SEC * 2);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* A flush from another thread sets free a stream that waits for the network. */
static gpointer
flush_soon (gpointer data)
{
  Fixture *f = data;

  g_usleep (G_USEC_PER_SEC / 10);
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  return NULL;
}

static void
test_drain_and_flush (void)
{
  Fixture f;
  GThread *thread;
  gint64 begin;

  fixture_init (&f, SLOW, CAPS);
  g_object_set (f.element, "interval", SLOW_INTERVAL, NULL);
  gst_util_set_object_arg (G_OBJECT (f.element), "inference", "async");
  fixture_push (&f, 16000, 0, 16000 * 33 / 10, 1600);
  thread = g_thread_new ("flush", flush_soon, &f);
  begin = g_get_monotonic_time ();
  /* Would wait for four windows, seconds. */
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  g_assert_cmpint (g_get_monotonic_time () - begin, <, G_USEC_PER_SEC / 2);
  g_thread_join (thread);
  gst_harness_push_event (f.harness, gst_event_new_flush_stop (TRUE));
  fixture_clear (&f);
}

/* States */

static void
test_cycles (gconstpointer inference)
{
  g_autofree char *properties = g_strdup_printf (
      "interval=50000000 inference=%s", (const char *) inference);
  GstElement *pipeline = launch (MODEL_M3,
      "audiotestsrc wave=ticks samplesperbuffer=800", properties, "fakesink");

  for (guint i = 0; i < 200; i++) {
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    if (i % 10 == 0)
      gst_element_get_state (pipeline, NULL, NULL, GST_CLOCK_TIME_NONE);
    if (i % 3 == 0)
      g_usleep (1000);
    g_assert_cmpint (gst_element_set_state (pipeline, GST_STATE_NULL), ==,
        GST_STATE_CHANGE_SUCCESS);
  }
  stop (pipeline);
}

/* Properties from other threads, and from a sync handler of the bus */

static void
set_at_random (GRand *rand, GstElement *detect)
{
  g_autofree char *m1 = fixture_data (MODEL_M1);
  g_autofree char *m3 = fixture_data (MODEL_M3);
  const char *const files[] = { m1, m3, "/nowhere/at-all.h5" };
  const char *const modes[] = { "sync", "async", "auto" };
  g_autoptr (GstStructure) stats = NULL;
  g_autofree char *file = NULL;

  switch (g_rand_int_range (rand, 0, 8)) {
    case 0:
      g_object_set (
          detect, "model-file", files[g_rand_int_range (rand, 0, 3)], NULL);
      break;
    case 1:
      gst_util_set_object_arg (
          G_OBJECT (detect), "inference", modes[g_rand_int_range (rand, 0, 3)]);
      break;
    case 2:
      g_object_set (detect, "interval",
          (guint64) g_rand_int_range (rand, 10, 4000) * GST_MSECOND, NULL);
      break;
    case 3:
      g_object_set (detect, "smoothing", g_rand_double_range (rand, 0, 0.9),
          "min-confidence", g_rand_double (rand), NULL);
      break;
    case 4:
      g_object_set (detect, "tags", g_rand_int_range (rand, 0, 3), NULL);
      break;
    case 5:
      g_object_set (detect, "attach-meta", g_rand_boolean (rand), NULL);
      break;
    case 6:
      g_object_set (detect, "silence-threshold",
          g_rand_double_range (rand, -100, 0), NULL);
      break;
    default:
      g_object_get (detect, "stats", &stats, "model-file", &file, NULL);
      break;
  }
}

static gint storm_ends; /* atomic */

static gpointer
storm (gpointer detect)
{
  GRand *rand = g_rand_new_with_seed (7);

  while (!g_atomic_int_get (&storm_ends)) {
    set_at_random (rand, detect);
    g_usleep (100);
  }
  g_rand_free (rand);
  return NULL;
}

static GstBusSyncReply
set_in_handler (GstBus *bus, GstMessage *message, gpointer data)
{
  if (gst_message_has_name (message, "emotion"))
    set_at_random (data, GST_ELEMENT (GST_MESSAGE_SRC (message)));
  return GST_BUS_PASS;
}

static void
test_storm (void)
{
  GRand *rand = g_rand_new_with_seed (8);
  GstElement *pipeline = launch (MODEL_M3,
      "audiotestsrc wave=ticks samplesperbuffer=1600 num-buffers=6000",
      "interval=100000000", "fakesink");
  g_autoptr (GstElement) detect =
      gst_bin_get_by_name (GST_BIN (pipeline), "detect");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) end = NULL;
  GThread *thread;

  gst_bus_set_sync_handler (bus, set_in_handler, rand, NULL);
  g_atomic_int_set (&storm_ends, FALSE);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  thread = g_thread_new ("storm", storm, detect);
  end = gst_bus_timed_pop_filtered (
      bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (end);
  g_assert_cmpint (GST_MESSAGE_TYPE (end), ==, GST_MESSAGE_EOS);
  g_atomic_int_set (&storm_ends, TRUE);
  g_thread_join (thread);
  stop (pipeline);
  g_rand_free (rand);
}

/* Eight at once, sharing one model: for TSan, too. */
static void
test_eight (void)
{
  GstElement *pipelines[8];

  for (guint i = 0; i < 8; i++) {
    pipelines[i] = launch (MODEL_M3,
        "audiotestsrc wave=ticks samplesperbuffer=1600 num-buffers=100",
        i % 2 ? "interval=200000000 inference=async"
              : "interval=200000000 inference=sync",
        "fakesink");
    gst_element_set_state (pipelines[i], GST_STATE_PLAYING);
  }
  for (guint i = 0; i < 8; i++) {
    g_autoptr (GstBus) bus = gst_element_get_bus (pipelines[i]);
    g_autoptr (GstMessage) end = gst_bus_timed_pop_filtered (
        bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

    g_assert_nonnull (end);
    g_assert_cmpint (GST_MESSAGE_TYPE (end), ==, GST_MESSAGE_EOS);
    g_assert_cmpuint (stat_of (pipelines[i], "windows"), ==, 36);
    stop (pipelines[i]);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  if (argc > 2 && g_str_equal (argv[1], "--live"))
    live_seconds = atoi (argv[2]);
  g_test_add_func ("/async/same", test_same);
  g_test_add_func ("/async/live", test_live);
  g_test_add_func ("/async/live-pulse", test_pulse);
  g_test_add_func ("/async/flush", test_flush);
  g_test_add_func ("/async/drain-and-flush", test_drain_and_flush);
  g_test_add_data_func ("/async/cycles/sync", "sync", test_cycles);
  g_test_add_data_func ("/async/cycles/async", "async", test_cycles);
  g_test_add_func ("/async/storm", test_storm);
  g_test_add_func ("/async/eight", test_eight);
  return g_test_run ();
}
