/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/vocoder.h"

#include <math.h>
#include <string.h>

#include "dsp/error.h"
#include "tests/dsp/golden.h"

#define SNR_DB 45

static const struct {
  const char *data_set;
  double rate;    /* stretch; 0: none */
  double n_steps; /* of pitch */
} goldens[] = {
  { "stretch0.9_f64", 0.9, 0 },
  { "stretch1.1_f64", 1.1, 0 },
  { "pitch+2_f64", 0, 2 },
  { "pitch-2_f64", 0, -2 },
};

static void
test_golden (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  g_autoptr (NnH5) file = golden_open ("effects");

  if (!file)
    return;

  size_t n, n_want;
  g_autofree float *y = golden_floats (file, "y", &n);
  g_autofree double *want = golden_doubles (file, goldens[i].data_set, &n_want);
  g_autofree float *got = g_new (float, n_want);
  g_autoptr (DspVocoder) vocoder = dsp_vocoder_new (2048, 512, NULL);
  g_autoptr (GError) error = NULL;

  if (goldens[i].rate > 0) {
    g_assert_cmpuint (
        dsp_vocoder_stretched_len (n, goldens[i].rate), ==, n_want);
    dsp_vocoder_stretch (vocoder, y, n, goldens[i].rate, got);
  } else {
    g_assert_cmpuint (n, ==, n_want);
    g_assert_true (dsp_vocoder_shift_pitch (
        vocoder, y, n, goldens[i].n_steps, got, &error));
    g_assert_no_error (error);
  }

  const double snr_db = golden_snr_db (got, want, n_want);

  g_test_message ("%s: SNR %.1f dB", goldens[i].data_set, snr_db);
  g_assert_cmpfloat (snr_db, >=, SNR_DB);
}

/* At rate 1 nothing changes: analysis and synthesis undo each other. */
static void
test_identity (void)
{
  g_autoptr (DspVocoder) vocoder = dsp_vocoder_new (512, 128, NULL);
  g_autoptr (GRand) rand = g_rand_new_with_seed (2);

  for (size_t n = 1; n < 3000; n = n * 3 + 1) {
    g_autofree float *y = g_new (float, n);
    g_autofree float *got = g_new (float, n);

    for (size_t t = 0; t < n; t++)
      y[t] = (float) g_rand_double_range (rand, -1, 1);
    dsp_vocoder_stretch (vocoder, y, n, 1, got);
    for (size_t t = 0; t < n; t++)
      g_assert_cmpfloat_with_epsilon (got[t], y[t], 1e-6);
  }
}

static double
dominant_hz (const float *y, size_t n)
{
  size_t crossings = 0;

  for (size_t t = n / 4 + 1; t < 3 * n / 4; t++)
    crossings += y[t - 1] < 0 && y[t] >= 0;
  return (double) crossings * 16000 / ((double) n / 2);
}

/* A tone keeps its pitch when stretched, and moves when shifted. */
static void
test_tone (void)
{
  g_autoptr (DspVocoder) vocoder = dsp_vocoder_new (2048, 512, NULL);
  const size_t n = 32000;
  const size_t n_long = dsp_vocoder_stretched_len (n, 0.5);
  g_autofree float *y = g_new (float, n);
  g_autofree float *out = g_new (float, n_long);

  for (size_t t = 0; t < n; t++)
    y[t] = sinf ((float) (2 * G_PI * 500 * (double) t / 16000));
  g_assert_cmpuint (n_long, ==, 64000);
  dsp_vocoder_stretch (vocoder, y, n, 0.5, out);
  g_assert_cmpfloat_with_epsilon (dominant_hz (out, n_long), 500, 2);
  g_assert_true (dsp_vocoder_shift_pitch (vocoder, y, n, 12, out, NULL));
  g_assert_cmpfloat_with_epsilon (dominant_hz (out, n), 1000, 4);
  g_assert_true (dsp_vocoder_shift_pitch (vocoder, y, n, -12, y, NULL));
  g_assert_cmpfloat_with_epsilon (dominant_hz (y, n), 250, 2);
}

/* Silence, NaN and nothing at all: finite, and one call leaves no trace in the
 * next. */
static void
test_odd_input (void)
{
  g_autoptr (DspVocoder) vocoder = dsp_vocoder_new (512, 128, NULL);
  float y[1000], want[1111], got[1111];

  for (size_t t = 0; t < 1000; t++)
    y[t] = (float) (t % 7) - 3;
  dsp_vocoder_stretch (vocoder, y, 1000, 0.9, want);

  float odd[1000] = { [10] = NAN, [11] = INFINITY, [500] = 1 };

  dsp_vocoder_stretch (vocoder, odd, 1000, 0.9, got);
  for (size_t t = 0; t < 1111; t++)
    g_assert_true (isfinite (got[t]));
  dsp_vocoder_stretch (vocoder, odd, 0, 0.9, got);
  g_assert_true (dsp_vocoder_shift_pitch (vocoder, odd, 0, 1, got, NULL));
  dsp_vocoder_stretch (vocoder, y, 1000, 0.9, got);
  g_assert_cmpmem (got, sizeof got, want, sizeof want);
}

static void
test_config (void)
{
  static const size_t wrong[][2] = { { 2047, 512 }, { 2048, 0 }, { 0, 0 },
    { 2048, 1025 } };

  for (size_t i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (dsp_vocoder_new (wrong[i][0], wrong[i][1], &error));
    g_assert_error (error, DSP_ERROR, DSP_ERROR_CONFIG);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (goldens); i++) {
    g_autofree char *path =
        g_strdup_printf ("/vocoder/golden/%s", goldens[i].data_set);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_golden);
  }
  g_test_add_func ("/vocoder/identity", test_identity);
  g_test_add_func ("/vocoder/tone", test_tone);
  g_test_add_func ("/vocoder/odd-input", test_odd_input);
  g_test_add_func ("/vocoder/config", test_config);
  return g_test_run ();
}
