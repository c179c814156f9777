/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The voice detector against ONNX Runtime (golden/voice.h5), whose synthetic
 * parts are in tests/data/voice. */
#include "gst/voice.h"

#include <math.h>
#include <string.h>

#include "dsp/resampler.h"
#include "nn/h5.h"
#include "tests/gst/fixture.h"

#define TOLERANCE 1e-4

typedef struct {
  float *samples;
  float *probability; /* [n_chunks], by ONNX Runtime */
  gsize n, n_chunks;
} Clip;

static void
clip_clear (Clip *clip)
{
  g_clear_pointer (&clip->samples, g_free);
  g_clear_pointer (&clip->probability, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Clip, clip_clear)

static float *
read_floats (NnH5 *file, const char *clip, const char *name, gsize *n)
{
  g_autofree char *path = g_strdup_printf ("%s/%s", clip, name);
  g_autoptr (GError) error = NULL;
  NnShape shape;
  float *values = nn_h5_read_floats (file, path, &shape, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (shape.rank, ==, 1);
  *n = shape.dim[0];
  return values;
}

static void
read_clip (NnH5 *file, const char *name, Clip *clip)
{
  clip->samples = read_floats (file, name, "samples", &clip->n);
  clip->probability = read_floats (file, name, "probability", &clip->n_chunks);
  for (gsize i = 0; i < clip->n; i++)
    clip->samples[i] /= 32768;
}

/* In pieces of up to len samples. */
static void
push (GstEmotionVoice *voice, const Clip *clip, gsize len, gboolean at_once)
{
  for (gsize i = 0; i < clip->n; i += len)
    gst_emotion_voice_push (
        voice, clip->samples + i, MIN (len, clip->n - i), at_once);
}

static const struct {
  gsize len;
  gboolean at_once;
} ways[] = { { G_MAXSIZE / 2, FALSE }, { 512, TRUE }, { 320, TRUE },
  { 1, FALSE }, { 441, FALSE }, { 5000, TRUE },
  /* Read where they lie, behind up to a chunk that waits. */
  { 6643, FALSE }, { 7167, TRUE }, { 20011, FALSE } };

/* All ways give the same bits, which are ONNX Runtime's but for rounding. */
static void
check_clip (const Clip *clip)
{
  g_autofree float *first = NULL;

  for (guint w = 0; w < G_N_ELEMENTS (ways); w++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GstEmotionVoice) voice =
        gst_emotion_voice_new (16000, 0, clip->n, &error);
    const float *found;
    gsize n;

    g_assert_no_error (error);
    /* What was heard before a break leaves nothing behind. */
    push (voice, clip, 4000, w & 1);
    gst_emotion_voice_reset (voice, 0);
    push (voice, clip, ways[w].len, ways[w].at_once);
    found = gst_emotion_voice_probabilities (voice, &n);
    g_assert_cmpuint (n, ==, clip->n_chunks);
    if (first)
      g_assert_cmpmem (first, n * sizeof *first, found, n * sizeof *found);
    else
      first = g_memdup2 (found, n * sizeof *found);
    for (gsize i = 0; i < n; i++)
      g_assert_cmpfloat_with_epsilon (
          found[i], clip->probability[i], TOLERANCE);
  }
}

static void
check_file (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NnH5) file = nn_h5_open (path, &error);
  g_auto (GStrv) names = NULL;

  g_assert_no_error (error);
  names = nn_h5_children (file, "/", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (names), >, 0);
  for (guint i = 0; names[i]; i++) {
    g_auto (Clip) clip = { 0 };

    g_test_message ("%s", names[i]);
    read_clip (file, names[i], &clip);
    check_clip (&clip);
  }
}

static void
test_golden (void)
{
  g_autofree char *path = fixture_data ("voice/voice.h5");

  check_file (path);
}

static void
test_golden_all (void)
{
  const char *const shared = g_getenv ("EMOTION_SHARED");
  g_autofree char *path =
      shared ? g_build_filename (shared, "golden", "voice.h5", NULL) : NULL;

  if (path && g_file_test (path, G_FILE_TEST_EXISTS))
    check_file (path);
  else
    g_test_skip ("no golden/voice.h5 in EMOTION_SHARED");
}

static void
take_voice (Clip *clip)
{
  g_autofree char *path = fixture_data ("voice/voice.h5");
  g_autoptr (NnH5) file = nn_h5_open (path, NULL);

  read_clip (file, "synthetic_voice_1", clip);
}

/* Samples of a window that are in chunks of speech, by the golden answers. */
static gsize
count (const Clip *clip, gsize position, gsize len)
{
  gsize n = 0;

  for (gsize i = position; i < position + len; i++)
    n += i / 512 < clip->n_chunks && clip->probability[i / 512] >= 0.5;
  return n;
}

/* Windows anywhere, also after a break in the middle of a chunk. */
static void
test_measure (void)
{
  g_auto (Clip) clip = { 0 };
  g_autoptr (GstEmotionVoice) voice =
      gst_emotion_voice_new (16000, 0, 16000, NULL);
  const guint64 before = 777;

  take_voice (&clip);
  gst_emotion_voice_push (voice, clip.samples, before, FALSE);
  gst_emotion_voice_reset (voice, before);
  for (gsize i = 0; i + 1000 <= clip.n; i += 1000) {
    const gsize end = i + 1000, begin = end - MIN (end, 16000);

    gst_emotion_voice_push (voice, clip.samples + i, 1000, FALSE);
    /* Of the chunk that is not whole yet nothing is known. */
    const gsize whole = MAX (begin, MIN (end, end / 512 * 512));

    g_assert_cmpuint (
        gst_emotion_voice_measure (voice, before + begin, end - begin), ==,
        gst_util_uint64_scale (
            count (&clip, begin, whole - begin), GST_SECOND, 16000));
  }
  g_assert_cmpuint (count (&clip, 0, clip.n), >, 16000);
}

/* Samples that are put in and taken out later move what was heard. */
static void
test_move (void)
{
  g_auto (Clip) clip = { 0 };
  g_autoptr (GstEmotionVoice) voice =
      gst_emotion_voice_new (16000, 100, 60000, NULL);
  gsize first = 0;
  GstClockTime whole;

  take_voice (&clip);
  gst_emotion_voice_push (voice, clip.samples, clip.n, FALSE);
  while (clip.probability[first] < 0.5)
    first++;
  first = 100 + first * 512;
  whole = gst_emotion_voice_measure (voice, 100, clip.n);
  g_assert_cmpuint (
      gst_emotion_voice_measure (voice, first, 512), ==, 32 * GST_MSECOND);
  gst_emotion_voice_move (voice, first, 1000);
  g_assert_cmpuint (gst_emotion_voice_measure (voice, 100, first + 900), ==, 0);
  g_assert_cmpuint (gst_emotion_voice_measure (voice, first + 1000, 512), ==,
      32 * GST_MSECOND);
  g_assert_cmpuint (
      gst_emotion_voice_measure (voice, 100, clip.n + 1000), ==, whole);
  gst_emotion_voice_move (voice, first, -1000);
  g_assert_cmpuint (gst_emotion_voice_measure (voice, 100, clip.n), ==, whole);
  gst_emotion_voice_move (voice, 100, -(gint64) first);
  g_assert_cmpuint (
      gst_emotion_voice_measure (voice, 100, 512), ==, 32 * GST_MSECOND);
}

/* Sound at another rate: the same speech, but for where chunks begin, what the
 * resampler holds back, and what a low rate cannot carry. */
static void
test_rate (gconstpointer data)
{
  const gdouble rate = GPOINTER_TO_INT (data);
  g_auto (Clip) clip = { 0 }, other = { 0 };
  g_autoptr (DspResampler) resampler = dsp_resampler_new (16000, rate, NULL);
  g_autoptr (GstEmotionVoice) a = NULL, b = NULL;
  GstClockTime voice, wanted;
  gsize used, n;

  take_voice (&clip);
  other.n = (gsize) ceil (clip.n * rate / 16000);
  other.samples = g_new0 (float, other.n);
  n = dsp_resampler_push (
      resampler, clip.samples, clip.n, &used, other.samples, other.n);
  while (n < other.n)
    n += dsp_resampler_drain (resampler, other.samples + n, other.n - n);
  a = gst_emotion_voice_new (rate, 0, other.n, NULL);
  b = gst_emotion_voice_new (rate, 0, other.n, NULL);
  push (a, &other, 333, FALSE);
  push (b, &other, 5000, TRUE);
  voice = gst_emotion_voice_measure (a, 0, other.n);
  wanted = gst_util_uint64_scale (count (&clip, 0, clip.n), GST_SECOND, 16000);
  g_assert_cmpuint (voice, ==, gst_emotion_voice_measure (b, 0, other.n));
  g_assert_cmpuint (voice + 300 * GST_MSECOND, >, wanted);
  g_assert_cmpuint (voice, <, wanted + 300 * GST_MSECOND);
}

static void
test_no_rate (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gst_emotion_voice_new (0, 0, 16000, &error));
  g_assert_nonnull (error);
}

/* Detectors of several threads share one network, and nothing else. */
static gpointer
detect (gpointer data)
{
  for (guint i = 0; i < 3; i++)
    check_clip (data);
  return NULL;
}

static void
test_threads (void)
{
  g_auto (Clip) clip = { 0 };
  GThread *threads[4];

  take_voice (&clip);
  clip.n = 8000;
  clip.n_chunks = 8000 / 512;
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("voice", detect, &clip);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

/* The gate of the element */

#define CAPS "audio/x-raw,format=F32LE,layout=interleaved,rate=16000,channels=1"

/* n samples of the clip from `first` on, in buffers of up to len. */
static void
play (Fixture *f, const Clip *clip, gsize first, gsize n, gsize len)
{
  for (gsize i = first; i < first + n; i += len) {
    const gsize some = MIN (len, first + n - i);
    GstBuffer *buffer =
        gst_buffer_new_memdup (clip->samples + i, some * sizeof *clip->samples);

    GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (i, GST_SECOND, 16000);
    g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
  }
}

static gdouble
sum_of (const GstStructure *s)
{
  const GstStructure *p =
      gst_value_get_structure (gst_structure_get_value (s, "probabilities"));
  gdouble sum = 0;

  for (gint i = 0; i < gst_structure_n_fields (p); i++)
    sum += field_double (p, gst_structure_nth_field_name (p, i));
  return sum;
}

/* The next message: voice as it is, and classified or not. */
static void
expect_window (Fixture *f, GstClockTime voice, gboolean is_classified)
{
  GstMessage *message = fixture_pop (f);
  const GstStructure *s;
  gint index;

  g_assert_nonnull (message);
  s = gst_message_get_structure (message);
  g_assert_cmpuint (field_uint64 (s, "voice"), ==, voice);
  g_assert_false (field_boolean (s, "silence"));
  g_assert_true (gst_structure_get_int (s, "label-index", &index));
  g_assert_cmpint (index >= 0, ==, is_classified);
  g_assert_cmpfloat_with_epsilon (sum_of (s), is_classified ? 1 : 0, 1e-5);
  g_assert_cmpint (
      g_str_equal (gst_structure_get_string (s, "emotion"), "unknown"), ==,
      !is_classified);
  if (!is_classified)
    g_assert_cmpfloat (field_double (s, "confidence"), ==, 0);
  gst_message_unref (message);
}

static const struct {
  const char *name, *clip;
  guint64 min_voice_ms;
  gsize len; /* of buffers */
  gboolean is_classified;
} gates[] = {
  { "speech", "synthetic_voice_1", 300, 320, TRUE },
  { "speech-more", "synthetic_voice_1", 3000, 5000, FALSE },
  { "speech-off", "synthetic_voice_1", 0, 441, TRUE },
  { "hum", "hum_50Hz", 300, 320, FALSE },
  { "hum-any", "hum_50Hz", 1, 4096, FALSE },
  { "hum-off", "hum_50Hz", 0, 320, TRUE },
  { "noise", "white_noise", 300, 100, FALSE },
  { "plucked", "plucked_notes", 300, 320, FALSE },
};

static void
test_gate (gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);
  g_autofree char *path = fixture_data ("voice/voice.h5");
  g_autoptr (NnH5) file = nn_h5_open (path, NULL);
  g_auto (Clip) clip = { 0 };
  GstClockTime voice = GST_CLOCK_TIME_NONE;
  Fixture f;

  read_clip (file, gates[i].clip, &clip);
  clip.n = MIN (clip.n, 48000);
  fixture_init (&f, MODEL_M3, CAPS);
  g_object_set (
      f.element, "min-voice", gates[i].min_voice_ms * GST_MSECOND, NULL);
  play (&f, &clip, 0, clip.n, gates[i].len);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  if (gates[i].min_voice_ms > 0)
    voice = gst_util_uint64_scale (
        count (&clip, 0, clip.n / 512 * 512), GST_SECOND, 16000);
  expect_window (&f, voice, gates[i].is_classified);
  fixture_clear (&f);
}

/* Windows that overlap share chunks; a break makes the detector anew; the gate
 * may be switched while playing, and knows of what is in the window already. */
static void
test_gate_stream (void)
{
  g_auto (Clip) clip = { 0 };
  GstSegment segment;
  Fixture f;

  take_voice (&clip);
  fixture_init (&f, MODEL_M3, CAPS);
  g_object_set (f.element, "interval", 500 * GST_MSECOND, NULL);
  play (&f, &clip, 0, 30000, 320);
  g_object_set (f.element, "min-voice", 300 * GST_MSECOND, NULL);
  play (&f, &clip, 30000, 30000, 320);
  for (gsize start = 0; start + 48000 <= 60000; start += 8000)
    expect_window (&f,
        gst_util_uint64_scale (
            count (&clip, start, (start + 48000) / 512 * 512 - start),
            GST_SECOND, 16000),
        TRUE);
  gst_harness_push_event (f.harness, gst_event_new_flush_start ());
  gst_harness_push_event (f.harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (f.harness, gst_event_new_segment (&segment));
  play (&f, &clip, 0, 48000, 999);
  expect_window (&f,
      gst_util_uint64_scale (count (&clip, 0, 93 * 512), GST_SECOND, 16000),
      TRUE);
  fixture_clear (&f);
}

/* Samples that come 100 ms late: silence is filled in, and what was heard is
 * where it is in the window. */
static void
test_gate_filled (void)
{
  g_auto (Clip) clip = { 0 };
  GstMessage *message;
  GstClockTime voice, wanted;
  Fixture f;

  take_voice (&clip);
  fixture_init (&f, MODEL_M3, CAPS);
  g_object_set (f.element, "min-voice", 300 * GST_MSECOND, NULL);
  play (&f, &clip, 0, 20000, 320);
  play (&f, &clip, 30000, 30000, 320); /* 10000 are missing */
  message = fixture_pop (&f);
  g_assert_nonnull (message);
  voice = field_uint64 (gst_message_get_structure (message), "voice");
  gst_message_unref (message);
  wanted = gst_util_uint64_scale (
      count (&clip, 0, 20000) + count (&clip, 30000, 18000), GST_SECOND, 16000);
  g_assert_cmpuint (voice + 200 * GST_MSECOND, >, wanted);
  g_assert_cmpuint (voice, <, wanted + 200 * GST_MSECOND);
  fixture_clear (&f);
}

/* Pauses and utterances; starts: of what is loud in these. */
static void
make_talk (Clip *talk, GArray *starts)
{
  static const gsize pauses[] = { 36800, 27200, 9000, 70000, 16000 };
  const gsize len = 24000;
  g_auto (Clip) clip = { 0 };
  gsize begin = 0, at = 0;

  take_voice (&clip);
  while (fabsf (clip.samples[begin]) < 0.01f)
    begin++;
  talk->n = G_N_ELEMENTS (pauses) * len;
  for (guint i = 0; i < G_N_ELEMENTS (pauses); i++)
    talk->n += pauses[i];
  talk->samples = g_new0 (float, talk->n);
  for (guint i = 0; i < G_N_ELEMENTS (pauses); i++) {
    at += pauses[i];
    memcpy (talk->samples + at, clip.samples + begin, len * sizeof (float));
    g_array_append_val (starts, at);
    at += len;
  }
}

/* "start+duration(partial) " of each window, ms. */
static char *
tell (const Clip *talk, gsize len, GstClockTime interval, GArray *begins)
{
  GString *text = g_string_new (NULL);
  GstMessage *message;
  Fixture f;

  fixture_init (&f, MODEL_M3, CAPS);
  gst_util_set_object_arg (G_OBJECT (f.element), "align", "voice");
  g_object_set (
      f.element, "min-voice", 300 * GST_MSECOND, "interval", interval, NULL);
  play (&f, talk, 0, talk->n, len);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  while ((message = fixture_pop (&f))) {
    const GstStructure *s = gst_message_get_structure (message);
    const guint64 start = field_uint64 (s, "timestamp");

    g_string_append_printf (text,
        "%" G_GUINT64_FORMAT "+%" G_GUINT64_FORMAT "%s%s ", start / GST_MSECOND,
        field_uint64 (s, "duration") / GST_MSECOND,
        field_boolean (s, "partial") ? "p" : "",
        g_str_equal (gst_structure_get_string (s, "emotion"), "unknown") ? ""
                                                                         : "!");
    g_array_append_val (begins, start);
    gst_message_unref (message);
  }
  fixture_clear (&f);
  return g_string_free (text, FALSE);
}

static gboolean
has_begin (const GArray *begins, GstClockTime speech)
{
  for (guint i = 0; i < begins->len; i++) {
    const guint64 begin = g_array_index (begins, guint64, i);

    if (begin <= speech && speech - begin <= 100 * GST_MSECOND)
      return TRUE;
  }
  return FALSE;
}

/* A window begins within 100 ms before each utterance, whatever the buffers. */
static void
test_align (gconstpointer data)
{
  const GstClockTime interval = GPOINTER_TO_INT (data) * GST_MSECOND;
  static const gsize lens[] = { 320, 441, 100000 };
  g_autoptr (GArray) starts = g_array_new (FALSE, FALSE, sizeof (gsize));
  g_autofree char *first = NULL;
  g_auto (Clip) talk = { 0 };

  make_talk (&talk, starts);
  for (guint i = 0; i < G_N_ELEMENTS (lens); i++) {
    g_autoptr (GArray) begins = g_array_new (FALSE, FALSE, sizeof (guint64));
    g_autofree char *text = tell (&talk, lens[i], interval, begins);

    if (!first) {
      g_test_message ("%s", text);
      first = g_strdup (text);
    }
    g_assert_cmpstr (text, ==, first);
    for (guint k = 0; k < starts->len; k++)
      g_assert_true (has_begin (begins,
          gst_util_uint64_scale (
              g_array_index (starts, gsize, k), GST_SECOND, 16000)));
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  fixture_register ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/voice/golden", test_golden);
  g_test_add_func ("/voice/golden/all", test_golden_all);
  g_test_add_func ("/voice/measure", test_measure);
  g_test_add_func ("/voice/move", test_move);
  for (guint i = 0; i < 3; i++) {
    const gint rates[] = { 22050, 44100, 8000 };
    g_autofree char *path = g_strdup_printf ("/voice/rate/%d", rates[i]);

    g_test_add_data_func (path, GINT_TO_POINTER (rates[i]), test_rate);
  }
  g_test_add_func ("/voice/rate/none", test_no_rate);
  g_test_add_func ("/voice/threads", test_threads);
  for (guint i = 0; i < G_N_ELEMENTS (gates); i++) {
    g_autofree char *path = g_strdup_printf ("/voice/gate/%s", gates[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_gate);
  }
  g_test_add_func ("/voice/gate/stream", test_gate_stream);
  g_test_add_func ("/voice/gate/filled", test_gate_filled);
  g_test_add_data_func (
      "/voice/align/touching", GINT_TO_POINTER (3000), test_align);
  g_test_add_data_func (
      "/voice/align/overlap", GINT_TO_POINTER (700), test_align);
  g_test_add_data_func (
      "/voice/align/apart", GINT_TO_POINTER (10000), test_align);
  return g_test_run ();
}
