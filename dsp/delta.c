/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/delta.h"

#include "dsp/error.h"

#define WIDTH_MAX 1001

struct _DspDelta {
  size_t width;
  double *weights; /* [width] */
};

/* Weights of the derivative by the polynomials that are orthogonal on the grid
 * j = -half..half (Gram): p[0] = 1, p[o + 1] = j p[o] - b p[o - 1], with b the
 * ratio of the sums of squares of the last two. Each begins with j^o, so the
 * fitted derivative is o! sum (p[o] x) / sum (p[o]^2). */
static void
design (double *weights, size_t width, size_t order)
{
  const double half = (double) (width / 2);
  g_autofree double *last = g_new0 (double, width);
  double last_square = 1;
  double factorial = 1;
  double square = (double) width;

  for (size_t i = 0; i < width; i++)
    weights[i] = 1;
  for (size_t o = 1; o <= order; o++) {
    const double b = o == 1 ? 0 : square / last_square;

    last_square = square;
    square = 0;
    for (size_t i = 0; i < width; i++) {
      const double next = ((double) i - half) * weights[i] - b * last[i];

      last[i] = weights[i];
      weights[i] = next;
      square += next * next;
    }
    factorial *= (double) o;
  }
  for (size_t i = 0; i < width; i++)
    weights[i] *= factorial / square;
}

DspDelta *
dsp_delta_new (size_t width, size_t order, GError **error)
{
  if (width < 3 || width % 2 == 0 || width > WIDTH_MAX) {
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "delta width %zu is not an odd number from 3 to %d", width, WIDTH_MAX);
    return NULL;
  }
  if (order == 0 || order >= width) {
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "delta order %zu is not within 1..%zu", order, width - 1);
    return NULL;
  }

  DspDelta *self = g_new0 (DspDelta, 1);

  self->width = width;
  self->weights = g_new (double, width);
  design (self->weights, width, order);
  return self;
}

void
dsp_delta_free (DspDelta *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->weights, g_free);
  g_free (self);
}

/* At the edges the polynomial of the first (last) width frames is extrapolated,
 * and its highest derivative is constant. */
void
dsp_delta_apply (
    const DspDelta *self, const float *in, size_t n_frames, float *out)
{
  g_return_if_fail (n_frames >= self->width);

  const size_t half = self->width / 2;
  const size_t last = n_frames - 1 - half;

  for (size_t f = half; f <= last; f++) {
    double sum = 0;

    for (size_t i = 0; i < self->width; i++)
      sum += self->weights[i] * (double) in[f - half + i];
    out[f] = (float) sum;
  }
  for (size_t f = 0; f < half; f++) {
    out[f] = out[half];
    out[last + 1 + f] = out[last];
  }
}
