/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/augment.h"

#include <math.h>

#include "dsp/error.h"
#include "dsp/normal.h"
#include "dsp/resampler.h"
#include "dsp/sample.h"

#define SPEED_MAX 10.0

static void
reverse (float *samples, size_t n)
{
  for (size_t i = 0; i < n / 2; i++) {
    const float sample = samples[i];

    samples[i] = samples[n - 1 - i];
    samples[n - 1 - i] = sample;
  }
}

/* Swaps two adjacent blocks by reversing each, then the whole. */
void
dsp_roll (float *samples, size_t n, ptrdiff_t shift)
{
  if (n == 0)
    return;

  const ptrdiff_t within = shift % (ptrdiff_t) n;
  const size_t first = (size_t) (within < 0 ? within + (ptrdiff_t) n : within);

  reverse (samples, n);
  reverse (samples, first);
  reverse (samples + first, n - first);
}

void
dsp_gain (float *samples, size_t n, double gain_db)
{
  const float factor = (float) pow (10, gain_db / 20);

  for (size_t i = 0; i < n; i++)
    samples[i] *= factor;
}

void
dsp_add_noise (float *samples, size_t n, double sigma, GRand *rand)
{
  double pair[2];

  for (size_t i = 0; i < n; i++) {
    if (i % 2 == 0)
      dsp_normal_pair (rand, pair);
    samples[i] += (float) (sigma * pair[i % 2]);
  }
}

static double
root_mean_square (const float *samples, size_t n)
{
  double sum = 0;

  for (size_t i = 0; i < n; i++) {
    const double sample = (double) dsp_sample_clean (samples[i]);

    sum += sample * sample;
  }
  return n > 0 ? sqrt (sum / (double) n) : 0;
}

void
dsp_add_noise_at_snr (float *samples, size_t n, double snr_db, GRand *rand)
{
  const double sigma = root_mean_square (samples, n) * pow (10, -snr_db / 20);

  dsp_add_noise (samples, n, sigma, rand);
}

void
dsp_mix_at_snr (float *samples, size_t n, const float *noise, size_t n_noise,
    double snr_db, GRand *rand)
{
  const double noise_rms = root_mean_square (noise, n_noise);

  if (!(noise_rms > 0))
    return;

  const float factor = (float) (root_mean_square (samples, n) / noise_rms
      * pow (10, -snr_db / 20));
  size_t at = (size_t) (g_rand_double (rand) * (double) n_noise);

  for (size_t i = 0; i < n; i++) {
    if (at >= n_noise)
      at = 0;
    samples[i] += factor * dsp_sample_clean (noise[at++]);
  }
}

float *
dsp_change_speed (const float *samples, size_t n, double factor, size_t *n_out,
    GError **error)
{
  if (!(factor >= 1 / SPEED_MAX && factor <= SPEED_MAX)) {
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "speed factor %g is not within %g..%g", factor, 1 / SPEED_MAX,
        SPEED_MAX);
    return NULL;
  }

  /* Only the ratio of the two rates matters. */
  g_autoptr (DspResampler) resampler =
      dsp_resampler_new (16000 * factor, 16000, error);
  const size_t max_out = (size_t) ((double) n / factor) + 2;
  g_autofree float *out = g_try_new (float, max_out);
  size_t n_used;

  if (!resampler)
    return NULL;
  if (!out) {
    g_set_error (error, DSP_ERROR, DSP_ERROR_MEMORY,
        "no memory for %zu samples", max_out);
    return NULL;
  }
  *n_out = dsp_resampler_push (resampler, samples, n, &n_used, out, max_out);
  *n_out += dsp_resampler_drain (resampler, out + *n_out, max_out - *n_out);
  return g_steal_pointer (&out);
}
