/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/mel.h"

#include <math.h>
#include <stdbool.h>

#include "dsp/error.h"
#include "dsp/stft.h"
#include "tests/dsp/golden.h"

#define N_BINS 1025

static const struct {
  const char *name;
  DspMelConfig config; /* rate, n_fft, n_mels, f_min, f_max */
  bool ok;
} configs[] = {
  { "default", { 16000, 2048, 64, 0, 8000 }, true },
  { "librosa-defaults", { 22050, 2048, 128, 0, 11025 }, true },
  { "more-bands-than-bins", { 16000, 16, 128, 0, 8000 }, true },
  { "odd-fft", { 16000, 511, 40, 0, 8000 }, false },
  { "no-fft", { 16000, 0, 40, 0, 8000 }, false },
  { "no-bands", { 16000, 512, 0, 0, 8000 }, false },
  { "past-nyquist", { 16000, 512, 40, 0, 8001 }, false },
  { "empty-range", { 16000, 512, 40, 8000, 8000 }, false },
  { "negative", { 16000, 512, 40, -1, 8000 }, false },
  { "nan", { 16000, 512, 40, NAN, 8000 }, false },
  { "no-rate", { 0, 512, 40, 0, 0 }, false },
};

static void
test_config (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  g_autoptr (GError) error = NULL;
  g_autoptr (DspMel) mel = dsp_mel_new (&configs[i].config, &error);

  g_assert_true ((mel != NULL) == configs[i].ok);
  if (!configs[i].ok)
    g_assert_error (error, DSP_ERROR, DSP_ERROR_CONFIG);
}

static const struct {
  const char *data_set;
  size_t n_mels;
} banks[] = { { "mel64_f64", 64 }, { "mel128_f64", 128 } };

static void
test_bank (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  const size_t n = banks[i].n_mels * N_BINS;
  const DspMelConfig config = { 16000, 2048, banks[i].n_mels, 0, 8000 };
  g_autoptr (DspMel) mel = dsp_mel_new (&config, NULL);
  g_autoptr (NnH5) file = golden_open ("filters");
  g_autofree double *want = golden_doubles (file, banks[i].data_set, NULL);
  g_autofree float *got = g_new (float, n);

  for (size_t k = 0; k < n; k++)
    got[k] = dsp_mel_weight (mel, k / N_BINS, k % N_BINS);
  golden_compare (banks[i].data_set, got, want, n, 1e-8);
}

/* apply is the product with the bank, and writes nothing but its bands. */
static void
test_apply (void)
{
  const DspMelConfig config = { 16000, 2048, 64, 0, 8000 };
  g_autoptr (DspMel) mel = dsp_mel_new (&config, NULL);
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  float power[N_BINS];
  float got[66] = { [0] = -1, [65] = -1 };

  for (size_t k = 0; k < N_BINS; k++)
    power[k] = (float) g_rand_double (rand);
  dsp_mel_apply (mel, power, got + 1);
  for (size_t band = 0; band < 64; band++) {
    double want = 0;

    for (size_t k = 0; k < N_BINS; k++)
      want += (double) dsp_mel_weight (mel, band, k) * power[k];
    g_assert_cmpfloat_with_epsilon (got[1 + band], want, 1e-6 * want);
  }
  g_assert_cmpfloat (got[0], ==, -1);
  g_assert_cmpfloat (got[65], ==, -1);
}

static void
test_hann (void)
{
  g_autoptr (NnH5) file = golden_open ("filters");
  g_autofree double *want = golden_doubles (file, "hann2048", NULL);
  g_autoptr (DspStft) stft =
      dsp_stft_new (&(DspStftConfig){ .n_fft = 2048, .hop_length = 512 }, NULL);

  for (size_t i = 0; i < 2048; i++)
    g_assert_cmpfloat_with_epsilon (
        dsp_stft_window (stft)[i], want[i], 1e-7); /* stored as float32 */
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (configs); i++) {
    g_autofree char *path = g_strdup_printf ("/mel/config/%s", configs[i].name);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_config);
  }
  g_test_add_data_func ("/mel/bank/64", GSIZE_TO_POINTER (0), test_bank);
  g_test_add_data_func ("/mel/bank/128", GSIZE_TO_POINTER (1), test_bank);
  g_test_add_func ("/mel/apply", test_apply);
  g_test_add_func ("/mel/hann", test_hann);
  return g_test_run ();
}
