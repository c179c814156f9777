/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/fft.h"

#include <math.h>
#include <stdbool.h>

#include "dsp/error.h"

/* lengths, and whether there is a transform of them */
static const struct {
  const char *name;
  size_t n;
  bool ok;
} lengths[] = {
  { "2", 2, true },
  { "10", 10, true },
  { "512", 512, true },
  { "1102", 1102, true }, /* 2 x 19 x 29 */
  { "0", 0, false },
  { "odd", 511, false },
  { "too-long", DSP_FFT_MAX + 2, false },
};

static double complex
naive_bin (const double *in, size_t n, size_t k)
{
  double complex sum = 0;

  for (size_t t = 0; t < n; t++)
    sum += in[t] * cexp (-2 * G_PI * I * (double) (k * t % n) / (double) n);
  return sum;
}

/* Forward against the definition, inverse against what went in. */
static void
test_length (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  const size_t n = lengths[i].n;
  g_autoptr (GError) error = NULL;
  g_autoptr (DspFft) fft = dsp_fft_new (n, &error);

  g_assert_true ((fft != NULL) == lengths[i].ok);
  if (!fft) {
    g_assert_error (error, DSP_ERROR, DSP_ERROR_CONFIG);
    return;
  }

  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  double *in = dsp_fft_alloc (n * sizeof (double));
  double *back = dsp_fft_alloc (n * sizeof (double));
  double complex *bins = dsp_fft_alloc ((n / 2 + 1) * sizeof (double complex));

  for (size_t t = 0; t < n; t++)
    in[t] = g_rand_double_range (rand, -1, 1);
  dsp_fft_forward (fft, in, bins);
  for (size_t k = 0; k <= n / 2; k++)
    g_assert_cmpfloat (
        cabs (bins[k] - naive_bin (in, n, k)), <=, 1e-14 * sqrt ((double) n));

  dsp_fft_inverse (fft, bins, back);
  for (size_t t = 0; t < n; t++)
    g_assert_cmpfloat_with_epsilon (back[t], in[t], 1e-14);

  dsp_fft_buffer_free (in);
  dsp_fft_buffer_free (back);
  dsp_fft_buffer_free (bins);
}

/* Single precision, against double. */
static void
test_single (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  const size_t n = lengths[i].n;
  g_autoptr (GError) error = NULL;
  g_autoptr (DspFft) fft = dsp_fft_new (n, NULL);
  g_autoptr (DspFftSingle) single = dsp_fft_single_new (n, &error);

  g_assert_true ((single != NULL) == lengths[i].ok);
  if (!single) {
    g_assert_error (error, DSP_ERROR, DSP_ERROR_CONFIG);
    return;
  }

  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  double *in = dsp_fft_alloc (n * sizeof *in);
  double complex *bins = dsp_fft_alloc ((n / 2 + 1) * sizeof *bins);
  float *wave = dsp_fft_alloc (n * sizeof *wave);
  float complex *got = dsp_fft_alloc ((n / 2 + 1) * sizeof *got);

  for (size_t t = 0; t < n; t++)
    in[t] = wave[t] = (float) g_rand_double_range (rand, -1, 1);
  dsp_fft_forward (fft, in, bins);
  dsp_fft_single_forward (single, wave, got);
  for (size_t k = 0; k <= n / 2; k++)
    g_assert_cmpfloat (
        cabs (bins[k] - (double complex) got[k]), <=, 4e-7 * sqrt ((double) n));
  dsp_fft_single_inverse (single, got, wave);
  for (size_t t = 0; t < n; t++)
    g_assert_cmpfloat_with_epsilon (wave[t] / (float) n, in[t], 1e-6);

  dsp_fft_buffer_free (in);
  dsp_fft_buffer_free (bins);
  dsp_fft_buffer_free (wave);
  dsp_fft_buffer_free (got);
}

/* Planning takes turns: many threads at once, in the thread sanitizer too. */
static gpointer
plan_and_free (gpointer n)
{
  for (size_t i = 0; i < 50; i++) {
    g_autoptr (DspFft) fft = dsp_fft_new (GPOINTER_TO_SIZE (n) + 2 * i, NULL);

    if (!fft)
      return NULL;
  }
  return n;
}

static void
test_threads (void)
{
  GThread *threads[4];

  for (size_t i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("plan", plan_and_free, GSIZE_TO_POINTER (256));
  for (size_t i = 0; i < G_N_ELEMENTS (threads); i++)
    g_assert_nonnull (g_thread_join (threads[i]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (lengths); i++) {
    g_autofree char *path = g_strdup_printf ("/fft/length/%s", lengths[i].name);
    g_autofree char *single =
        g_strdup_printf ("/fft/single/%s", lengths[i].name);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_length);
    g_test_add_data_func (single, GSIZE_TO_POINTER (i), test_single);
  }
  g_test_add_func ("/fft/threads", test_threads);
  return g_test_run ();
}
