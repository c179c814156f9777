/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/descriptors.h"

#include <glib.h>
#include <math.h>
#include <stdbool.h>

#include "dsp/kernels.h"
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

double
dsp_centroid (const float *magnitude, size_t n_bins)
{
  const DspKernels *kernels = dsp_kernels ();
  const double total = kernels->sum (magnitude, n_bins);

  return total > 0 ? kernels->moment1 (magnitude, n_bins) / total : 0;
}

double
dsp_bandwidth (const float *magnitude, size_t n_bins)
{
  const DspKernels *kernels = dsp_kernels ();
  const double total = kernels->sum (magnitude, n_bins);
  const double centre = dsp_centroid (magnitude, n_bins);

  return total > 0 ? sqrt (kernels->moment2 (magnitude, n_bins, centre) / total)
                   : 0;
}

size_t
dsp_rolloff (const float *magnitude, size_t n_bins, double fraction)
{
  const double wanted = fraction * dsp_kernels ()->sum (magnitude, n_bins);
  double sum = 0;
  size_t k;

  for (k = 0; k + 1 < n_bins; k++) {
    sum += (double) magnitude[k];
    if (sum >= wanted)
      break;
  }
  return k;
}

float
dsp_flatness (float *power, size_t n_bins, float amin)
{
  const DspKernels *kernels = dsp_kernels ();
  const double n = (double) n_bins;

  for (size_t k = 0; k < n_bins; k++)
    power[k] = MAX (power[k], amin);

  const double mean = kernels->sum (power, n_bins) / n;

  kernels->decibels (power, n_bins, amin);
  return (float) (pow (10, kernels->sum (power, n_bins) / n / 10) / mean);
}
