/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random seeks, flushes, changes of caps, states and properties on a playing
 * pipeline, whose buffers get lost, come twice and have time stamps that shake
 * and jump. Usage: stress SECONDS [SEED]. Passes where nothing hangs, where
 * window ids show that no message was lost (between two flushes they count up
 * one by one, but for windows that were dropped), and where windows are
 * no longer and no more filled than they can be. */
#include <stdlib.h>

#include "tests/gst/fixture.h"
#include "tests/gst/leaks.h"

typedef struct {
  GstElement *pipeline;
  GstElement *src;
  GstElement *filter;
  GstElement *detect;
  GRand *rand;
  gint n_messages;    /* atomic */
  gint n_breaks;      /* atomic: ids that went back to 0 */
  guint64 next_id;    /* of the poster, one at a time */
  gint n_lost;        /* atomic */
  gint n_unexplained; /* atomic */

  /* Of the streaming thread. */
  GRand *harm;
  gint64 jitter; /* ns */
} Stress;

/* A window is no longer than 3 s, and no more of it is filled. */
static void
check_window (Stress *stress, const GstStructure *s)
{
  const GstClockTime duration = field_uint64 (s, "duration");
  const GstClockTime filled = field_uint64 (s, "filled");

  if (duration > 3 * GST_SECOND + GST_USECOND || filled > duration)
    g_atomic_int_inc (&stress->n_unexplained);
}

/* Ids count up, or start anew. Holes are counted; those must be drops. */
static GstBusSyncReply
check_id (GstBus *bus, GstMessage *message, gpointer data)
{
  Stress *stress = data;
  guint64 id;

  if (!gst_message_has_name (message, "emotion"))
    return GST_BUS_PASS;
  id = field_uint64 (gst_message_get_structure (message), "window-id");
  check_window (stress, gst_message_get_structure (message));
  if (id < stress->next_id)
    g_atomic_int_inc (&stress->n_breaks);
  else if (id > stress->next_id)
    g_atomic_int_add (&stress->n_lost, id - stress->next_id);
  stress->next_id = id + 1;
  g_atomic_int_inc (&stress->n_messages);
  gst_message_unref (message);
  return GST_BUS_DROP;
}

/* What stands before the element: a network. */
static GstPadProbeReturn
harm_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Stress *stress = data;
  GRand *rand = stress->harm;
  GstBuffer *buffer;
  const gdouble what = g_rand_double (rand);
  gint64 off;

  if (what < 0.05)
    return GST_PAD_PROBE_DROP;
  buffer = gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER (info));
  info->data = buffer;
  if (what < 0.1)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  if (what > 0.99)
    stress->jitter = g_rand_int_range (rand, 0, 200) * GST_MSECOND;
  off = (gint64) (stress->jitter * g_rand_double (rand));
  if (what > 0.98)
    off += g_rand_int_range (rand, -3000, 3000) * (gint64) GST_MSECOND;
  if (GST_BUFFER_PTS_IS_VALID (buffer))
    GST_BUFFER_PTS (buffer) = MAX (0, (gint64) GST_BUFFER_PTS (buffer) + off);
  if (what > 0.97)
    GST_BUFFER_PTS (buffer) = GST_CLOCK_TIME_NONE;
  return GST_PAD_PROBE_OK;
}

static void
seek (Stress *stress, GstSeekFlags flags)
{
  const gint64 at = g_rand_int_range (stress->rand, 0, 1000) * GST_SECOND;
  const gdouble rate = g_rand_int_range (stress->rand, 0, 4) ? 1 : 2;

  gst_element_seek (stress->pipeline, rate, GST_FORMAT_TIME, flags,
      GST_SEEK_TYPE_SET, at, GST_SEEK_TYPE_NONE, 0);
}

static void
change_caps (Stress *stress)
{
  static const char *const formats[] = { "S16LE", "F32LE", "S24LE", "U8" };
  static const gint rates[] = { 8000, 16000, 44100, 48000 };
  GstCaps *caps = gst_caps_new_simple ("audio/x-raw", "format", G_TYPE_STRING,
      formats[g_rand_int_range (stress->rand, 0, 4)], "rate", G_TYPE_INT,
      rates[g_rand_int_range (stress->rand, 0, 4)], "channels", G_TYPE_INT,
      g_rand_int_range (stress->rand, 1, 3), NULL);

  g_object_set (stress->filter, "caps", caps, NULL);
  gst_caps_unref (caps);
}

static void
change_property (Stress *stress)
{
  g_autofree char *m1 = fixture_data (MODEL_M1);
  g_autofree char *m3 = fixture_data (MODEL_M3);
  GObject *detect = G_OBJECT (stress->detect);
  static const char *const modes[] = { "sync", "async", "auto" };

  static const char *const recipes[] = { NULL, "top_db=60",
    "rate=22050 window_len=66150 hop_length=704 n_fft=1024" };

  switch (g_rand_int_range (stress->rand, 0, 5)) {
    case 0:
      g_object_set (
          detect, "model-file", g_rand_boolean (stress->rand) ? m1 : m3, NULL);
      break;
    case 1:
      gst_util_set_object_arg (
          detect, "inference", modes[g_rand_int_range (stress->rand, 0, 3)]);
      break;
    case 2:
      g_object_set (detect, "interval",
          (guint64) g_rand_int_range (stress->rand, 50, 5000) * GST_MSECOND,
          NULL);
      break;
    case 3:
      g_object_set (detect, "recipe",
          recipes[g_rand_int_range (stress->rand, 0, 3)], NULL);
      break;
    default:
      g_object_set (detect, "tags", g_rand_int_range (stress->rand, 0, 3),
          "smoothing", g_rand_double (stress->rand) * 0.9, NULL);
      break;
  }
}

static void
act (Stress *stress)
{
  switch (g_rand_int_range (stress->rand, 0, 12)) {
    case 0:
    case 1:
    case 2:
      seek (stress, GST_SEEK_FLAG_FLUSH);
      break;
    case 3:
      /* Without a flush a seek waits for the source, which waits for a sink
       * that waits to be PLAYING. */
      gst_element_get_state (stress->pipeline, NULL, NULL, GST_CLOCK_TIME_NONE);
      seek (stress, GST_SEEK_FLAG_NONE);
      break;
    case 4:
    case 5:
      change_caps (stress);
      break;
    case 6:
      gst_element_set_state (stress->pipeline, GST_STATE_PAUSED);
      gst_element_set_state (stress->pipeline, GST_STATE_PLAYING);
      break;
    case 7:
      if (g_rand_int_range (stress->rand, 0, 10) == 0) {
        gst_element_set_state (stress->pipeline, GST_STATE_READY);
        gst_element_set_state (stress->pipeline, GST_STATE_PLAYING);
      }
      break;
    default:
      change_property (stress);
      break;
  }
}

/* async=false: a seek without a flush waits for the source, and would wait for
 * ever where the sink waits to be PLAYING again. */
static void
build (Stress *stress)
{
  g_autofree char *model = fixture_data (MODEL_M3);
  g_autofree char *text =
      g_strdup_printf ("audiotestsrc name=src wave=ticks samplesperbuffer=1600 "
                       "! capsfilter name=filter "
                       "caps=audio/x-raw,format=S16LE,rate=16000,channels=1 "
                       "! queue ! emotiondetect name=detect min-voice=0 "
                       "model-file=%s interval=200000000 "
                       "! queue ! fakesink sync=false async=false",
          model);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstPad) pad = NULL;

  stress->pipeline = gst_parse_launch (text, NULL);
  g_assert_nonnull (stress->pipeline);
  stress->src = gst_bin_get_by_name (GST_BIN (stress->pipeline), "src");
  stress->filter = gst_bin_get_by_name (GST_BIN (stress->pipeline), "filter");
  stress->detect = gst_bin_get_by_name (GST_BIN (stress->pipeline), "detect");
  bus = gst_element_get_bus (stress->pipeline);
  gst_bus_set_sync_handler (bus, check_id, stress, NULL);
  pad = gst_element_get_static_pad (stress->detect, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, harm_buffer, stress, NULL);
}

static void
clear (Stress *stress)
{
  g_assert_cmpint (gst_element_set_state (stress->pipeline, GST_STATE_NULL), ==,
      GST_STATE_CHANGE_SUCCESS);
  gst_object_unref (stress->src);
  gst_object_unref (stress->filter);
  gst_object_unref (stress->detect);
  gst_object_unref (stress->pipeline);
  g_rand_free (stress->rand);
  g_rand_free (stress->harm);
}

/* Nothing may hang: progress within 20 s, whatever happened. */
static void
await_messages (Stress *stress)
{
  const gint before = g_atomic_int_get (&stress->n_messages);

  gst_element_set_state (stress->pipeline, GST_STATE_PLAYING);
  for (guint i = 0; i < 2000; i++) {
    if (g_atomic_int_get (&stress->n_messages) > before)
      return;
    g_usleep (10000);
  }
  g_error ("nothing for 20 s");
}

static gdouble seconds = 5;
static guint32 seed = 1;

static void
test_stress (void)
{
  Stress stress = { .rand = g_rand_new_with_seed (seed),
    .harm = g_rand_new_with_seed (seed + 1) };
  gint64 end;
  guint n_actions = 0;

  build (&stress);
  await_messages (&stress);
  end = g_get_monotonic_time () + seconds * G_USEC_PER_SEC;
  while (g_get_monotonic_time () < end) {
    act (&stress);
    n_actions++;
    g_usleep (g_rand_int_range (stress.rand, 0, 20000));
    if (n_actions % 50 == 0)
      await_messages (&stress);
  }
  await_messages (&stress);
  clear (&stress);
  g_test_message ("%u actions, %d messages, %d restarts of the count, %d lost",
      n_actions, stress.n_messages, stress.n_breaks, stress.n_lost);
  g_assert_cmpint (stress.n_lost, ==, 0);
  g_assert_cmpint (stress.n_unexplained, ==, 0);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  if (argc > 1)
    seconds = atof (argv[1]);
  if (argc > 2)
    seed = atoi (argv[2]);
  g_test_add_func ("/stress", test_stress);
  leaks_add_test ("stress");
  return g_test_run ();
}
