/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/dct.h"

#include <math.h>

#include "dsp/error.h"
#include "dsp/kernels.h"

struct _DspDct {
  const DspKernels *kernels;
  size_t n_out;
  DspBand *rows; /* [n_out], each of n_in */
  float *matrix; /* [n_out][n_in] */
};

DspDct *
dsp_dct_new (size_t n_in, size_t n_out, double lifter, GError **error)
{
  if (n_out == 0 || n_out > n_in) {
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "%zu bands have no %zu cepstral coefficients", n_in, n_out);
    return NULL;
  }

  DspDct *self = g_new0 (DspDct, 1);
  const double n = (double) n_in;

  self->kernels = dsp_kernels ();
  self->n_out = n_out;
  self->matrix = g_new (float, n_out *n_in);
  self->rows = g_new (DspBand, n_out);
  for (size_t k = 0; k < n_out; k++) {
    const double lift = lifter > 0
        ? 1 + lifter / 2 * sin (G_PI * (double) (k + 1) / lifter)
        : 1;

    self->rows[k] = (DspBand){ .len = n_in, .offset = k * n_in };
    for (size_t i = 0; i < n_in; i++)
      self->matrix[k * n_in + i] = (float) (lift * sqrt ((k == 0 ? 1 : 2) / n)
          * cos (G_PI * (double) (k * (2 * i + 1)) / (2 * n)));
  }
  return self;
}

void
dsp_dct_free (DspDct *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->rows, g_free);
  g_clear_pointer (&self->matrix, g_free);
  g_free (self);
}

void
dsp_dct_apply (const DspDct *self, const float *in, float *out, size_t stride)
{
  self->kernels->product (
      self->rows, self->n_out, self->matrix, in, out, stride);
}
