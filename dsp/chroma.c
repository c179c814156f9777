/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/chroma.h"

#include <float.h>
#include <math.h>

#include "dsp/error.h"
#include "dsp/kernels.h"

/* librosa's defaults: the filters weigh octaves by a Gaussian around A5 / 16.
 */
#define CENTRE_OCTAVE 5.0
#define OCTAVE_WIDTH 2.0

struct _DspChroma {
  const DspKernels *kernels;
  double rate;
  size_t n_fft;
  size_t n_bins;
  size_t n_chroma;
  double tuning;
  DspBand *rows;  /* [n_chroma], each of n_bins */
  float *weights; /* [n_chroma][n_bins] */
  double *column; /* [n_chroma], of one bin */
};

/* The pitch of a bin in classes above A0. Bin 0 has none: librosa puts it an
 * octave and a half below bin 1. */
static double
pitch (const DspChroma *self, size_t bin)
{
  const double classes = (double) self->n_chroma;
  const double a0 = 440.0 * exp2 (self->tuning / classes) / 16;
  const double hz = (double) MAX (bin, 1) * self->rate / (double) self->n_fft;

  return classes * log2 (hz / a0) - (bin == 0 ? 1.5 * classes : 0);
}

/* The weights of one bin: a Gaussian around its pitch, wrapped to the octave,
 * of length 1, times the weight of its octave. */
static void
design_bin (DspChroma *self, size_t bin)
{
  const double classes = (double) self->n_chroma;
  const double half = rint (classes / 2);
  const double centre = pitch (self, bin);
  const double width =
      bin + 1 < self->n_fft ? MAX (pitch (self, bin + 1) - centre, 1) : 1;
  const double octave = (centre / classes - CENTRE_OCTAVE) / OCTAVE_WIDTH;
  double square = 0;

  for (size_t c = 0; c < self->n_chroma; c++) {
    const double shifted = centre - (double) c + half;
    const double away = shifted - classes * floor (shifted / classes) - half;

    self->column[c] = exp (-0.5 * (2 * away / width) * (2 * away / width));
    square += self->column[c] * self->column[c];
  }

  const double scale = exp (-0.5 * octave * octave)
      / (sqrt (square) >= DBL_MIN ? sqrt (square) : 1);
  const size_t c_from_a = 3 * (self->n_chroma / 12);

  for (size_t c = 0; c < self->n_chroma; c++)
    self->weights[c * self->n_bins + bin] =
        (float) (self->column[(c + c_from_a) % self->n_chroma] * scale);
}

static void
design (DspChroma *self)
{
  for (size_t k = 0; k < self->n_bins; k++)
    design_bin (self, k);
}

DspChroma *
dsp_chroma_new (double rate, size_t n_fft, size_t n_chroma, GError **error)
{
  if (!(rate > 0) || n_fft < 2 || n_fft % 2 != 0 || n_chroma == 0) {
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "no chroma filters have %zu classes of %zu samples at %g Hz", n_chroma,
        n_fft, rate);
    return NULL;
  }

  DspChroma *self = g_new0 (DspChroma, 1);

  self->kernels = dsp_kernels ();
  self->rate = rate;
  self->n_fft = n_fft;
  self->n_bins = n_fft / 2 + 1;
  self->n_chroma = n_chroma;
  self->weights = g_new (float, n_chroma * self->n_bins);
  self->column = g_new (double, n_chroma);
  self->rows = g_new (DspBand, n_chroma);
  for (size_t c = 0; c < n_chroma; c++)
    self->rows[c] =
        (DspBand){ .len = self->n_bins, .offset = c * self->n_bins };
  design (self);
  return self;
}

void
dsp_chroma_free (DspChroma *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->rows, g_free);
  g_clear_pointer (&self->weights, g_free);
  g_clear_pointer (&self->column, g_free);
  g_free (self);
}

void
dsp_chroma_set_tuning (DspChroma *self, double tuning)
{
  if (tuning == self->tuning)
    return;
  self->tuning = tuning;
  design (self);
}

float
dsp_chroma_weight (const DspChroma *self, size_t chroma, size_t bin)
{
  g_return_val_if_fail (chroma < self->n_chroma && bin < self->n_bins, 0);
  return self->weights[chroma * self->n_bins + bin];
}

void
dsp_chroma_apply (
    DspChroma *self, const float *power, float *out, size_t stride)
{
  float max = 0;

  self->kernels->product (
      self->rows, self->n_chroma, self->weights, power, out, stride);
  for (size_t c = 0; c < self->n_chroma; c++)
    max = MAX (max, out[c * stride]);
  if (max >= FLT_MIN)
    for (size_t c = 0; c < self->n_chroma; c++)
      out[c * stride] /= max;
}
