/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Magnitude spectra of eight short frames at a time, which are the elements of
 * vectors: see dsp/spectra.h. A frame of real samples is transformed as half as
 * many complex numbers. Compiled as dsp/kernels.c. */
#include "dsp/kernels-path.h"

#include <math.h>
#include <stdint.h>
#ifdef __AVX__
#include <immintrin.h>
#endif

#include "dsp/sample.h"

/* Element i of eight frames. */
typedef float Eight __attribute__ ((vector_size (32)));
typedef float Four __attribute__ ((vector_size (16)));
typedef int32_t FourBits __attribute__ ((vector_size (16)));
typedef float UnalignedFour
    __attribute__ ((vector_size (16), aligned (4), may_alias));

/* 4 rows, as so many columns: out [4] are step floats apart. */
static inline __attribute__ ((always_inline)) void
transpose (const Four *row, float *out, size_t step)
{
#define MIX(a, b, ...) __builtin_shufflevector (a, b, __VA_ARGS__)
  const Four low01 = MIX (row[0], row[1], 0, 4, 1, 5);
  const Four low23 = MIX (row[2], row[3], 0, 4, 1, 5);
  const Four high01 = MIX (row[0], row[1], 2, 6, 3, 7);
  const Four high23 = MIX (row[2], row[3], 2, 6, 3, 7);

  *(UnalignedFour *) out = MIX (low01, low23, 0, 1, 4, 5);
  *(UnalignedFour *) (out + step) = MIX (low01, low23, 2, 3, 6, 7);
  *(UnalignedFour *) (out + 2 * step) = MIX (high01, high23, 0, 1, 4, 5);
  *(UnalignedFour *) (out + 3 * step) = MIX (high01, high23, 2, 3, 6, 7);
#undef MIX
}

static inline Four
clean_four (Four x)
{
  const Four magnitudes = (Four) ((FourBits) x & 0x7fffffff);

  return (Four) ((FourBits) x & (magnitudes <= DSP_SAMPLE_MAX));
}

/* Windowed samples of eight frames. */
static void
load_frames (
    const DspSpectraTables *tables, const float *const *frames, Eight *out)
{
  for (size_t i = 0; i < tables->n_fft; i += 4) {
    const Four window = *(const UnalignedFour *) (tables->window + i);

#pragma GCC unroll 2
    for (size_t lane = 0; lane < 8; lane += 4) {
      Four row[4];

#pragma GCC unroll 4
      for (size_t k = 0; k < 4; k++)
        row[k] = window
            * clean_four (*(const UnalignedFour *) (frames[lane + k] + i));
      transpose (row, (float *) (out + i) + lane, 8);
    }
  }
}

typedef struct {
  Eight re, im;
} Complex;

/* A butterfly of radix 4, decimation in frequency; its outputs are turned by
 * the powers of root [3][2], if it is not NULL. */
static inline __attribute__ ((always_inline)) void
butterfly (const Complex *x, size_t distance, const float *const *root,
    Complex *y, size_t step)
{
  const Complex *const a = x, *const b = x + distance, *const c = b + distance,
                       *const d = c + distance;
  const Complex sum_ac = { a->re + c->re, a->im + c->im };
  const Complex sum_bd = { b->re + d->re, b->im + d->im };
  const Complex difference_ac = { a->re - c->re, a->im - c->im };
  const Complex difference_bd = { b->re - d->re, b->im - d->im };
  const Complex out[3] = {
    { difference_ac.re + difference_bd.im,
        difference_ac.im - difference_bd.re },
    { sum_ac.re - sum_bd.re, sum_ac.im - sum_bd.im },
    { difference_ac.re - difference_bd.im,
        difference_ac.im + difference_bd.re },
  };

  y->re = sum_ac.re + sum_bd.re;
  y->im = sum_ac.im + sum_bd.im;
#pragma GCC unroll 3
  for (size_t k = 0; k < 3; k++) {
    y += step;
    if (root) {
      y->re = out[k].re * root[k][0] - out[k].im * root[k][1];
      y->im = out[k].re * root[k][1] + out[k].im * root[k][0];
    } else
      *y = out[k];
  }
}

/* Stockham's autosort FFT of n complex numbers; there and back between x and y,
 * one of which it returns. */
static Complex *
transform (const DspSpectraTables *tables, Complex *x, Complex *y)
{
  size_t n = tables->n_fft / 2, stride = 1;
  Complex *swap;

  for (; n >= 4; n /= 4, stride *= 4, swap = x, x = y, y = swap) {
    const size_t distance = n / 4 * stride;

    for (size_t q = 0; q < stride; q++)
      butterfly (x + q, distance, NULL, y + q, stride);
    for (size_t p = 1; p < n / 4; p++) {
      const float *root[3];

      for (size_t k = 0; k < 3; k++)
        root[k] = tables->roots + (k + 1) * p * (tables->n_fft / n) * 2;
      for (size_t q = 0; q < stride; q++)
        butterfly (
            x + p * stride + q, distance, root, y + 4 * p * stride + q, stride);
    }
  }
  if (n == 1)
    return x;
  for (size_t q = 0; q < stride; q++) {
    const Complex a = x[q], b = x[q + stride];

    y[q] = (Complex){ a.re + b.re, a.im + b.im };
    y[q + stride] = (Complex){ a.re - b.re, a.im - b.im };
  }
  return y;
}

/* *out = sqrt (re^2 + im^2). Square roots take long, but other things go on
 * beside them. */
static inline __attribute__ ((always_inline)) void
store_length (const Complex *x, Eight *out)
{
  const Eight power = x->re * x->re + x->im * x->im;

#ifdef __AVX__
  *out = (Eight) _mm256_sqrt_ps ((__m256) power);
#else
  for (size_t lane = 0; lane < DSP_SPECTRA_LANES; lane++)
    (*out)[lane] = sqrtf (power[lane]);
#endif
}

/* From the transform z of n_fft / 2 pairs of real numbers, taken as complex
 * ones: the lengths of the bins, twice. out [n_fft / 2 + 1] */
static void
find_lengths (const DspSpectraTables *tables, const Complex *z, Eight *out)
{
  const size_t n = tables->n_fft / 2;

  for (size_t k = 0; k <= n / 2; k++) {
    const Complex *const a = z + k, *const b = z + (n - k) % n;
    const float *const root = tables->roots + 2 * k;
    const Complex even = { a->re + b->re, a->im - b->im };
    const Complex odd = { a->im + b->im, b->re - a->re };
    const Complex turned = { odd.re * root[0] - odd.im * root[1],
      odd.re * root[1] + odd.im * root[0] };
    const Complex low = { even.re + turned.re, even.im + turned.im };
    const Complex high = { even.re - turned.re, even.im - turned.im };

    store_length (&low, out + k);
    store_length (&high, out + n - k);
  }
}

/* in [n_bins] -> out [n][n_bins] */
static void
store_frames (const Eight *in, size_t n_bins, size_t n, float *out)
{
  size_t i = 0;

  for (; i + 4 <= n_bins; i += 4)
    for (size_t lane = 0; lane < n; lane += 4) {
      const float *const from = (const float *) (in + i) + lane;
      Four row[4];

      for (size_t k = 0; k < 4; k++)
        row[k] = *(const UnalignedFour *) (from + 8 * k);
      if (lane + 4 <= n)
        transpose (row, out + lane * n_bins + i, n_bins);
      else
        for (size_t l = lane; l < n; l++)
          for (size_t k = 0; k < 4; k++)
            out[l * n_bins + i + k] = row[k][l - lane];
    }
  for (; i < n_bins; i++)
    for (size_t lane = 0; lane < n; lane++)
      out[lane * n_bins + i] = in[i][lane];
}

void
DSP_PATH (dsp_kernels_spectra) (const DspSpectraTables *tables,
    const float *const *frames, size_t n, float *out)
{
  const size_t n_bins = tables->n_fft / 2 + 1;
  const float *lanes[DSP_SPECTRA_LANES];
  Eight memory[2][DSP_SPECTRA_MAX];
  const Complex *z;
  Eight *lengths;

  for (size_t lane = 0; lane < DSP_SPECTRA_LANES; lane++)
    lanes[lane] = frames[lane < n ? lane : 0];
  load_frames (tables, lanes, memory[0]);
  z = transform (tables, (Complex *) memory[0], (Complex *) memory[1]);
  lengths = memory[z != (Complex *) memory[1]];
  find_lengths (tables, z, lengths);
  store_frames (lengths, n_bins, n, out);
}
