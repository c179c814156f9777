/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/descriptors.h"

#include <glib.h>
#include <math.h>
#include <stdbool.h>

#include "dsp/sample.h"

#define ZERO_THRESHOLD 1e-10f

float
dsp_rms (const float *samples, size_t n, size_t len)
{
  double sum = 0;

  for (size_t i = 0; i < n; i++) {
    const double sample = (double) dsp_sample_clean (samples[i]);

    sum += sample * sample;
  }
  return (float) sqrt (sum / (double) len);
}

static bool
is_negative (float sample)
{
  return dsp_sample_clean (sample) < -ZERO_THRESHOLD;
}

float
dsp_zero_crossing_rate (
    const float *samples, size_t n, size_t n_silent, size_t len)
{
  size_t count = 0;

  for (size_t i = 1; i < n; i++)
    count += is_negative (samples[i]) != is_negative (samples[i - 1]);
  if (n > 0 && n_silent > 0)
    count += is_negative (samples[n - 1]);
  return (float) ((double) count / (double) len);
}

static double
magnitude (float power)
{
  return sqrt ((double) power);
}

static double
sum_magnitudes (const float *power, size_t n_bins)
{
  double sum = 0;

  for (size_t k = 0; k < n_bins; k++)
    sum += magnitude (power[k]);
  return sum;
}

/* The centroid in bins; 0 for silence. */
static double
centroid_bin (const float *power, size_t n_bins, double total)
{
  double sum = 0;

  for (size_t k = 0; k < n_bins; k++)
    sum += (double) k * magnitude (power[k]);
  return total > 0 ? sum / total : 0;
}

float
dsp_centroid (const float *power, size_t n_bins, double hz_per_bin)
{
  const double total = sum_magnitudes (power, n_bins);

  return (float) (hz_per_bin * centroid_bin (power, n_bins, total));
}

float
dsp_bandwidth (const float *power, size_t n_bins, double hz_per_bin)
{
  const double total = sum_magnitudes (power, n_bins);
  const double centre = centroid_bin (power, n_bins, total);
  double sum = 0;

  for (size_t k = 0; k < n_bins; k++) {
    const double away = (double) k - centre;

    sum += magnitude (power[k]) * away * away;
  }
  return total > 0 ? (float) (hz_per_bin * sqrt (sum / total)) : 0.0f;
}

float
dsp_rolloff (const float *power, size_t n_bins, double hz_per_bin, double part)
{
  const double wanted = part * sum_magnitudes (power, n_bins);
  double sum = 0;

  for (size_t k = 0; k < n_bins; k++) {
    sum += magnitude (power[k]);
    if (sum >= wanted)
      return (float) ((double) k * hz_per_bin);
  }
  return (float) ((double) (n_bins - 1) * hz_per_bin);
}

float
dsp_flatness (const float *power, size_t n_bins, double amin)
{
  double logs = 0;
  double sum = 0;

  for (size_t k = 0; k < n_bins; k++) {
    const double bounded = MAX ((double) power[k], amin);

    logs += log (bounded);
    sum += bounded;
  }
  return (float) (exp (logs / (double) n_bins) / (sum / (double) n_bins));
}
