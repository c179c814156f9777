/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiled several times, with DSP_KERNELS_NAME and matching machine flags; see
 * dsp/kernels.h. Only sums marked with omp simd may be reordered. */
#include "dsp/kernels-path.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "dsp/sample.h"

static void
clean (const float *restrict samples, size_t n, float *restrict out)
{
  for (size_t i = 0; i < n; i++)
    out[i] = dsp_sample_clean (samples[i]);
}

static void
apply_window (const float *restrict samples, const double *restrict window,
    size_t n, double *restrict out)
{
  for (size_t i = 0; i < n; i++)
    out[i] = (double) dsp_sample_clean (samples[i]) * window[i];
}

static void
power (const double *restrict bins, size_t n, float *restrict out)
{
  for (size_t k = 0; k < n; k++)
    out[k] =
        (float) (bins[2 * k] * bins[2 * k] + bins[2 * k + 1] * bins[2 * k + 1]);
}

/* As many partial sums as a register holds. Wider ones (AVX-512) do not help
 * with the short bands of a mel bank. */
#ifdef __AVX__
#define LANES 8
#else
#define LANES 4
#endif

typedef float Lanes __attribute__ ((vector_size (LANES * 4)));
typedef float UnalignedLanes
    __attribute__ ((vector_size (LANES * 4), aligned (4), may_alias));

static void
product (const DspBand *bands, size_t n, const float *restrict weights,
    const float *restrict in, float *restrict out, size_t stride)
{
  for (size_t i = 0; i < n; i++) {
    const float *w = weights + bands[i].offset;
    const float *x = in + bands[i].first;
    const size_t len = bands[i].len;
    Lanes sums = { 0 };
    float rest = 0;
    size_t k;

    for (k = 0; k + LANES <= len; k += LANES)
      sums +=
          *(const UnalignedLanes *) (w + k) * *(const UnalignedLanes *) (x + k);
    for (; k < len; k++)
      rest += w[k] * x[k];
    for (size_t lane = 0; lane < LANES / 2; lane++)
      rest += sums[lane] + sums[lane + LANES / 2];
    out[i * stride] = rest;
  }
}

/* x = 2^e m with m between sqrt (1/2) and sqrt (2); log m = 2 atanh (s) with
 * s = (m - 1) / (m + 1), |s| < 0.172, by its series to s^9: the rest is below
 * 1e-9. */
static void
decibels (float *x, size_t n, float amin)
{
  const float db_per_octave = 3.01029995663981f; /* 10 log10 (2) */
  const float db_per_neper = 8.68588963806504f;  /* 2 * 10 log10 (e) */

  for (size_t i = 0; i < n; i++) {
    const float bounded = x[i] > amin ? x[i] : amin;
    int32_t bits;
    float m;

    memcpy (&bits, &bounded, sizeof bits);

    const int32_t e = (bits - 0x3f3504f3) >> 23; /* sqrt (1/2) */

    bits -= e * (1 << 23);
    memcpy (&m, &bits, sizeof m);

    const float s = (m - 1) / (m + 1);
    const float s2 = s * s;
    const float series = s
        * (1
            + s2
                * (1.0f / 3
                    + s2 * (1.0f / 5 + s2 * (1.0f / 7 + s2 * (1.0f / 9)))));

    x[i] = (float) e * db_per_octave + db_per_neper * series;
  }
}

static void
subtract (float *x, size_t n, float subtrahend, float floor_)
{
  for (size_t i = 0; i < n; i++) {
    const float difference = x[i] - subtrahend;

    x[i] = difference > floor_ ? difference : floor_;
  }
}

static void
normalise (float *x, size_t n, float min, float range)
{
  for (size_t i = 0; i < n; i++)
    x[i] = (x[i] - min) / range;
}

static void
range (const float *x, size_t n, float *min, float *max)
{
  float low[LANES], high[LANES];
  size_t i;

  for (size_t lane = 0; lane < LANES; lane++)
    low[lane] = high[lane] = x[0];
  for (i = 0; i + LANES <= n; i += LANES)
    for (size_t lane = 0; lane < LANES; lane++) {
      low[lane] = x[i + lane] < low[lane] ? x[i + lane] : low[lane];
      high[lane] = x[i + lane] > high[lane] ? x[i + lane] : high[lane];
    }
  for (; i < n; i++) {
    low[0] = x[i] < low[0] ? x[i] : low[0];
    high[0] = x[i] > high[0] ? x[i] : high[0];
  }
  *min = low[0];
  *max = high[0];
  for (size_t lane = 1; lane < LANES; lane++) {
    *min = low[lane] < *min ? low[lane] : *min;
    *max = high[lane] > *max ? high[lane] : *max;
  }
}

static void
polar (const double *restrict bins, size_t n, double *restrict magnitudes,
    double *restrict direction)
{
  for (size_t k = 0; k < n; k++) {
    const double re = bins[2 * k], im = bins[2 * k + 1];
    const double length = sqrt (re * re + im * im);
    const double inverse = length > 0 ? 1 / length : 0;

    magnitudes[k] = length;
    direction[2 * k] = length > 0 ? re * inverse : 1;
    direction[2 * k + 1] = im * inverse;
  }
}

static void
turn (const double *restrict a, const double *restrict b, size_t n,
    double *restrict x)
{
  for (size_t k = 0; k < n; k++) {
    const double a_re = a[2 * k], a_im = a[2 * k + 1];
    const double b_re = b[2 * k], b_im = b[2 * k + 1];
    const double x_re = x[2 * k], x_im = x[2 * k + 1];
    const double re = a_re * b_re + a_im * b_im;
    const double im = a_im * b_re - a_re * b_im;

    x[2 * k] = x_re * re - x_im * im;
    x[2 * k + 1] = x_re * im + x_im * re;
  }
}

static void
between (const double *restrict a, const double *restrict b, double fraction,
    const double *restrict direction, size_t n, double *restrict out)
{
  for (size_t k = 0; k < n; k++) {
    const double length = a[k] + fraction * (b[k] - a[k]);

    out[2 * k] = length * direction[2 * k];
    out[2 * k + 1] = length * direction[2 * k + 1];
  }
}

static void
magnitude (const float *restrict values, size_t n, float *restrict out)
{
  for (size_t i = 0; i < n; i++)
    out[i] = sqrtf (values[i]);
}

static double
sum (const float *x, size_t n)
{
  double total = 0;

#pragma omp simd reduction(+ : total)
  for (size_t i = 0; i < n; i++)
    total += (double) x[i];
  return total;
}

/* The index is an int because size_t does not convert to a vector of double. */
static double
moment1 (const float *x, size_t n)
{
  double total = 0;

#pragma omp simd reduction(+ : total)
  for (int i = 0; i < (int) n; i++)
    total += (double) i * (double) x[i];
  return total;
}

static double
moment2 (const float *x, size_t n, double centre)
{
  double total = 0;

#pragma omp simd reduction(+ : total)
  for (int i = 0; i < (int) n; i++)
    total += ((double) i - centre) * ((double) i - centre) * (double) x[i];
  return total;
}

#define STRING_(a) #a
#define STRING(a) STRING_ (a)

extern const DspKernels DSP_PATH (dsp_kernels);
const DspKernels DSP_PATH (dsp_kernels) = {
  .name = STRING (DSP_KERNELS_NAME),
  .clean = clean,
  .apply_window = apply_window,
  .power = power,
  .product = product,
  .decibels = decibels,
  .subtract = subtract,
  .normalise = normalise,
  .range = range,
  .polar = polar,
  .turn = turn,
  .between = between,
  .spectra = DSP_PATH (dsp_kernels_spectra),
  .magnitude = magnitude,
  .sum = sum,
  .moment1 = moment1,
  .moment2 = moment2,
};
