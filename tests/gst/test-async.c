/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inference in a thread: the same results, nothing lost on files, nothing late
 * on live pipelines; and everything that other threads may do meanwhile. */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "gst/pool.h"
#include "gst/worker.h"
#include "tests/gst/fixture.h"
#include "tests/gst/leaks.h"

#define CAPS "audio/x-raw,format=S16LE,layout=interleaved,rate=16000,channels=1"
#define SLOW "models/slow.h5" /* needs much longer than SLOW_INTERVAL */
#define SLOW_INTERVAL (100 * GST_MSECOND)

static GstElement *
launch (const char *model, const char *before, const char *properties,
    const char *after)
{
  g_autofree char *path = fixture_data (model);
  g_autofree char *text = g_strdup_printf (
      "%s ! " CAPS
      " ! emotiondetect name=detect min-voice=0 model-file=%s %s ! %s",
      before, path, properties, after);
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

/* In the thread that posts: before it goes on, the text is there. */
static GstBusSyncReply
take_text (GstBus *bus, GstMessage *message, gpointer data)
{
  g_autofree char *text = NULL;
  GstStructure *s;

  if (!gst_message_has_name (message, "emotion"))
    return GST_BUS_PASS;
  s = gst_structure_copy (gst_message_get_structure (message));
  gst_structure_remove_field (s, "processing-time");
  text = gst_structure_to_string (s);
  gst_structure_free (s);
  g_string_append_printf (data, "%s\n", text);
  gst_message_unref (message);
  return GST_BUS_DROP;
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
  g_autoptr (GstMessage) end = NULL;
  GString *all = g_string_new (NULL);

  gst_bus_set_sync_handler (bus, take_text, all, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  end = gst_bus_timed_pop_filtered (
      bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (end);
  g_assert_cmpint (GST_MESSAGE_TYPE (end), ==, GST_MESSAGE_EOS);
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

/* A live stream and a network that is much too slow: every buffer leaves, the
 * oldest windows go and are counted, and the stop does not wait. How late the
 * buffers are is measured by tests/bench/live-lateness. */
static void
test_live (void)
{
  const guint n_windows = 34;
  g_autoptr (GstStructure) stats = NULL;
  guint64 windows, dropped;
  Fixture f;

  fixture_init (&f, SLOW, CAPS);
  g_object_set (f.element, "interval", SLOW_INTERVAL, NULL);
  gst_util_set_object_arg (G_OBJECT (f.element), "inference", "auto");
  /* fixture_push pulls each buffer that it pushes. */
  fixture_push (&f, 16000, 0, 48000 + 1600 * (n_windows - 1), 320);
  g_object_get (f.element, "stats", &stats, NULL);
  windows = field_uint64 (stats, "windows");
  dropped = field_uint64 (stats, "dropped");
  g_test_message ("%" G_GUINT64_FORMAT " windows, %" G_GUINT64_FORMAT
                  " dropped of %u",
      windows, dropped, n_windows);
  /* The rest waits; one is at work. */
  g_assert_cmpuint (windows + dropped, <=, n_windows);
  g_assert_cmpuint (
      windows + dropped, >=, n_windows - GST_EMOTION_QUEUE_LEN - 1);
  g_assert_cmpuint (dropped, >, n_windows / 2);
  fixture_clear (&f);
}

/* Policy and nice value of a worker's thread, as the kernel has them. */
static gboolean
find_worker (guint *policy, gint *nice_value)
{
  g_autoptr (GDir) folder = g_dir_open ("/proc/self/task", 0, NULL);
  const char *name;

  while (folder && (name = g_dir_read_name (folder))) {
    g_autofree char *path =
        g_build_filename ("/proc/self/task", name, "stat", NULL);
    g_autofree char *text = NULL;
    g_auto (GStrv) fields = NULL;

    if (!g_file_get_contents (path, &text, NULL, NULL)
        || !strstr (text, "(emotiondetect) "))
      continue;
    /* From the third field on: man proc_pid_stat. */
    fields = g_strsplit (strrchr (text, ')') + 2, " ", -1);
    *nice_value = atoi (fields[19 - 3]);
    *policy = atoi (fields[41 - 3]);
    return TRUE;
  }
  return FALSE;
}

/* On a live stream the network runs behind everything else, and not in real
 * time where the streaming thread does (which only root may try). */
static void
test_step_back (void)
{
  const struct sched_param real_time = { .sched_priority = 1 }, none = { 0 };
  guint policy = SCHED_FIFO;
  gint nice_value = 0;
  Fixture f;

  if (!g_file_test ("/proc/self/task", G_FILE_TEST_EXISTS)) {
    g_test_skip ("not Linux, or no /proc");
    return;
  }
  fixture_init (&f, SLOW, CAPS);
  gst_util_set_object_arg (G_OBJECT (f.element), "inference", "auto");
  if (pthread_setschedparam (pthread_self (), SCHED_FIFO, &real_time) != 0)
    g_test_message ("not allowed to run in real time");
  fixture_push (&f, 16000, 0, 48000, 1600);
  pthread_setschedparam (pthread_self (), SCHED_OTHER, &none);
  for (guint i = 0; i < 5000 && nice_value == 0; i++) {
    find_worker (&policy, &nice_value);
    g_usleep (1000);
  }
  g_assert_cmpint (nice_value, ==, 10);
  g_assert_cmpuint (policy, ==, SCHED_OTHER);
  fixture_clear (&f);
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

/* However many elements there are, as many threads as there are processors run
 * their networks. Others may be telling a result: on a busy machine, up to one
 * for each element. */
static void
test_many (void)
{
  GstElement *pipelines[48];
  guint most = 0, most_computing = 0;

  /* Cancelled work of the tests before, in threads that wait for their turn. */
  while (gst_emotion_pool_n_computing () > 0)
    g_usleep (1000);
  for (guint i = 0; i < G_N_ELEMENTS (pipelines); i++) {
    pipelines[i] = launch (MODEL_M3,
        "audiotestsrc wave=ticks samplesperbuffer=1600 num-buffers=50",
        "interval=200000000 inference=async", "fakesink");
    gst_element_set_state (pipelines[i], GST_STATE_PLAYING);
  }
  for (guint i = 0; i < G_N_ELEMENTS (pipelines); i++) {
    g_autoptr (GstBus) bus = gst_element_get_bus (pipelines[i]);
    g_autoptr (GstMessage) end = NULL;

    while (!end) {
      end = gst_bus_timed_pop_filtered (bus, GST_MSECOND, GST_MESSAGE_EOS);
      most = MAX (most, gst_emotion_pool_n_threads ());
      most_computing = MAX (most_computing, gst_emotion_pool_n_computing ());
    }
    g_assert_cmpuint (stat_of (pipelines[i], "windows"), ==, 11);
  }
  g_test_message (
      "%u threads at most, %u of them computing", most, most_computing);
  g_assert_cmpuint (most, >=, 1);
  g_assert_cmpuint (most_computing, <=, g_get_num_processors ());
  g_assert_cmpuint (
      most, <=, 2 * g_get_num_processors () + 1 + G_N_ELEMENTS (pipelines));
  for (guint i = 0; i < G_N_ELEMENTS (pipelines); i++)
    stop (pipelines[i]);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  g_test_add_func ("/async/same", test_same);
  g_test_add_func ("/async/live", test_live);
  g_test_add_func ("/async/step-back", test_step_back);
  g_test_add_func ("/async/flush", test_flush);
  g_test_add_func ("/async/drain-and-flush", test_drain_and_flush);
  g_test_add_data_func ("/async/cycles/sync", "sync", test_cycles);
  g_test_add_data_func ("/async/cycles/async", "async", test_cycles);
  g_test_add_func ("/async/storm", test_storm);
  g_test_add_func ("/async/eight", test_eight);
  g_test_add_func ("/async/many", test_many);
  leaks_add_test ("async");
  return g_test_run ();
}
