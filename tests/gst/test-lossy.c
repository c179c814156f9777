/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Streams as they come over networks and from live sources, by GStreamer's own
 * elements: as many windows, at the same times, as without loss and jitter. */
#include <math.h>
#include <string.h>

#include <gst/check/gsttestclock.h>

#include "tests/gst/leaks.h"
#include "tests/gst/outcome.h"

/* 58 s of sound in RTP, packets of which are lost. %s is what loses them. */
static const struct {
  const char *name;
  const char *elements;
  const char *before, *after;
  guint packet_ms;
  gboolean is_slow;
} rtp[] = {
  { "l16", "rtpL16pay",
      SOUND "! audioconvert ! rtpL16pay min-ptime=20000000 max-ptime=20000000",
      "rtpL16depay", 20 },
  { "l16-5ms", "rtpL16pay",
      SOUND "! audioconvert ! rtpL16pay min-ptime=5000000 max-ptime=5000000",
      "rtpL16depay", 5 },
  { "l16-44100-stereo", "rtpL16pay",
      "audiotestsrc wave=pink-noise samplesperbuffer=441 num-buffers=5800 "
      "! audio/x-raw,rate=44100,channels=2 ! audioconvert "
      "! rtpL16pay min-ptime=10000000 max-ptime=10000000 mtu=4000",
      "rtpL16depay", 10 },
  { "mu-law", "mulawenc rtppcmupay",
      "audiotestsrc wave=pink-noise samplesperbuffer=160 num-buffers=2900 "
      "! audio/x-raw,rate=8000,channels=1 ! mulawenc "
      "! rtppcmupay min-ptime=20000000 max-ptime=20000000",
      "rtppcmudepay ! mulawdec", 20 },
  { "opus", "opusenc rtpopuspay",
      SOUND_48 "! opusenc complexity=0 ! rtpopuspay", "rtpopusdepay ! opusdec",
      20, TRUE },
};

static void
test_rtp (gconstpointer data)
{
  const guint r = GPOINTER_TO_UINT (data);
  static const gdouble losses[] = { 0.01, 0.02, 0.05, 0.2 };

  if (!outcome_has_elements (rtp[r].elements))
    return;
  /* Opus is slow to encode. */
  for (guint a = 0; a < N_ANALYSES; a += rtp[r].is_slow ? 5 : 1) {
    g_autofree char *all =
        g_strdup_printf ("%s ! %s", rtp[r].before, rtp[r].after);
    g_auto (Outcome) clean = outcome_run (all, outcome_analyses[a]);

    g_assert_cmpuint (clean.gaps, ==, 0);
    g_assert_cmpuint (clean.filled, ==, 0);
    /* All of them once, one of them in all ways. */
    for (guint l = a == 0 ? 0 : 2; l < (a == 0 ? G_N_ELEMENTS (losses) : 3);
         l++) {
      g_autofree char *some =
          g_strdup_printf ("%s ! identity drop-probability=%g ! %s",
              rtp[r].before, losses[l], rtp[r].after);
      g_auto (Outcome) lossy = outcome_run (some, outcome_analyses[a]);
      const gdouble lost =
          (gdouble) lossy.filled / GST_MSECOND / rtp[r].packet_ms;

      g_test_message ("%s, %g %% lost: %u of %u windows, %" G_GUINT64_FORMAT
                      " gaps, %.3f s filled",
          outcome_analyses[a], losses[l] * 100, lossy.windows->len,
          clean.windows->len, lossy.gaps, (gdouble) lossy.filled / GST_SECOND);
      outcome_assert_same_times (&lossy, &clean, 20 * GST_MSECOND);
      g_assert_cmpuint (lossy.breaks, ==, 0);
      g_assert_cmpuint (lossy.repeated, ==, 0);
      /* Whole packets, about as many as were to be lost. */
      g_assert_cmpfloat (fabs (lost - round (lost)), <, 0.35);
      g_assert_cmpfloat (lost * rtp[r].packet_ms / 58000, <, 1.5 * losses[l]);
      g_assert_cmpfloat (lost * rtp[r].packet_ms / 58000, >, 0.5 * losses[l]);
    }
  }
}

/* Opus that sends little where nobody speaks, and packets of it are lost. */
static void
test_dtx (void)
{
  static const char before[] =
      "audiotestsrc wave=ticks tick-interval=3000000000 "
      "sine-periods-per-tick=500 freq=300 samplesperbuffer=960 "
      "num-buffers=1500 ! audio/x-raw,format=S16LE,rate=48000,channels=1 "
      "! opusenc complexity=0 audio-type=voice bitrate-type=vbr bitrate=16000";

  if (!outcome_has_elements ("opusenc rtpopuspay"))
    return;
  for (guint a = 0; a < 2; a++) {
    g_autofree char *all =
        g_strdup_printf ("%s ! rtpopuspay ! rtpopusdepay ! opusdec", before);
    g_autofree char *less = g_strdup_printf (
        "%s dtx=true ! rtpopuspay dtx=true ! rtpopusdepay ! opusdec", before);
    g_autofree char *lossy_less = g_strdup_printf (
        "%s dtx=true ! rtpopuspay dtx=true ! identity drop-probability=0.02 "
        "! rtpopusdepay ! opusdec",
        before);
    g_auto (Outcome) clean = outcome_run (all, outcome_analyses[a]);
    g_auto (Outcome) dtx = outcome_run (less, outcome_analyses[a]);
    g_auto (Outcome) lossy = outcome_run (lossy_less, outcome_analyses[a]);

    g_test_message ("%s: %u windows; DTX %u, %.3f s filled; lossy %u, %.3f s",
        outcome_analyses[a], clean.windows->len, dtx.windows->len,
        (gdouble) dtx.filled / GST_SECOND, lossy.windows->len,
        (gdouble) lossy.filled / GST_SECOND);
    g_assert_cmpuint (dtx.filled, >, 5 * GST_SECOND);
    g_assert_cmpuint (dtx.breaks, ==, 0);
    outcome_assert_same_times (&dtx, &clean, 20 * GST_MSECOND);
    g_assert_cmpuint (lossy.breaks, ==, 0);
    outcome_assert_same_times (&lossy, &clean, 20 * GST_MSECOND);
  }
}

/* Live sources: PCM that comes over a websocket, stamped when it comes. */

typedef struct {
  const char *name;
  gdouble late_ms;     /* chunks come late by up to this */
  gboolean is_stamped; /* by us, as `stamp` says; else when it comes */
  guint64 (*stamp) (guint k);
} Live;

static guint64
stamp_zero (guint k)
{
  return 0;
}

static guint64
stamp_every_other (guint k)
{
  return (k * 100 + (k % 2 ? 50 : 0)) * GST_MSECOND;
}

static const Live lives[] = {
  { "in-time", 0, FALSE, NULL },
  { "up-to-80-ms-late", 80, FALSE, NULL },
  { "up-to-200-ms-late", 200, FALSE, NULL },
  { "zero", 0, TRUE, stamp_zero },
  { "every-other-50-ms-late", 0, TRUE, stamp_every_other },
};

static void
push_live (const Live *live, GstElement *src, GstTestClock *clock, GRand *rand)
{
  const GstClockTime begin = gst_clock_get_time (GST_CLOCK (clock));
  GstFlowReturn flow;

  for (guint k = 0; k < 140; k++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 3200, NULL);
    const gdouble late = live->late_ms * g_rand_double (rand);
    const GstClockTime at =
        begin + k * 100 * GST_MSECOND + (GstClockTime) (late * GST_MSECOND);

    for (guint i = 0; i < 1600; i++) {
      const gint16 sample = g_rand_int_range (rand, -8000, 8000);

      gst_buffer_fill (buffer, i * 2, &sample, 2);
    }
    if (live->is_stamped)
      GST_BUFFER_PTS (buffer) = live->stamp (k);
    else if (at > gst_clock_get_time (GST_CLOCK (clock)))
      gst_test_clock_set_time (clock, at);
    g_signal_emit_by_name (src, "push-buffer", buffer, &flow);
    g_assert_cmpint (flow, ==, GST_FLOW_OK);
    gst_buffer_unref (buffer);
  }
  g_signal_emit_by_name (src, "end-of-stream", &flow);
}

/* 14 s of sound; of the last window, 3 s apart from the others, 1 s is missing.
 */
static const struct {
  guint interval_ms;
  guint n_windows;
} live_windows[N_ANALYSES] = {
  { 3000, 5 },
  { 3000, 5 },
  { 1000, 12 },
  { 1000, 12 },
  { 250, 45 },
  { 250, 45 },
};

static void
test_live (gconstpointer data)
{
  const Live *live = data;

  for (guint a = 0; a < N_ANALYSES; a++) {
    g_autoptr (GRand) rand = g_rand_new_with_seed (a);
    g_autofree char *chain =
        g_strdup_printf ("appsrc name=src format=time max-bytes=0 %s "
                         "caps=audio/x-raw,format=S16LE,rate=16000,channels=1,"
                         "layout=interleaved",
            live->is_stamped ? "" : "is-live=true do-timestamp=true");
    g_autoptr (GstElement) pipeline = NULL;
    g_autoptr (GstElement) src = NULL;
    GstClock *clock = NULL;
    Outcome outcome;

    /* Sound that is live does not wait for a busy machine. */
    if (!live->is_stamped && strstr (outcome_analyses[a], "async"))
      continue;
    pipeline = outcome_pipeline (chain, outcome_analyses[a]);
    src = gst_bin_get_by_name (GST_BIN (pipeline), "src");
    clock = gst_test_clock_new_with_start_time (GST_SECOND);
    gst_pipeline_use_clock (GST_PIPELINE (pipeline), clock);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    if (!live->is_stamped)
      gst_element_get_state (pipeline, NULL, NULL, GST_CLOCK_TIME_NONE);
    push_live (live, src, GST_TEST_CLOCK (clock), rand);
    outcome = outcome_collect (pipeline);
    g_test_message (
        "%s: %u windows", outcome_analyses[a], outcome.windows->len);
    g_assert_cmpuint (outcome.windows->len, ==, live_windows[a].n_windows);
    for (guint w = 0; w < outcome.windows->len; w++) {
      const GstClockTime due = w * live_windows[a].interval_ms * GST_MSECOND;

      g_assert_cmpuint (outcome_window (&outcome, w)->at, >=, due);
      g_assert_cmpuint (outcome_window (&outcome, w)->at, <=,
          due + (GstClockTime) (live->late_ms * GST_MSECOND));
    }
    g_assert_cmpuint (outcome.breaks, ==, 0);
    g_assert_cmpuint (outcome.repeated, ==, 0);
    outcome_clear (&outcome);
    gst_object_unref (clock);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  for (guint i = 0; i < G_N_ELEMENTS (rtp); i++) {
    g_autofree char *path = g_strconcat ("/lossy/rtp/", rtp[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_rtp);
  }
  g_test_add_func ("/lossy/rtp/opus-dtx", test_dtx);
  for (guint i = 0; i < G_N_ELEMENTS (lives); i++) {
    g_autofree char *path = g_strconcat ("/lossy/live/", lives[i].name, NULL);

    g_test_add_data_func (path, &lives[i], test_live);
  }
  leaks_add_test ("lossy");
  return g_test_run ();
}
