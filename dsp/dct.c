/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/dct.h"

#include <math.h>

#include "dsp/error.h"

struct _DspDct {
  size_t n_in;
  size_t n_out;
  float *matrix; /* [n_out][n_in] */
};

DspDct *
dsp_dct_new (size_t n_in, size_t n_out, GError **error)
{
  if (n_out == 0 || n_out > n_in) {
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "%zu bands have no %zu cepstral coefficients", n_in, n_out);
    return NULL;
  }

  DspDct *self = g_new0 (DspDct, 1);
  const double n = (double) n_in;

  self->n_in = n_in;
  self->n_out = n_out;
  self->matrix = g_new (float, n_out *n_in);
  for (size_t k = 0; k < n_out; k++)
    for (size_t i = 0; i < n_in; i++)
      self->matrix[k * n_in + i] = (float) (sqrt ((k == 0 ? 1 : 2) / n)
          * cos (G_PI * (double) (k * (2 * i + 1)) / (2 * n)));
  return self;
}

void
dsp_dct_free (DspDct *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->matrix, g_free);
  g_free (self);
}

void
dsp_dct_apply (const DspDct *self, const float *in, float *out, size_t stride)
{
  for (size_t k = 0; k < self->n_out; k++) {
    const float *row = self->matrix + k * self->n_in;
    double sum = 0;

    for (size_t i = 0; i < self->n_in; i++)
      sum += (double) row[i] * (double) in[i];
    out[k * stride] = (float) sum;
  }
}
