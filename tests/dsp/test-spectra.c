/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Magnitude spectra against the definition in double precision; meson runs this
 * on every path of dsp/kernels.h. */
#include "dsp/spectra.h"

#include <complex.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "dsp/error.h"
#include "dsp/sample.h"

#define MAX_FRAMES 19
#define HOP 37 /* frames overlap, and are not aligned */
#define TOLERANCE 1e-6

static const struct {
  const char *name;
  size_t n;
  bool ok;
} lengths[] = {
  { "16", 16, true },
  { "32", 32, true },
  { "64", 64, true },
  { "128", 128, true },
  { "256", 256, true },
  { "512", 512, true },
  { "0", 0, false },
  { "short", 8, false },
  { "long", 1024, false },
  { "24", 24, false },
};

static double
naive_magnitude (const float *frame, size_t n, size_t k)
{
  static double complex roots[DSP_SPECTRA_MAX];
  static size_t n_roots;
  double complex sum = 0;

  for (size_t t = 0; t < n && n_roots != n; t++)
    roots[t] = cexp (-2 * G_PI * I * (double) t / (double) n);
  n_roots = n;
  for (size_t t = 0; t < n; t++)
    sum += (0.5 - 0.5 * creal (roots[t])) * (double) dsp_sample_clean (frame[t])
        * roots[k * t % n];
  return cabs (sum);
}

/* Any number of frames; each has the bits that it has alone. */
static void
check (const DspSpectra *spectra, size_t n, const float *samples)
{
  const size_t n_bins = n / 2 + 1;
  const float *frames[MAX_FRAMES];
  g_autofree float *alone = g_new (float, MAX_FRAMES *n_bins);
  g_autofree float *out = g_new (float, MAX_FRAMES *n_bins + 1);

  for (size_t i = 0; i < MAX_FRAMES; i++) {
    frames[i] = samples + i * HOP;
    dsp_spectra_magnitude (spectra, frames + i, 1, alone + i * n_bins);
    for (size_t k = 0; k < n_bins; k++)
      g_assert_cmpfloat_with_epsilon (alone[i * n_bins + k],
          naive_magnitude (frames[i], n, k), TOLERANCE * (double) n / 2);
  }
  for (size_t i = 0; i <= MAX_FRAMES; i++) {
    out[i * n_bins] = 7; /* must stay */
    dsp_spectra_magnitude (spectra, frames, i, out);
    g_assert_cmpmem (
        out, i * n_bins * sizeof *out, alone, i * n_bins * sizeof *alone);
    g_assert_cmpfloat (out[i * n_bins], ==, 7);
  }
}

static void
test_length (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data), n = lengths[i].n;
  g_autoptr (GError) error = NULL;
  g_autoptr (DspSpectra) spectra = dsp_spectra_new (n, &error);
  g_autoptr (GRand) rand = g_rand_new_with_seed (11);
  float samples[MAX_FRAMES * HOP + DSP_SPECTRA_MAX];

  g_assert_true ((spectra != NULL) == lengths[i].ok);
  if (!spectra) {
    g_assert_error (error, DSP_ERROR, DSP_ERROR_CONFIG);
    return;
  }
  for (size_t t = 0; t < G_N_ELEMENTS (samples); t++)
    samples[t] = (float) g_rand_double_range (rand, -1, 1);
  samples[50] = NAN;
  samples[60] = -INFINITY;
  samples[70] = 2e12f;
  check (spectra, n, samples);

  memset (samples, 0, sizeof samples);
  check (spectra, n, samples);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (lengths); i++) {
    g_autofree char *path =
        g_strdup_printf ("/spectra/length/%s", lengths[i].name);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_length);
  }
  return g_test_run ();
}
