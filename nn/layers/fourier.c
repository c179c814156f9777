/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/layers/fourier.h"

#include <glib.h>
#include <math.h>
#include <stdint.h>

typedef struct {
  double re, im;
} Complex;

struct _NnFourier {
  size_t n;
  Complex *roots; /* [n]: exp (-2 pi i k / n) */
};

NnFourier *
nn_fourier_new (size_t n)
{
  NnFourier *self = g_new0 (NnFourier, 1);

  self->n = n;
  self->roots = g_new (Complex, n);
  for (size_t k = 0; k < n; k++) {
    const double angle = -2 * G_PI * (double) k / (double) n;

    self->roots[k] = (Complex){ cos (angle), sin (angle) };
  }
  return self;
}

void
nn_fourier_free (NnFourier *self)
{
  if (!self)
    return;
  g_free (self->roots);
  g_free (self);
}

/* The result, a row of one factor (at most n), and padding to align both. */
size_t
nn_fourier_scratch_len (const NnFourier *self)
{
  return 2 * self->n * (sizeof (Complex) / sizeof (float)) + 4;
}

static size_t
smallest_factor (size_t n)
{
  for (size_t p = 2; p * p <= n; p++)
    if (n % p == 0)
      return p;
  return n;
}

/* out[k] of n elements of in that are stride apart (stride * n is self->n):
 * combines the transforms of every p-th element. row: [p] for the largest. */
static void
transform (const NnFourier *self, size_t n, size_t stride, const float *in,
    Complex *out, Complex *row)
{
  const size_t p = n > 1 ? smallest_factor (n) : 1;
  const size_t m = n / p;

  if (n == 1) {
    out[0] = (Complex){ (double) in[0], 0 };
    return;
  }
  for (size_t r = 0; r < p; r++)
    transform (self, m, stride * p, in + r * stride, out + r * m, row);
  for (size_t k = 0; k < m; k++) {
    for (size_t q = 0; q < p; q++) {
      Complex sum = out[k];

      for (size_t r = 1; r < p; r++) {
        const Complex w = self->roots[r * (k + q * m) % n * stride];
        const Complex x = out[r * m + k];

        sum.re += w.re * x.re - w.im * x.im;
        sum.im += w.re * x.im + w.im * x.re;
      }
      row[q] = sum;
    }
    for (size_t q = 0; q < p; q++)
      out[q * m + k] = row[q];
  }
}

void
nn_fourier_power (
    const NnFourier *self, const float *in, float *power, float *scratch)
{
  const uintptr_t mask = _Alignof(Complex) - 1;
  Complex *const out = (Complex *) (((uintptr_t) scratch + mask) & ~mask);

  transform (self, self->n, 1, in, out, out + self->n);
  for (size_t k = 0; k <= self->n / 2; k++)
    power[k] = (float) (out[k].re * out[k].re + out[k].im * out[k].im);
}
