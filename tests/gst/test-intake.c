/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random streams: the windows of gst/intake, sample by sample, their times and
 * the statistics against those of plain-stream.c; and nothing is lost: what
 * came in is in a window, was dropped because it came twice, or was discarded
 * by a restart. Beside it an intake that converts each buffer at once, where
 * frames wait for the resampler otherwise: nobody may see a difference. Usage:
 * test-gst-intake [--seeds N]. */
#include <stdlib.h>

#include "gst/intake.h"
#include "tests/gst/plain-stream.h"

#define RATE 2000 /* of stream and windows: a sample is 500 us */
#define WINDOW (3 * RATE)
#define MS(ms) ((gint64) (ms) *GST_MSECOND)

typedef struct {
  GRand *rand;
  GstEmotionIntake intake;
  GstEmotionIntake prompt; /* no frame waits in it */
  GArray *seen[2];         /* Seen, by intake and prompt */
  PlainStream plain;
  guint next;       /* the next window that is compared */
  gint32 id;        /* of the next sample */
  GByteArray *told; /* by id: it was in a window */
  gint64 interval;
  gint64 frame;         /* samples; not 1 where the rate is lower */
  gboolean has_changed; /* the rate: samples are not themselves any more */
} Run;

/* A window, with the samples by their checksum. */
typedef struct {
  GstClockTime timestamp;
  gsize filled;
  guint64 stretch;
  char sum[41];
} Seen;

static guint n_seeds = 1000;

static gint64
time_of (const Run *run, gint64 n)
{
  return n * GST_SECOND / RATE;
}

static Seen
see (const Run *run, GstEmotionIntake *intake)
{
  GstEmotionWindow window = { 0 };
  const float *samples;
  guint64 position;
  const gsize n =
      gst_emotion_windower_peek (intake->windower, &samples, &position);
  Seen seen = { .stretch = intake->stretch };

  gst_emotion_timeline_stamp (&intake->timeline, position, n, &window);
  seen.timestamp = window.timestamp;
  seen.filled =
      gst_emotion_windower_filled (intake->windower, position, position + n);
  if (run->has_changed) { /* else no resampler has been there */
    g_autofree char *sum = g_compute_checksum_for_data (
        G_CHECKSUM_SHA1, (const guchar *) samples, n * sizeof *samples);

    g_strlcpy (seen.sum, sum, sizeof seen.sum);
  }
  return seen;
}

static void
take_prompt_window (gpointer user_data)
{
  Run *run = user_data;
  const Seen seen = see (run, &run->prompt);

  g_array_append_val (run->seen[1], seen);
}

/* None comes late. */
static void
compare_with_prompt (Run *run)
{
  const guint n = run->seen[0]->len;

  g_assert_cmpuint (n, ==, run->seen[1]->len);
  for (guint i = 0; i < n; i++) {
    const Seen *a = &g_array_index (run->seen[0], Seen, i);
    const Seen *b = &g_array_index (run->seen[1], Seen, i);

    g_assert_cmpuint (a->timestamp, ==, b->timestamp);
    g_assert_cmpuint (a->filled, ==, b->filled);
    g_assert_cmpuint (a->stretch, ==, b->stretch);
    g_assert_cmpstr (a->sum, ==, b->sum);
  }
  for (guint i = 0; i < 2; i++)
    g_array_set_size (run->seen[i], 0);
}

/* A window of the intake: it must be the next of the plain stream, which is
 * always ahead. */
static void
take_window (gpointer user_data)
{
  Run *run = user_data;
  GstEmotionWindow window = { 0 };
  const PlainWindow *plain;
  const float *samples;
  guint64 position;
  const gsize n =
      gst_emotion_windower_peek (run->intake.windower, &samples, &position);
  const Seen seen = see (run, &run->intake);

  g_array_append_val (run->seen[0], seen);
  g_assert_cmpuint (run->next, <, run->plain.windows->len);
  plain = &g_array_index (run->plain.windows, PlainWindow, run->next);
  g_assert_cmpuint (n, ==, WINDOW);
  gst_emotion_timeline_stamp (&run->intake.timeline, position, n, &window);
  g_assert_cmpuint (window.timestamp, ==, plain->timestamp);
  g_assert_cmpuint (gst_emotion_windower_filled (
                        run->intake.windower, position, position + n),
      ==, plain->filled);
  run->next++;
  if (run->has_changed)
    return;
  for (gsize i = 0; i < n; i++) {
    const gint32 id = (gint32) samples[i] - 1;

    g_assert_cmpint (id, ==, plain->ids[i]);
    if (id >= 0)
      run->told->data[id] = 1;
  }
}

static void
set_frame (Run *run, gint64 frame)
{
  GstAudioInfo info;
  g_autoptr (GError) error = NULL;

  gst_audio_info_set_format (
      &info, GST_AUDIO_FORMAT_F32, RATE / frame, 1, NULL);
  g_assert_true (gst_emotion_intake_set_format (&run->prompt, &info, &error));
  gst_emotion_convert_set_waits (run->prompt.convert, FALSE);
  g_assert_true (gst_emotion_intake_set_format (&run->intake, &info, &error));
  if (frame != run->frame)
    plain_stream_set_frame (&run->plain, frame);
  run->has_changed |= frame != 1;
  run->frame = frame;
}

static void
start (Run *run, guint32 seed)
{
  static const gint64 intervals[] = { 250, 1000, 2000, 3000, 3000, 5000 };
  GstSegment segment;
  g_autoptr (GError) error = NULL;

  run->frame = 1;
  run->rand = g_rand_new_with_seed (seed);
  run->told = g_byte_array_new ();
  run->interval = MS (intervals[g_rand_int_range (run->rand, 0, 6)]);
  gst_emotion_intake_init (&run->intake, NULL, take_window, run);
  gst_emotion_intake_init (&run->prompt, NULL, take_prompt_window, run);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  for (guint i = 0; i < 2; i++) {
    GstEmotionIntake *intake = i > 0 ? &run->prompt : &run->intake;

    run->seen[i] = g_array_new (FALSE, FALSE, sizeof (Seen));
    g_assert_true (gst_emotion_intake_set_windows (
        intake, WINDOW, RATE, run->interval, &error));
    gst_emotion_intake_set_segment (intake, &segment);
  }
  plain_stream_init (&run->plain, WINDOW, RATE);
  run->plain.interval = run->interval;
  set_frame (run, 1);
}

static void
clear (Run *run)
{
  gst_emotion_intake_clear (&run->intake);
  gst_emotion_intake_clear (&run->prompt);
  g_array_unref (run->seen[0]);
  g_array_unref (run->seen[1]);
  plain_stream_clear (&run->plain);
  g_byte_array_unref (run->told);
  g_rand_free (run->rand);
}

/* After each step. */
static void
check_stats (Run *run)
{
  const PlainStats *plain = &run->plain.stats;
  const GstEmotionContinuityStats stats =
      gst_emotion_intake_stats (&run->intake);

  g_assert_cmpuint (gst_emotion_timeline_next (&run->intake.timeline), ==,
      plain_stream_due (&run->plain));
  g_assert_cmpuint (stats.gaps, ==, plain->gaps);
  g_assert_cmpuint (stats.filled, ==, time_of (run, plain->filled));
  g_assert_cmpuint (stats.breaks, ==, plain->breaks);
  g_assert_cmpuint (stats.repeated, ==, time_of (run, plain->repeated));
  g_assert_cmpuint (stats.discarded, ==, time_of (run, plain->discarded));
  compare_with_prompt (run);
  if (!run->has_changed) /* else the resampler holds samples back */
    g_assert_cmpuint (run->next, ==, run->plain.windows->len);
}

/* To both. pts -1: none. Samples are their id, and 1 to tell them from
 * silence. */
static void
push (Run *run, gint64 pts, gint64 n, gboolean is_discont)
{
  const gint64 n_frames = n / run->frame;
  GstBuffer *buffer =
      gst_buffer_new_allocate (NULL, n_frames * sizeof (float), NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (gint64 i = 0; i < n_frames; i++)
    ((float *) map.data)[i] = run->id + i + 1;
  gst_buffer_unmap (buffer, &map);
  if (pts >= 0)
    GST_BUFFER_PTS (buffer) = pts;
  if (is_discont)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  plain_stream_buffer (&run->plain, pts, run->id, n, is_discont);
  g_byte_array_set_size (run->told, run->id + n);
  memset (run->told->data + run->id, 0, n);
  g_assert_true (gst_emotion_intake_push (&run->prompt, buffer));
  g_assert_true (gst_emotion_intake_push (&run->intake, buffer));
  gst_buffer_unref (buffer);
  run->id += n;
  check_stats (run);
}

static void
push_gap (Run *run, gint64 pts, gint64 duration)
{
  plain_stream_gap (&run->plain, pts, duration);
  gst_emotion_intake_push_gap (&run->prompt, pts, duration);
  gst_emotion_intake_push_gap (&run->intake, pts, duration);
  check_stats (run);
}

/* A flush or another segment, which may begin elsewhere. */
static void
push_segment (Run *run, gint64 start, gboolean is_flush)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = segment.position = start;
  segment.base = g_rand_int (run->rand);
  plain_stream_restart (&run->plain, start);
  if (is_flush)
    gst_emotion_intake_flush (&run->prompt);
  gst_emotion_intake_set_segment (&run->prompt, &segment);
  if (is_flush)
    gst_emotion_intake_flush (&run->intake);
  gst_emotion_intake_set_segment (&run->intake, &segment);
  check_stats (run);
}

/* What a stream is like. */
typedef struct {
  gint64 jitter;      /* ns; time stamps are late by up to this */
  gint max_ms;        /* of buffers */
  gboolean is_steady; /* buffers are all alike */
  gdouble loss, repeat, jump, gap, discont, no_pts, segment; /* per buffer */
  gdouble marked; /* how many of these say DISCONT */
  gdouble drift;  /* of the source's clock */
  gdouble rate;   /* changes of the rate, per buffer */
} Habits;

static gdouble
maybe (Run *run, gdouble rate)
{
  return g_rand_double (run->rand) < 0.5 ? rate * g_rand_double (run->rand) : 0;
}

/* A resampler holds samples back, so that it is a matter of when windows are
 * whole what is known by then: nothing but the rate and what is marked changes.
 */
static Habits
make_other_habits (Run *run)
{
  return (Habits){ .max_ms = g_rand_int_range (run->rand, 1, 100),
    .loss = maybe (run, 0.1),
    .jump = maybe (run, 0.03),
    .gap = maybe (run, 0.03),
    .discont = maybe (run, 0.05),
    .segment = maybe (run, 0.01),
    .marked = 1,
    .rate = 0.02 };
}

static Habits
make_habits (Run *run)
{
  static const gint64 jitters[] = { 0, 0, 0, 1, 5, 20, 50, 80, 200 };
  static const gint sizes[] = { 10, 20, 40, 100, 300, 1200 };

  return (Habits){ .jitter = MS (jitters[g_rand_int_range (run->rand, 0, 9)]),
    .max_ms = sizes[g_rand_int_range (run->rand, 0, 6)],
    .is_steady = g_rand_boolean (run->rand),
    .loss = maybe (run, 0.1),
    .repeat = maybe (run, 0.05),
    .jump = maybe (run, 0.03),
    .gap = maybe (run, 0.03),
    .discont = maybe (run, 0.05),
    .no_pts = maybe (run, 0.3),
    .segment = maybe (run, 0.01),
    .marked = g_rand_double (run->rand),
    .drift = maybe (run, 0.002) - maybe (run, 0.002) };
}

/* 30 s by the clock of the stream, at least. */
static void
stream (Run *run)
{
  const Habits habits = g_rand_int_range (run->rand, 0, 4) > 0
      ? make_habits (run)
      : make_other_habits (run);
  GRand *rand = run->rand;
  gint64 time = MS (g_rand_int_range (rand, 0, 3) * 1000);
  gint64 first = 0; /* no sound is before the segment */
  gint64 left = 30 * RATE;

  while (left > 0) {
    const gint ms = habits.is_steady
        ? habits.max_ms
        : g_rand_int_range (rand, 1, habits.max_ms + 1);
    /* Whole frames of 1, 2 or 4 samples. */
    const gint64 n = (gint64) ms * RATE / 1000 * (habits.rate > 0 ? 2 : 1);
    const gboolean is_marked = g_rand_double (rand) < habits.marked;
    gboolean is_discont = g_rand_double (rand) < habits.discont;
    gint64 pts;

    if (g_rand_double (rand) < habits.loss) {
      time += time_of (run, n * g_rand_int_range (rand, 1, 4));
      is_discont |= is_marked;
    }
    if (g_rand_double (rand) < habits.repeat) {
      const gint64 back = time_of (run, n * g_rand_int_range (rand, 1, 4));

      time = MAX (first, time - back);
      is_discont |= is_marked;
    }
    if (g_rand_double (rand) < habits.jump) {
      const gint64 far =
          MS (g_rand_int_range (rand, habits.rate > 0 ? 0 : -2500, 2500));

      time = MAX (first, time + far);
      is_discont |= is_marked;
    }
    if (g_rand_double (rand) < habits.gap) {
      const gint64 duration = MS (g_rand_int_range (rand, 1, 1500));

      push_gap (run, time, duration);
      time += duration;
    }
    if (g_rand_double (rand) < habits.rate)
      set_frame (run, 1 << g_rand_int_range (rand, 0, 3));
    if (g_rand_double (rand) < habits.segment) {
      time = first = MS (g_rand_int_range (rand, 0, 10000));
      push_segment (run, time, habits.rate == 0 && g_rand_boolean (rand));
    }
    pts = time + (gint64) (habits.jitter * g_rand_double (rand));
    push (run, g_rand_double (rand) < habits.no_pts ? -1 : pts, n, is_discont);
    time += (gint64) ((gdouble) time_of (run, n) * (1 + habits.drift));
    left -= n;
  }
}

static void
check_nothing_lost (Run *run)
{
  const GstEmotionContinuityStats stats =
      gst_emotion_intake_stats (&run->intake);
  gint64 n_told = 0;

  if (run->has_changed || run->interval > 3 * (gint64) GST_SECOND)
    return; /* what is between windows is in none */
  for (gint32 i = 0; i < run->id; i++)
    n_told += run->told->data[i];
  g_assert_cmpint (run->id, >=, n_told);
  g_assert_cmpint (time_of (run, run->id - n_told), >=, stats.discarded);
  g_assert_cmpint (
      time_of (run, run->id - n_told), <=, stats.discarded + stats.repeated);
}

static void
test_random (void)
{
  for (guint32 seed = 0; seed < n_seeds; seed++) {
    Run run = { 0 };

    if (g_getenv ("EMOTION_SEED"))
      seed = atoi (g_getenv ("EMOTION_SEED"));
    start (&run, seed);
    g_test_message ("seed %u", seed);
    stream (&run);
    plain_stream_restart (&run.plain, plain_stream_due (&run.plain));
    gst_emotion_intake_restart (&run.prompt, "the end");
    gst_emotion_intake_restart (&run.intake, "the end");
    check_stats (&run);
    check_nothing_lost (&run);
    clear (&run);
    if (g_getenv ("EMOTION_SEED"))
      break;
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  if (argc > 2 && g_str_equal (argv[1], "--seeds"))
    n_seeds = atoi (argv[2]);
  g_test_add_func ("/intake/random", test_random);
  return g_test_run ();
}
