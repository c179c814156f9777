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
  { 1, FALSE }, { 441, FALSE }, { 5000, TRUE } };

/* All ways give the same bits, which are ONNX Runtime's but for rounding. */
static void
check_clip (const Clip *clip)
{
  g_autofree float *first = NULL;

  for (guint w = 0; w < G_N_ELEMENTS (ways); w++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GstEmotionVoice) voice =
        gst_emotion_voice_new (16000, clip->n, &error);
    const float *found;
    gsize n;

    g_assert_no_error (error);
    /* What was heard before a break leaves nothing behind. */
    push (voice, clip, 4000, w & 1);
    gst_emotion_voice_reset (voice);
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
      gst_emotion_voice_new (16000, 16000, NULL);
  const guint64 before = 777;

  take_voice (&clip);
  gst_emotion_voice_push (voice, clip.samples, before, FALSE);
  gst_emotion_voice_reset (voice);
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
  a = gst_emotion_voice_new (rate, other.n, NULL);
  b = gst_emotion_voice_new (rate, other.n, NULL);
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

  g_assert_null (gst_emotion_voice_new (0, 16000, &error));
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

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/voice/golden", test_golden);
  g_test_add_func ("/voice/golden/all", test_golden_all);
  g_test_add_func ("/voice/measure", test_measure);
  for (guint i = 0; i < 3; i++) {
    const gint rates[] = { 22050, 44100, 8000 };
    g_autofree char *path = g_strdup_printf ("/voice/rate/%d", rates[i]);

    g_test_add_data_func (path, GINT_TO_POINTER (rates[i]), test_rate);
  }
  g_test_add_func ("/voice/rate/none", test_no_rate);
  g_test_add_func ("/voice/threads", test_threads);
  return g_test_run ();
}
