/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/features.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "dsp/sample.h"
#include "tests/dsp/golden.h"

#define N_BANDS 64
#define N_FRAMES 94
#define N_VALUES (N_BANDS * N_FRAMES)
#define WINDOW_LEN 48000

/* Against librosa in double precision. */
#define NORM_TOLERANCE 2e-5
#define MEL_TOLERANCE 1e-5 /* of the clip's maximum, and relative */
#define MEL_FLOOR 1e-9     /* where the relative one begins */

static DspFeatures *
new_features (void)
{
  g_autoptr (GError) error = NULL;
  DspFeatures *features = dsp_features_new (&DSP_RECIPE_DEFAULT, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (dsp_features_n_bands (features), ==, N_BANDS);
  g_assert_cmpuint (dsp_features_n_frames (features), ==, N_FRAMES);
  return features;
}

static void
test_norm (gconstpointer clip)
{
  g_autoptr (NnH5) file = golden_open (clip);

  if (!file)
    return;

  size_t n_samples, n;
  g_autofree float *y = golden_floats (file, "y", &n_samples);
  g_autofree double *want = golden_doubles (file, "norm_f64", &n);
  g_autofree float *got = g_new (float, N_VALUES);
  g_autoptr (DspFeatures) features = new_features ();
  const bool silent = g_str_equal (clip, "silence");

  g_assert_cmpuint (n, ==, N_VALUES);
  g_assert_true (
      dsp_features_compute (features, y, MIN (n_samples, WINDOW_LEN), got)
      == !silent);
  if (silent) /* 0 / 0 in librosa's chain, zeros here */
    memset (want, 0, n * sizeof *want);
  golden_compare ("norm", got, want, n, NORM_TOLERANCE);
}

/* Every data set of a clip, with the README's tolerance against librosa in
 * double precision; chroma has its own test. */
static const struct {
  const char *data_set;
  DspFeature feature;
  double tolerance;
} data_sets[] = {
  { "mel_db_f64", DSP_FEATURE_MEL_DB, 1e-3 },
  { "mfcc_f64", DSP_FEATURE_MFCC, 1e-3 },
  { "delta_f64", DSP_FEATURE_DELTA, 2e-4 },
  { "delta2_f64", DSP_FEATURE_DELTA2, 2e-4 },
  { "rms_f64", DSP_FEATURE_RMS, 1e-6 },
  { "zcr_f64", DSP_FEATURE_ZCR, 1e-8 }, /* counts / 2048 in float: equal */
  { "centroid_f64", DSP_FEATURE_CENTROID, 0.02 },
  { "bandwidth_f64", DSP_FEATURE_BANDWIDTH, 0.02 },
  { "rolloff_f64", DSP_FEATURE_ROLLOFF, 1e-8 }, /* equal */
  { "flatness_f64", DSP_FEATURE_FLATNESS, 1e-4 },
};

static DspRecipe
unnormalised (unsigned features, DspTuningMode tuning)
{
  DspRecipe recipe = DSP_RECIPE_DEFAULT;

  recipe.features = features;
  recipe.tuning = tuning;
  recipe.normalization = DSP_NORMALIZATION_NONE;
  return recipe;
}

static DspFeatures *
new_unnormalised (unsigned features, DspTuningMode tuning)
{
  const DspRecipe recipe = unnormalised (features, tuning);
  g_autoptr (GError) error = NULL;
  DspFeatures *result = dsp_features_new (&recipe, &error);

  g_assert_no_error (error);
  return result;
}

/* All at once, since each is a block of rows. */
static void
test_data_sets (gconstpointer clip)
{
  g_autoptr (NnH5) file = golden_open (clip);

  if (!file)
    return;

  DspRecipe recipe = DSP_RECIPE_DEFAULT;
  size_t n_samples;
  g_autofree float *y = golden_floats (file, "y", &n_samples);

  recipe.features = 0;
  for (size_t i = 0; i < G_N_ELEMENTS (data_sets); i++)
    recipe.features |= data_sets[i].feature;

  g_autoptr (DspFeatures) features =
      new_unnormalised (recipe.features, DSP_TUNING_NONE);
  g_autofree float *got =
      g_new (float, dsp_features_n_bands (features) * N_FRAMES);

  dsp_features_compute (features, y, MIN (n_samples, WINDOW_LEN), got);
  for (size_t i = 0; i < G_N_ELEMENTS (data_sets); i++) {
    size_t n, row;
    g_autofree double *want = golden_doubles (file, data_sets[i].data_set, &n);

    g_assert_cmpuint (
        dsp_recipe_rows (&recipe, data_sets[i].feature, &row) * N_FRAMES, ==,
        n);
    golden_compare (data_sets[i].data_set, got + row * N_FRAMES, want, n,
        data_sets[i].tolerance);
  }
}

/* Power has a relative tolerance too. */
static void
test_mel (gconstpointer clip)
{
  g_autoptr (NnH5) file = golden_open (clip);

  if (!file)
    return;

  size_t n_samples, n;
  g_autofree float *y = golden_floats (file, "y", &n_samples);
  g_autofree double *want = golden_doubles (file, "mel_f64", &n);
  g_autofree float *got = g_new (float, N_VALUES);
  g_autoptr (DspFeatures) features =
      new_unnormalised (DSP_FEATURE_MEL, DSP_TUNING_NONE);
  double max = 0;
  double worst = 0;

  g_assert_cmpuint (n, ==, N_VALUES);
  dsp_features_compute (features, y, MIN (n_samples, WINDOW_LEN), got);
  for (size_t i = 0; i < n; i++) {
    max = MAX (max, want[i]);
    if (want[i] > MEL_FLOOR)
      worst = MAX (worst, fabs (got[i] - want[i]) / want[i]);
  }
  golden_compare ("mel_f64", got, want, n, MEL_TOLERANCE * max);
  g_test_message ("mel_f64: largest relative difference %.3g", worst);
  g_assert_cmpfloat (worst, <=, MEL_TOLERANCE);
}

/* The tuning itself is seen through the filters that it moves, and in
 * test-tuning.c. An impulse has none: librosa gives -0.42 or -0.5. */
static void
test_chroma (gconstpointer clip)
{
  g_autoptr (NnH5) file = golden_open (clip);

  if (!file)
    return;

  static const char *const names[] = { "chroma_tuning0_f64", "chroma_f64" };
  size_t n_samples;
  g_autofree float *y = golden_floats (file, "y", &n_samples);

  for (unsigned tuning = 0; tuning < G_N_ELEMENTS (names); tuning++) {
    size_t n;
    g_autofree double *want = golden_doubles (file, names[tuning], &n);
    g_autoptr (DspFeatures) features =
        new_unnormalised (DSP_FEATURE_CHROMA, tuning);
    g_autofree float *got = g_new (float, 12 * N_FRAMES);

    g_assert_cmpuint (n, ==, 12 * N_FRAMES);
    dsp_features_compute (features, y, MIN (n_samples, WINDOW_LEN), got);
    for (size_t i = 0; i < n; i++)
      g_assert_true (isfinite (got[i]));
    if (tuning == DSP_TUNING_NONE || !g_str_equal (clip, "impulse"))
      golden_compare (names[tuning], got, want, n, 1e-4);
  }
}

/* Means and deviations of a matrix, against numpy's definition. */
static void
test_statistics (void)
{
  const unsigned what = DSP_FEATURE_MFCC | DSP_FEATURE_DELTA | DSP_FEATURE_RMS;
  g_autoptr (DspFeatures) whole = new_unnormalised (what, DSP_TUNING_NONE);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autofree float *y = g_new (float, WINDOW_LEN);
  g_autofree float *matrix = g_new (float, 27 * N_FRAMES);
  DspRecipe recipe = DSP_RECIPE_DEFAULT;
  float got[27][2];

  for (size_t t = 0; t < WINDOW_LEN; t++)
    y[t] =
        (float) (g_rand_double_range (rand, -1, 1) * (double) t / WINDOW_LEN);
  recipe.features = what;
  recipe.normalization = DSP_NORMALIZATION_NONE;
  recipe.statistics = DSP_STATISTIC_MEAN | DSP_STATISTIC_STD;

  g_autoptr (DspFeatures) statistics = dsp_features_new (&recipe, NULL);

  g_assert_cmpuint (dsp_features_n_bands (statistics), ==, 27);
  g_assert_cmpuint (dsp_features_n_frames (statistics), ==, 2);
  g_assert_true (dsp_features_compute (whole, y, WINDOW_LEN, matrix));
  g_assert_true (dsp_features_compute (statistics, y, WINDOW_LEN, &got[0][0]));
  for (size_t row = 0; row < 27; row++) {
    double sum = 0, squares = 0;

    for (size_t f = 0; f < N_FRAMES; f++) {
      const double value = matrix[row * N_FRAMES + f];

      sum += value;
      squares += value * value;
    }

    const double mean = sum / N_FRAMES;

    g_assert_cmpfloat_with_epsilon (got[row][0], mean, 1e-5 * fabs (mean));
    g_assert_cmpfloat_with_epsilon (
        got[row][1], sqrt (squares / N_FRAMES - mean * mean), 1e-4);
  }
}

/* Windows of one stream at this distance: the same bits as alone, and each
 * shared frame computed once. */
static const struct {
  const char *name;
  size_t interval;
  size_t n_frames; /* computed for each window after the first */
} intervals[] = {
  { "hop", 512, 5 }, /* 1 new inside, 2 at each end */
  { "160-ms", 2560, 9 },
  { "1-s-in-hops", 15872, 35 },
  { "off-the-grid", 16000, 94 },
  { "window", 48128, 94 },
  { "beyond", 51200, 94 },
};

static void
test_overlap (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  const size_t interval = intervals[i].interval;
  const size_t n_windows = 4;
  const size_t n_samples = n_windows * interval + WINDOW_LEN;
  const unsigned all = (DSP_FEATURE_FLATNESS << 1) - 1;
  g_autoptr (DspFeatures) alone = new_unnormalised (all, DSP_TUNING_ESTIMATE);
  g_autoptr (DspFeatures) stream = new_unnormalised (all, DSP_TUNING_ESTIMATE);
  const DspRecipe recipe = unnormalised (all, DSP_TUNING_ESTIMATE);
  g_autoptr (DspFrames) frames = dsp_frames_new (&recipe, NULL);
  g_autoptr (DspFrames) others = dsp_frames_new (&recipe, NULL);
  g_autoptr (GRand) rand = g_rand_new_with_seed (9);
  g_autofree float *y = g_new (float, n_samples);
  const size_t n_bytes =
      dsp_features_n_bands (stream) * N_FRAMES * sizeof (float);
  g_autofree float *want = g_malloc (n_bytes);
  g_autofree float *got = g_malloc (n_bytes);

  for (size_t t = 0; t < n_samples; t++)
    y[t] = (float) g_rand_double_range (rand, -1, 1)
        * sinf (440 * (float) t / 16000);
  for (size_t w = 0; w <= n_windows; w++) {
    const size_t at = w * interval;
    /* The last one is the end of the stream: padded. */
    const size_t n = w < n_windows ? WINDOW_LEN : WINDOW_LEN / 2 + 77;
    uint64_t before;

    /* Another stream, between its windows. */
    dsp_features_compute_at (
        stream, others, n_samples - at, y + n_samples - at - n, n, got);
    before = dsp_features_frames_computed (stream);
    dsp_features_compute (alone, y + at, n, want);
    dsp_features_compute_at (stream, frames, 1000 + at, y + at, n, got);
    g_assert_cmpmem (got, n_bytes, want, n_bytes);
    if (w > 0 && w < n_windows)
      g_assert_cmpuint (dsp_features_frames_computed (stream) - before, ==,
          intervals[i].n_frames);
  }

  /* A jump in the stream to other samples, a hop behind the last window. */
  const size_t next = 1000 + n_windows * interval + 512;

  dsp_frames_forget (frames);
  dsp_features_compute (alone, y, WINDOW_LEN, want);
  dsp_features_compute_at (stream, frames, next, y, WINDOW_LEN, got);
  g_assert_cmpmem (got, n_bytes, want, n_bytes);
}

/* What a stream may bring, and what must come out of it. */
static const struct {
  const char *name;
  float sample, other; /* even and odd samples */
  size_t n_samples;
  bool contrast;
} odd_inputs[] = {
  { "empty", 0, 0, 0, false },
  { "zeros", 0, 0, WINDOW_LEN, false },
  { "nan", NAN, NAN, WINDOW_LEN, false },
  { "infinite", INFINITY, -INFINITY, WINDOW_LEN, false },
  { "below-amin", 1e-9f, -1e-9f, WINDOW_LEN, false },
  { "denormal", 1e-42f, 0, WINDOW_LEN, false },
  { "one-sample", 1, 0, 1, true },
  { "full-scale", 1, -1, WINDOW_LEN, true },
  { "nan-between", 1, NAN, WINDOW_LEN, true },
  { "too-large", FLT_MAX, -FLT_MAX, WINDOW_LEN, false },
  { "large", DSP_SAMPLE_MAX, -DSP_SAMPLE_MAX, WINDOW_LEN, true },
};

static void
test_odd_input (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  g_autoptr (DspFeatures) features = new_features ();
  g_autofree float *y = g_new (float, WINDOW_LEN);
  g_autofree float *out = g_new (float, N_VALUES);
  float min = 1, max = 0;

  for (size_t t = 0; t < WINDOW_LEN; t++)
    y[t] = t % 2 == 0 ? odd_inputs[i].sample : odd_inputs[i].other;
  g_assert_true (
      dsp_features_compute (features, y, odd_inputs[i].n_samples, out)
      == odd_inputs[i].contrast);
  for (size_t k = 0; k < N_VALUES; k++) {
    g_assert_true (isfinite (out[k]));
    min = fminf (min, out[k]);
    max = fmaxf (max, out[k]);
  }
  g_assert_cmpfloat (min, ==, 0);
  g_assert_cmpfloat (max, ==, odd_inputs[i].contrast ? 1 : 0);

  /* Every other feature is finite at least. */
  g_autoptr (DspFeatures) all =
      new_unnormalised ((DSP_FEATURE_FLATNESS << 1) - 1, DSP_TUNING_ESTIMATE);
  const size_t n = dsp_features_n_bands (all) * N_FRAMES;
  g_autofree float *values = g_new (float, n);

  dsp_features_compute (all, y, odd_inputs[i].n_samples, values);
  for (size_t k = 0; k < n; k++)
    g_assert_true (isfinite (values[k]));
}

/* NaN counts as zero, bit for bit; a short window as one with zeros behind. */
static void
test_zeros (void)
{
  g_autoptr (DspFeatures) features = new_features ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autofree float *y = g_new0 (float, WINDOW_LEN);
  g_autofree float *want = g_new (float, N_VALUES);
  g_autofree float *got = g_new (float, N_VALUES);

  for (size_t t = 0; t < 30000; t++)
    y[t] = t % 100 == 0 ? 0 : (float) g_rand_double_range (rand, -1, 1);
  dsp_features_compute (features, y, WINDOW_LEN, want);
  dsp_features_compute (features, y, 30000, got);
  g_assert_cmpmem (got, N_VALUES * 4, want, N_VALUES * 4);

  for (size_t t = 0; t < 30000; t += 100)
    y[t] = NAN;
  dsp_features_compute (features, y, WINDOW_LEN, got);
  g_assert_cmpmem (got, N_VALUES * 4, want, N_VALUES * 4);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  golden_add_tests ("/features/norm", test_norm);
  golden_add_tests ("/features/mel", test_mel);
  golden_add_tests ("/features/data-sets", test_data_sets);
  golden_add_tests ("/features/chroma", test_chroma);
  for (size_t i = 0; i < G_N_ELEMENTS (odd_inputs); i++) {
    g_autofree char *path =
        g_strdup_printf ("/features/odd-input/%s", odd_inputs[i].name);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_odd_input);
  }
  for (size_t i = 0; i < G_N_ELEMENTS (intervals); i++) {
    g_autofree char *path =
        g_strdup_printf ("/features/overlap/%s", intervals[i].name);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_overlap);
  }
  g_test_add_func ("/features/zeros", test_zeros);
  g_test_add_func ("/features/statistics", test_statistics);
  return g_test_run ();
}
