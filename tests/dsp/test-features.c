/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/features.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "dsp/db.h"
#include "dsp/error.h"
#include "dsp/mel.h"
#include "dsp/stft.h"
#include "tests/dsp/golden.h"

#define N_BANDS 64
#define N_FRAMES 94
#define N_VALUES (N_BANDS * N_FRAMES)
#define WINDOW_LEN 48000

/* Against librosa in double precision. */
#define NORM_TOLERANCE 2e-5
#define DB_TOLERANCE 1e-3
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

/* The steps before min-max, which features do not show. */
static void
test_mel (gconstpointer clip)
{
  g_autoptr (NnH5) file = golden_open (clip);

  if (!file)
    return;

  size_t n_samples, n;
  g_autofree float *y = golden_floats (file, "y", &n_samples);
  g_autofree double *want = golden_doubles (file, "mel_f64", &n);
  g_autofree double *want_db = golden_doubles (file, "mel_db_f64", NULL);
  g_autofree float *got = g_new (float, N_VALUES);
  const DspMelConfig config = { 16000, 2048, N_BANDS, 0, 8000 };
  g_autoptr (DspStft) stft = dsp_stft_new (2048, 512, NULL);
  g_autoptr (DspMel) mel = dsp_mel_new (&config, NULL);
  g_autofree float *power = g_new (float, dsp_stft_n_bins (stft));
  double max = 0;
  double worst = 0;

  g_assert_cmpuint (n, ==, N_VALUES);
  for (size_t f = 0; f < N_FRAMES; f++) {
    dsp_stft_power (stft, y, MIN (n_samples, WINDOW_LEN), f, power);
    dsp_mel_apply (mel, power, got + f, N_FRAMES);
  }
  for (size_t i = 0; i < n; i++)
    max = MAX (max, want[i]);
  for (size_t i = 0; i < n; i++)
    if (want[i] > MEL_FLOOR)
      worst = MAX (worst, fabs (got[i] - want[i]) / want[i]);
  golden_compare ("mel", got, want, n, MEL_TOLERANCE * max);
  g_test_message ("mel: largest relative difference %.3g", worst);
  g_assert_cmpfloat (worst, <=, MEL_TOLERANCE);

  dsp_power_to_db (got, n, DSP_DB_REF_MAX, 1e-10f, 80);
  golden_compare ("mel_db", got, want_db, n, DB_TOLERANCE);
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
  for (size_t i = 0; i < G_N_ELEMENTS (odd_inputs); i++) {
    g_autofree char *path =
        g_strdup_printf ("/features/odd-input/%s", odd_inputs[i].name);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_odd_input);
  }
  g_test_add_func ("/features/zeros", test_zeros);
  return g_test_run ();
}
