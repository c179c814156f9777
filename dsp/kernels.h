/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inner loops of the features, compiled for several generations of
 * processors, one of which is chosen at run time.
 *   dsp/kernels.c          the loops, in C that compilers vectorise
 *   dsp/kernels-spectra.c  short transforms, in vectors of eight
 *   dsp/dispatch.c         the choice; EMOTION_SIMD=generic|avx2|avx512 forces
 *                          one
 * Pure: the same input gives the same bits on the same path; paths differ in
 * the order of sums and in rounding. Nothing fails, nothing allocates. Buffers
 * must not overlap, except that a function with one buffer works in place. */
#pragma once

#include <stddef.h>

/* A row of a matrix that is zero except for len columns from first on, which
 * are at weights[offset]. */
typedef struct {
  size_t first, len, offset;
} DspBand;

/* product is fastest where len is a multiple of this. */
#define DSP_BAND_STEP 8

/* Of frames of n_fft samples, a power of 2 up to DSP_SPECTRA_MAX. */
#define DSP_SPECTRA_LANES ((size_t) 8)
#define DSP_SPECTRA_MAX ((size_t) 512)
typedef struct {
  size_t n_fft;
  const float *window; /* [n_fft], half of it */
  const float *roots;  /* [n_fft][2]: exp (-2 pi i k / n_fft) */
} DspSpectraTables;

typedef struct {
  const char *name;

  /* out [n] = cleaned samples (dsp/sample.h) */
  void (*clean) (const float *samples, size_t n, float *out);
  /* The same times window. */
  void (*apply_window) (
      const float *samples, const double *window, size_t n, double *out);
  /* out [n] = re^2 + im^2 of bins [n][2] */
  void (*power) (const double *bins, size_t n, float *out);
  /* out[i * stride] = the sum of band i times in; n bands */
  void (*product) (const DspBand *bands, size_t n, const float *weights,
      const float *in, float *out, size_t stride);

  /* x = 10 log10 (max (x, amin)), amin >= 1e-30. The error is below
   * DSP_DECIBELS_ERROR, relative or (below 1 dB) absolute. */
  void (*decibels) (float *x, size_t n, float amin);
  /* x = max (x - subtrahend, floor) */
  void (*subtract) (float *x, size_t n, float subtrahend, float floor);
  /* x = (x - min) / range */
  void (*normalise) (float *x, size_t n, float min, float range);
  /* The smallest and the largest of n > 0 values. */
  void (*range) (const float *x, size_t n, float *min, float *max);

  /* Lengths [n] of bins [n][2], and their directions [n][2], of length 1; 1
   * where the bin is 0. */
  void (*polar) (
      const double *bins, size_t n, double *magnitude, double *direction);
  /* x [n][2] *= a [n][2] conj (b [n][2]) */
  void (*turn) (const double *a, const double *b, size_t n, double *x);
  /* out [n][2] = (a [n] + fraction (b [n] - a [n])) direction [n][2] */
  void (*between) (const double *a, const double *b, double fraction,
      const double *direction, size_t n, double *out);

  /* Lengths of the bins [n][n_fft / 2 + 1] of 0 < n <= DSP_SPECTRA_LANES
   * frames, cleaned and windowed. */
  void (*spectra) (const DspSpectraTables *tables, const float *const *frames,
      size_t n, float *out);
  /* out = sqrt (power) */
  void (*magnitude) (const float *power, size_t n, float *out);
  /* The sums of x and of x times (index - centre)^order, order 1 or 2. */
  double (*sum) (const float *x, size_t n);
  double (*moment1) (const float *x, size_t n);
  double (*moment2) (const float *x, size_t n, double centre);
} DspKernels;

#define DSP_DECIBELS_ERROR 3e-7f

/* The best for this processor. */
const DspKernels *dsp_kernels (void);
/* By name, or NULL if this processor or build does not have it. */
const DspKernels *dsp_kernels_find (const char *name);
