/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the element does where time stamps and samples disagree: jumps, jitter,
 * repetitions, marked and not; the stats that count it, and the window's
 * `filled`. */
#include <math.h>

#include "tests/gst/leaks.h"
#include "tests/gst/stream.h"

#define MAX_PIECES 8
#define MAX_WINDOWS 5

/* Sound in buffers of 20 ms. */
typedef struct {
  guint64 at_ms; /* the first time stamp */
  guint64 ms;
  gboolean is_discont; /* the first buffer */
} Piece;

typedef struct {
  guint64 at_ms;
  guint64 filled_ms;
} Window;

static const struct {
  const char *name;
  Piece pieces[MAX_PIECES];
  Window windows[MAX_WINDOWS]; /* of 3 s */
  guint64 gaps, filled_ms, breaks, repeated_ms, discarded_ms;
} cases[] = {
  /* Marked: at once. */
  { "discont/nothing-missing", { { 0, 2900 }, { 2900, 3100, TRUE } },
      { { 0, 0 }, { 3000, 0 } } },
  { "discont/5ms", { { 0, 2900 }, { 2905, 3100, TRUE } },
      { { 0, 5 }, { 3000, 0 } }, 1, 5, 0, 0, 5 },
  { "discont/20ms", { { 0, 2000 }, { 2020, 4000, TRUE } },
      { { 0, 20 }, { 3000, 0 } }, 1, 20, 0, 0, 20 },
  { "discont/1s", { { 0, 2500 }, { 3500, 5500, TRUE } },
      { { 0, 500 }, { 3000, 500 }, { 6000, 0 } }, 1, 1000, 0, 0, 0 },
  { "discont/above-1s", { { 0, 2500 }, { 3501, 3000, TRUE } }, { { 3501, 0 } },
      0, 0, 1, 0, 2500 },
  { "discont/back-20ms", { { 0, 2500 }, { 2480, 3500, TRUE } },
      { { 0, 0 }, { 2980, 0 } } },
  { "discont/back-1s", { { 0, 2500 }, { 1500, 4500, TRUE } },
      { { 0, 0 }, { 3000, 0 } }, 0, 0, 0, 1000, 0 },
  { "discont/back-2s", { { 0, 2500 }, { 500, 3000, TRUE } }, { { 500, 0 } }, 0,
      0, 1, 0, 2500 },
  { "discont/three",
      { { 0, 500 }, { 520, 500, TRUE }, { 1060, 500, TRUE },
          { 2000, 1000, TRUE } },
      { { 0, 500 } }, 3, 500, 0, 0, 0 },
  { "discont/a-lot-lost",
      { { 0, 20 }, { 40, 20, TRUE }, { 80, 20, TRUE }, { 120, 20, TRUE },
          { 1000, 2000, TRUE } },
      { { 0, 920 } }, 4, 920, 0, 0, 0 },
  /* Not marked: where it stays so. */
  { "jump/40ms", { { 0, 1000 }, { 1040, 1960 } }, { { 0, 40 } }, 1, 40 },
  { "jump/50ms", { { 0, 1000 }, { 1050, 4950 } }, { { 0, 50 }, { 3000, 0 } }, 1,
      50 },
  { "jump/1s", { { 0, 1500 }, { 2500, 3500 } }, { { 0, 1000 }, { 3000, 0 } }, 1,
      1000 },
  { "jump/above-1s", { { 0, 1500 }, { 2501, 3000 } }, { { 2501, 0 } }, 0, 0, 1,
      0, 1500 },
  { "jump/at-the-border", { { 0, 3000 }, { 3500, 2500 } },
      { { 0, 0 }, { 3000, 500 } }, 1, 500 },
  { "jump/back-20ms", { { 0, 1000 }, { 980, 5000 } },
      { { 0, 0 }, { 2980, 0 } } },
  { "jump/back-50ms", { { 0, 1000 }, { 950, 5050 } }, { { 0, 0 }, { 3000, 0 } },
      0, 0, 0, 50 },
  { "jump/back-2s", { { 5000, 1500 }, { 3000, 3000 } }, { { 3000, 0 } }, 0, 0,
      1, 0, 1500 },
  { "jump/twice", { { 0, 800 }, { 900, 500 }, { 1600, 1400 } }, { { 0, 300 } },
      2, 300 },
  { "jump/not-for-long", { { 0, 1000 }, { 1500, 900 }, { 1900, 1100 } },
      { { 0, 0 } } },
  { "jump/one-buffer", { { 0, 1000 }, { 77000, 20 }, { 1020, 1980 } },
      { { 0, 0 } } },
  { "first-is-early", { { 0, 20 }, { 220, 2780 } }, { { 0, 200 } }, 1, 200 },
  { "first-is-late", { { 500, 20 }, { 320, 2980 } }, { { 300, 0 } } },
};

static void
push_piece (Fixture *f, const Piece *piece, guint64 sound_ms)
{
  GstAudioInfo info;

  gst_audio_info_set_format (&info, GST_AUDIO_FORMAT_S16, STREAM_RATE, 1, NULL);
  for (guint64 ms = 0; ms < piece->ms; ms += 20) {
    GstBuffer *buffer = fixture_sound (
        &info, STREAM_MS (sound_ms + ms), STREAM_MS (MIN (20, piece->ms - ms)));

    GST_BUFFER_PTS (buffer) = (piece->at_ms + ms) * GST_MSECOND;
    if (piece->is_discont && ms == 0)
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
    gst_buffer_unref (gst_harness_pull (f->harness));
  }
}

static guint64
stat_ms (Fixture *f, const char *name)
{
  g_autoptr (GstStructure) stats = NULL;

  g_object_get (f->element, "stats", &stats, NULL);
  return field_uint64 (stats, name) / GST_MSECOND;
}

static guint64
stat (Fixture *f, const char *name)
{
  g_autoptr (GstStructure) stats = NULL;

  g_object_get (f->element, "stats", &stats, NULL);
  return field_uint64 (stats, name);
}

static void
test_case (gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);
  guint64 ms = 0;
  Fixture f;

  stream_init (&f);
  for (guint p = 0; p < MAX_PIECES && cases[i].pieces[p].ms > 0; p++) {
    push_piece (&f, &cases[i].pieces[p], ms);
    ms += cases[i].pieces[p].ms;
  }
  stream_event (&f, gst_event_new_eos ());
  for (guint w = 0; w < MAX_WINDOWS; w++) {
    const Window *window = &cases[i].windows[w];
    g_autoptr (GstMessage) message = NULL;
    const GstStructure *s;

    if (w > 0 && window->at_ms == 0)
      break;
    message = fixture_pop (&f);
    g_assert_nonnull (message);
    s = gst_message_get_structure (message);
    g_assert_cmpuint (
        field_uint64 (s, "timestamp"), ==, window->at_ms * GST_MSECOND);
    g_assert_cmpuint (field_uint64 (s, "duration"), ==, 3 * GST_SECOND);
    g_assert_cmpuint (
        field_uint64 (s, "filled"), ==, window->filled_ms * GST_MSECOND);
    g_assert_cmpuint (field_uint64 (s, "window-id"), ==, w);
  }
  fixture_expect_none (&f);
  g_assert_cmpuint (stat (&f, "gaps"), ==, cases[i].gaps);
  g_assert_cmpuint (stat_ms (&f, "filled"), ==, cases[i].filled_ms);
  g_assert_cmpuint (stat (&f, "breaks"), ==, cases[i].breaks);
  g_assert_cmpuint (stat_ms (&f, "repeated"), ==, cases[i].repeated_ms);
  g_assert_cmpuint (stat_ms (&f, "discarded"), ==, cases[i].discarded_ms);
  fixture_clear (&f);
}

/* Time stamps that are no times, and those that shake: 14 s in buffers of
 * 100 ms are 12 windows, one each second, whatever they say. */

static guint64
zero (guint k, GRand *rand)
{
  return 0;
}

static guint64
every_other_late (guint k, GRand *rand)
{
  return (k * 100 + (k % 2 ? 50 : 0)) * GST_MSECOND;
}

static guint64
late (guint k, GRand *rand, guint max_ms)
{
  return k * 100 * GST_MSECOND
      + (guint64) (g_rand_double (rand) * max_ms * GST_MSECOND);
}

static guint64
late_80 (guint k, GRand *rand)
{
  return late (k, rand, 80);
}

static guint64
late_200 (guint k, GRand *rand)
{
  return late (k, rand, 200);
}

/* As a source that gets a second of sound at once, each second. */
static guint64
bursts (guint k, GRand *rand)
{
  return k / 10 * GST_SECOND + k % 10 * GST_MSECOND;
}

/* As ADPCM in WAV: half as fast as the sound, and a step back each 400 ms. */
static guint64
steps_back (guint k, GRand *rand)
{
  return (k / 4 * 200 + k % 4 * 100) * GST_MSECOND;
}

static guint64
half_as_fast (guint k, GRand *rand)
{
  return k * 50 * GST_MSECOND;
}

static guint64
none_at_first (guint k, GRand *rand)
{
  return k < 15 ? GST_CLOCK_TIME_NONE : k * 100 * GST_MSECOND;
}

static const struct {
  const char *name;
  guint64 (*stamp) (guint k, GRand *rand);
  guint64 off_ms; /* how much windows may be later than they are */
} stamps[] = {
  { "zero", zero, 0 },
  { "every-other-late", every_other_late, 0 },
  { "late-80", late_80, 80 },
  { "late-200", late_200, 200 },
  { "bursts", bursts, 0 },
  { "steps-back", steps_back, 0 },
  { "half-as-fast", half_as_fast, 0 },
  { "none-at-first", none_at_first, 0 },
};

static void
test_stamps (gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);

  for (guint seed = 0; seed < 20; seed++) {
    g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
    Fixture f;

    stream_init (&f);
    g_object_set (f.element, "interval", GST_SECOND, NULL);
    for (guint k = 0; k < 140; k++) {
      GstBuffer *buffer = gst_buffer_new_allocate (NULL, 3200, NULL);

      gst_buffer_memset (buffer, 0, k, 3200);
      GST_BUFFER_PTS (buffer) = stamps[i].stamp (k, rand);
      g_assert_cmpint (gst_harness_push (f.harness, buffer), ==, GST_FLOW_OK);
      gst_buffer_unref (gst_harness_pull (f.harness));
    }
    for (guint64 w = 0; w < 12; w++) {
      g_autoptr (GstMessage) message = fixture_pop (&f);
      guint64 at;

      g_assert_nonnull (message);
      at = field_uint64 (gst_message_get_structure (message), "timestamp");
      g_assert_cmpuint (at, >=, w * GST_SECOND);
      g_assert_cmpuint (
          at, <=, w * GST_SECOND + stamps[i].off_ms * GST_MSECOND);
    }
    fixture_expect_none (&f);
    g_assert_cmpuint (stat (&f, "breaks"), ==, 0);
    g_assert_cmpuint (stat (&f, "repeated"), ==, 0);
    fixture_clear (&f);
  }
}

/* As Opus without what is silent: 20 ms each 400 ms, and nothing says so. */
static void
test_dtx (void)
{
  Fixture f;

  stream_init (&f);
  push_piece (&f, &(Piece){ 0, 1700 }, 0);
  for (guint64 at = 2100; at < 6500; at += 400)
    push_piece (&f, &(Piece){ at, 20 }, at);
  push_piece (&f, &(Piece){ 6500, 2500 }, 6500);
  stream_expect (&f, 0, 3000, 0);
  stream_expect (&f, 3000, 3000, 1);
  stream_expect (&f, 6000, 3000, 2);
  fixture_expect_none (&f);
  g_assert_cmpuint (stat_ms (&f, "filled"), ==, 4580);
  g_assert_cmpuint (stat (&f, "breaks"), ==, 0);
  fixture_clear (&f);
}

/* The two properties. */
static void
test_properties (void)
{
  Fixture f;

  stream_init (&f);
  g_object_set (f.element, "discont-wait", (guint64) 0, NULL);
  push_piece (&f, &(Piece){ 0, 2500 }, 0);
  push_piece (&f, &(Piece){ 2600, 400 }, 2500);
  stream_expect (&f, 0, 3000, 0);
  g_assert_cmpuint (stat_ms (&f, "filled"), ==, 100);
  stream_flush (&f);
  stream_segment (&f, 1, 0, 0, 0, 0);
  g_object_set (f.element, "discont-wait", GST_SECOND, "alignment-threshold",
      300 * GST_MSECOND, NULL);
  push_piece (&f, &(Piece){ 0, 1000 }, 0);
  push_piece (&f, &(Piece){ 800, 2000 }, 1000);
  stream_expect (&f, 0, 3000, 0);
  g_assert_cmpuint (stat (&f, "repeated"), ==, 0);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* Silence that the resampler holds back when a flush comes is in no window. */
static void
test_flush (void)
{
  GstAudioInfo info;
  Fixture f;

  fixture_init (&f, MODEL_M3,
      "audio/x-raw,format=S16LE,layout=interleaved,rate=44100,channels=1");
  gst_audio_info_set_format (&info, GST_AUDIO_FORMAT_S16, 44100, 1, NULL);
  gst_harness_push (f.harness, fixture_sound (&info, 0, 44100));
  stream_event (&f, gst_event_new_gap (1000 * GST_MSECOND, 10 * GST_MSECOND));
  g_assert_cmpuint (stat_ms (&f, "filled"), ==, 10);
  stream_flush (&f);
  g_assert_cmpuint (stat_ms (&f, "discarded"), ==, 1000);
  stream_segment (&f, 1, 0, 0, 0, 0);
  gst_harness_push (f.harness, fixture_sound (&info, 0, 4 * 44100));
  stream_expect (&f, 0, 3000, 0);
  stream_event (&f, gst_event_new_eos ());
  fixture_expect_none (&f);
  g_assert_cmpuint (stat_ms (&f, "discarded"), ==, 2000);
  fixture_clear (&f);
}

/* Gap events: what they say of the time is true, and fills. */
static void
test_gap_events (void)
{
  Fixture f;

  stream_init (&f);
  push_piece (&f, &(Piece){ 0, 1000 }, 0);
  stream_event (&f, gst_event_new_gap (1000 * GST_MSECOND, 500 * GST_MSECOND));
  /* It comes twice. */
  stream_event (&f, gst_event_new_gap (1000 * GST_MSECOND, 500 * GST_MSECOND));
  push_piece (&f, &(Piece){ 1500, 500, TRUE }, 1500);
  /* 100 ms are missing before it. */
  stream_event (&f, gst_event_new_gap (2100 * GST_MSECOND, 100 * GST_MSECOND));
  push_piece (&f, &(Piece){ 2200, 800 }, 2200);
  stream_expect (&f, 0, 3000, 0);
  g_assert_cmpuint (stat (&f, "gaps"), ==, 2);
  g_assert_cmpuint (stat_ms (&f, "filled"), ==, 700);
  stream_event (&f, gst_event_new_gap (5 * GST_SECOND, 100 * GST_MSECOND));
  g_assert_cmpuint (stat (&f, "breaks"), ==, 1);
  push_piece (&f, &(Piece){ 5100, 2900 }, 0);
  stream_expect (&f, 5000, 3000, 1);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strconcat ("/continuity/", cases[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_case);
  }
  for (guint i = 0; i < G_N_ELEMENTS (stamps); i++) {
    g_autofree char *path =
        g_strconcat ("/continuity/stamps/", stamps[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_stamps);
  }
  g_test_add_func ("/continuity/dtx", test_dtx);
  g_test_add_func ("/continuity/properties", test_properties);
  g_test_add_func ("/continuity/gap-events", test_gap_events);
  g_test_add_func ("/continuity/flush", test_flush);
  leaks_add_test ("continuity");
  return g_test_run ();
}
