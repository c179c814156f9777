/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loops over the rows of matrices [m][len], a register of columns at a time and
 * then single ones; and GELU: see nn/loops.h. */
#include <math.h>
#include "nn/simd/kernels.h"
#include "nn/simd/vector.h"

/* Of the lanes, in their order. */
INLINE float
sum_of (V v)
{
  float lane[VECTOR], sum = 0;

  store (lane, v);
  for (size_t i = 0; i < VECTOR; i++)
    sum += lane[i];
  return sum;
}

/* ---- normalisation ---- */

typedef struct {
  float mean, scale; /* 1 / sqrt (variance + epsilon) */
} Moments;

INLINE Moments
find_moments (const NnRowNorm *norm, const float *x)
{
  const size_t len = norm->len, whole = len / VECTOR * VECTOR;
  V total = splat (0);
  float mean = 0, square;

  if (!norm->is_rms) {
    for (size_t i = 0; i < whole; i += VECTOR)
      total += load (x + i);
    mean = sum_of (total);
    for (size_t i = whole; i < len; i++)
      mean += x[i];
    mean /= len;
  }
  total = splat (0);
  for (size_t i = 0; i < whole; i += VECTOR) {
    const V d = load (x + i) - splat (mean);

    total += d * d;
  }
  square = sum_of (total);
  for (size_t i = whole; i < len; i++)
    square += (x[i] - mean) * (x[i] - mean);
  return (Moments){ mean, 1 / sqrtf (square / len + norm->epsilon) };
}

void
NN_PATH (normalize_rows) (
    const NnRowNorm *norm, size_t m, const float *x, float *out)
{
  const size_t len = norm->len, whole = len / VECTOR * VECTOR;
  const float *const gamma = norm->gamma, *const beta = norm->beta;

  for (size_t r = 0; r < m; r++, x += len, out += len) {
    const Moments at = find_moments (norm, x);

    for (size_t i = 0; i < whole; i += VECTOR) {
      const V xhat = (load (x + i) - splat (at.mean)) * splat (at.scale);
      const V scaled = gamma ? xhat * load (gamma + i) : xhat;

      store (out + i, beta ? scaled + load (beta + i) : scaled);
    }
    for (size_t i = whole; i < len; i++)
      out[i] = (x[i] - at.mean) * at.scale * (gamma ? gamma[i] : 1)
          + (beta ? beta[i] : 0);
  }
}

/* What goes to gamma and beta, and the sums of g = gamma dy and of g xhat. */
INLINE void
sum_row (const NnRowNorm *norm, const Moments *at, const float *x,
    const float *dy, float *gamma_grad, float *beta_grad, float *sum,
    float *product)
{
  const size_t len = norm->len, whole = len / VECTOR * VECTOR;
  const float *const gamma = norm->gamma;
  V sums = splat (0), products = splat (0);

  for (size_t i = 0; i < whole; i += VECTOR) {
    const V xhat = (load (x + i) - splat (at->mean)) * splat (at->scale);
    const V d = load (dy + i), g = gamma ? d * load (gamma + i) : d;

    sums += g;
    products += g * xhat;
    if (gamma_grad)
      store (gamma_grad + i, load (gamma_grad + i) + d * xhat);
    if (beta_grad)
      store (beta_grad + i, load (beta_grad + i) + d);
  }
  *sum = sum_of (sums);
  *product = sum_of (products);
  for (size_t i = whole; i < len; i++) {
    const float xhat = (x[i] - at->mean) * at->scale;
    const float g = dy[i] * (gamma ? gamma[i] : 1);

    *sum += g;
    *product += g * xhat;
    if (gamma_grad)
      gamma_grad[i] += dy[i] * xhat;
    if (beta_grad)
      beta_grad[i] += dy[i];
  }
}

void
NN_PATH (normalize_rows_gradient) (const NnRowNorm *norm, size_t m,
    const float *x, const float *dy, float *gamma_grad, float *beta_grad,
    float *dx)
{
  const size_t len = norm->len, whole = len / VECTOR * VECTOR;
  const float *const gamma = norm->gamma;

  for (size_t r = 0; r < m; r++, x += len, dy += len) {
    const Moments at = find_moments (norm, x);
    float sum, product;

    sum_row (norm, &at, x, dy, gamma_grad, beta_grad, &sum, &product);
    if (!dx)
      continue;
    sum = norm->is_rms ? 0 : sum / len;
    product /= len;
    for (size_t i = 0; i < whole; i += VECTOR) {
      const V xhat = (load (x + i) - splat (at.mean)) * splat (at.scale);
      const V d = load (dy + i), g = gamma ? d * load (gamma + i) : d;

      store (dx + i,
          (g - splat (sum) - xhat * splat (product)) * splat (at.scale));
    }
    for (size_t i = whole; i < len; i++)
      dx[i] = (dy[i] * (gamma ? gamma[i] : 1) - sum
                  - (x[i] - at.mean) * at.scale * product)
          * at.scale;
    dx += len;
  }
}

/* ---- softmax ---- */

/* exp, and 0 far below the others. */
INLINE V
exp_or_zero (V x)
{
  return select_ (x > splat (-87.f), exp_v (x), splat (0));
}

void
NN_PATH (softmax_rows) (size_t m, size_t len, float *x)
{
  const size_t whole = len / VECTOR * VECTOR;

  for (size_t r = 0; r < m; r++, x += len) {
    float rest[VECTOR], max = x[0], sum, scale;
    V total = splat (0);

    for (size_t i = 1; i < len; i++)
      max = x[i] > max ? x[i] : max;
    for (size_t i = 0; i < whole; i += VECTOR) {
      const V e = exp_or_zero (load (x + i) - splat (max));

      store (x + i, e);
      total += e;
    }
    sum = sum_of (total);
    if (whole < len) {
      store (rest, splat (0));
      memcpy (rest, x + whole, (len - whole) * sizeof *x);
      store (rest, exp_or_zero (load (rest) - splat (max)));
      memcpy (x + whole, rest, (len - whole) * sizeof *x);
    }
    for (size_t i = whole; i < len; i++)
      sum += x[i];
    scale = 1 / sum;
    for (size_t i = 0; i < len; i++)
      x[i] *= scale;
  }
}

void
NN_PATH (softmax_rows_gradient) (
    size_t m, size_t len, const float *y, float *dy)
{
  const size_t whole = len / VECTOR * VECTOR;

  for (size_t r = 0; r < m; r++, y += len, dy += len) {
    V total = splat (0);
    float sum;

    for (size_t i = 0; i < whole; i += VECTOR)
      total += load (y + i) * load (dy + i);
    sum = sum_of (total);
    for (size_t i = whole; i < len; i++)
      sum += y[i] * dy[i];
    for (size_t i = 0; i < len; i++)
      dy[i] = y[i] * (dy[i] - sum);
  }
}

/* ---- GELU ---- */

/* P (X > a) of a normal number X, a >= 0: half of erfc (a / sqrt (2)), as
 * erfcc of Numerical Recipes (Press et al. 1992) has it: 1.2e-7 of the value.
 */
INLINE V
upper_tail (V a)
{
  const V z = a * splat (0.70710678118654752f);
  const V t = splat (1.f) / (splat (1.f) + splat (0.5f) * z);
  V p = splat (0.17087277f);

  p = p * t + splat (-0.82215223f);
  p = p * t + splat (1.48851587f);
  p = p * t + splat (-1.13520398f);
  p = p * t + splat (0.27886807f);
  p = p * t + splat (-0.18628806f);
  p = p * t + splat (0.09678418f);
  p = p * t + splat (0.37409196f);
  p = p * t + splat (1.00002368f);
  p = p * t + splat (-1.26551223f);
  return splat (0.5f) * t * exp_or_zero (p - z * z);
}

/* P (X < x) */
INLINE V
normal_cdf (V x)
{
  const V a = (V) ((VI) x & ~(VI) splat (-0.f));
  const V tail = upper_tail (a);

  return select_ (x > splat (0), splat (1.f) - tail, tail);
}

INLINE V
gelu_v (V x)
{
  return x * normal_cdf (x);
}

INLINE V
gelu_slope_v (V x)
{
  return normal_cdf (x)
      + x * splat (0.39894228040143268f) * exp_or_zero (splat (-0.5f) * x * x);
}

void
NN_PATH (gelu) (size_t n, float *x)
{
  const size_t whole = n / VECTOR * VECTOR;
  float rest[VECTOR] = { 0 };

  for (size_t i = 0; i < whole; i += VECTOR)
    store (x + i, gelu_v (load (x + i)));
  memcpy (rest, x + whole, (n - whole) * sizeof *x);
  store (rest, gelu_v (load (rest)));
  memcpy (x + whole, rest, (n - whole) * sizeof *x);
}

void
NN_PATH (gelu_gradient) (size_t n, const float *x, float *dy)
{
  const size_t whole = n / VECTOR * VECTOR;
  float rest[VECTOR] = { 0 };

  for (size_t i = 0; i < whole; i += VECTOR)
    store (dy + i, load (dy + i) * gelu_slope_v (load (x + i)));
  memcpy (rest, x + whole, (n - whole) * sizeof *x);
  store (rest, gelu_slope_v (load (rest)));
  for (size_t i = whole; i < n; i++)
    dy[i] *= rest[i - whole];
}
