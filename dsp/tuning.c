/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/tuning.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "dsp/error.h"
#include "dsp/kernels.h"

/* librosa's defaults (piptrack, estimate_tuning). */
#define F_MIN 150.0
#define F_MAX 4000.0
#define THRESHOLD 0.1
#define N_BINS 100 /* of the histogram, over one pitch class */

typedef struct {
  double hz;
  double magnitude;
} Peak;

struct _DspTuning {
  double rate;
  size_t n_fft;
  size_t n_chroma;
  size_t first_bin, end_bin; /* from F_MIN to below F_MAX, with neighbours */
  size_t max_peaks;
  size_t n_peaks;
  Peak *peaks;        /* [max_peaks] */
  double *magnitudes; /* [max_peaks], a copy that the median may reorder */
};

/* The first bin at hz or above with neighbours on both sides. */
static size_t
bin_from (double hz, double rate, size_t n_fft)
{
  const double bin = ceil (hz / rate * (double) n_fft);

  return (size_t) CLAMP (bin, 1, (double) n_fft / 2);
}

DspTuning *
dsp_tuning_new (
    double rate, size_t n_fft, size_t n_chroma, size_t n_frames, GError **error)
{
  g_autoptr (DspTuning) self = g_new0 (DspTuning, 1);

  self->rate = rate;
  self->n_fft = n_fft;
  self->n_chroma = n_chroma;
  self->first_bin = bin_from (F_MIN, rate, n_fft);
  self->end_bin = bin_from (MIN (F_MAX, rate / 2), rate, n_fft);
  self->max_peaks = n_frames * (n_fft / 4 + 1); /* no two bins in a row */
  self->peaks = g_try_new (Peak, self->max_peaks);
  self->magnitudes = g_try_new (double, self->max_peaks);
  if (!self->peaks || !self->magnitudes) {
    g_set_error (error, DSP_ERROR, DSP_ERROR_MEMORY,
        "no memory for the peaks of %zu frames", n_frames);
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
dsp_tuning_free (DspTuning *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->peaks, g_free);
  g_clear_pointer (&self->magnitudes, g_free);
  g_free (self);
}

void
dsp_tuning_begin (DspTuning *self)
{
  self->n_peaks = 0;
}

/* The peak at bin k, by the parabola through it and its neighbours. */
static Peak
interpolate (const DspTuning *self, const float *power, size_t k)
{
  const double below = (double) power[k - 1];
  const double here = (double) power[k];
  const double above = (double) power[k + 1];
  const double slope = (above - below) / 2;
  const double bend = above + below - 2 * here;
  const double shift = fabs (slope) >= fabs (bend) ? 0 : -slope / bend;

  return (Peak){
    .hz = ((double) k + shift) * self->rate / (double) self->n_fft,
    .magnitude = here + 0.5 * slope * shift,
  };
}

void
dsp_tuning_add (DspTuning *self, const float *power)
{
  float min, max;

  dsp_kernels ()->range (power, self->n_fft / 2 + 1, &min, &max);

  const float floor_power = (float) THRESHOLD * max;

  for (size_t k = self->first_bin; k < self->end_bin; k++)
    /* Neighbours below the threshold count as 0, so they are lower in any case.
     */
    if (power[k] > floor_power && power[k] > power[k - 1]
        && power[k] >= power[k + 1] && self->n_peaks < self->max_peaks)
      self->peaks[self->n_peaks++] = interpolate (self, power, k);
}

/* Partially sorts the values: the k-th smallest is in its place, with none
 * larger before and none smaller after it (Hoare's quickselect). */
static double
select_kth (double *values, size_t n, size_t k)
{
  size_t low = 0;
  size_t high = n - 1;

  while (low < high) {
    const double pivot = values[low + (high - low) / 2];
    size_t i = low;
    size_t j = high;

    while (i <= j) {
      while (values[i] < pivot)
        i++;
      while (values[j] > pivot)
        j--;
      if (i > j)
        break;

      const double swap = values[i];

      values[i++] = values[j];
      values[j] = swap;
      if (j == 0)
        break;
      j--;
    }
    if (k <= j)
      high = j;
    else if (k >= i)
      low = i;
    else
      break;
  }
  return values[k];
}

static double
median_magnitude (DspTuning *self)
{
  const size_t n = self->n_peaks;

  for (size_t i = 0; i < n; i++)
    self->magnitudes[i] = self->peaks[i].magnitude;

  const double upper = select_kth (self->magnitudes, n, n / 2);

  if (n % 2 == 1)
    return upper;

  double lower = self->magnitudes[0];

  for (size_t i = 1; i < n / 2; i++)
    lower = MAX (lower, self->magnitudes[i]);
  return (lower + upper) / 2;
}

/* Lower edge of a bin of the histogram. */
static double
bin_edge (size_t bin)
{
  return (double) bin * (1.0 / N_BINS) - 0.5;
}

static size_t
find_bin (double residual)
{
  size_t bin =
      (size_t) CLAMP (floor ((residual + 0.5) * N_BINS), 0, N_BINS - 1);

  while (bin > 0 && residual < bin_edge (bin))
    bin--;
  while (bin + 1 < N_BINS && residual >= bin_edge (bin + 1))
    bin++;
  return bin;
}

double
dsp_tuning_estimate (DspTuning *self)
{
  size_t counts[N_BINS] = { 0 };
  size_t best = 0;

  if (self->n_peaks == 0)
    return 0;

  const double median = median_magnitude (self);

  for (size_t i = 0; i < self->n_peaks; i++) {
    if (self->peaks[i].magnitude < median)
      continue;

    const double classes =
        (double) self->n_chroma * log2 (self->peaks[i].hz / (440.0 / 16));
    const double residual = classes - floor (classes);

    counts[find_bin (residual >= 0.5 ? residual - 1 : residual)]++;
  }
  for (size_t i = 1; i < N_BINS; i++)
    if (counts[i] > counts[best])
      best = i;
  return bin_edge (best);
}
