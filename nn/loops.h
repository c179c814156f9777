/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loops over arrays for training and normalisation, in plain C
 * (nn/simd/loops.c; by columns: columns.c, by rows: rows.c, pools: pools.c),
 * built once for each generation of processor like the products of nn/simd.h.
 * An output may be identical to an input, but must not overlap it otherwise.
 * Matrices [m][c] are contiguous. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* A stream of Philox4x32-10 (Salmon et al. 2011), a counter-based random
 * generator: word i is a function of key, stream and i alone. */
typedef struct {
  guint32 key[2];
  guint32 stream[3];
} NnPhilox;

/* A row of pools that do not overlap: x [pool_y][n * pool_x][channels], rows ld
 * apart -> y [n][channels]. */
typedef struct {
  size_t pool_y, pool_x, n, channels;
  size_t ld;
} NnPoolRow;

#define NN_MAX_POOL 256 /* pool_y * pool_x */

/* Normalisation of rows: gamma (x - mean) / sqrt (variance + epsilon) + beta */
typedef struct {
  size_t len;
  bool is_rms; /* the mean counts as 0 */
  float epsilon;
  const float *gamma, *beta; /* [len], or NULL: 1 and 0 */
} NnRowNorm;

typedef struct _NnLoops {
  /* Words 64 * first_block, ... of the stream. */
  void (*random) (
      const NnPhilox *philox, guint32 first_block, guint32 *out, size_t n);

  /* sum_x [c] += x over m, sum_xy [c] += x * y over m. */
  void (*column_sums) (size_t m, size_t c, const float *x, const float *y,
      double *sum_x, double *sum_xy);
  /* sum [c] += x over m; rows of x are ldx apart. */
  void (*add_rows) (size_t m, size_t c, const float *x, size_t ldx, float *sum);
  /* out [m][c] = a [c] * x + d [c] */
  void (*scale_columns) (size_t m, size_t c, const float *a, const float *x,
      const float *d, float *out);
  /* out [m][c] = a [c] * x + b [c] * y + d [c] */
  void (*mix_columns) (size_t m, size_t c, const float *a, const float *x,
      const float *b, const float *y, const float *d, float *out);

  void (*add) (size_t n, const float *x, float *out); /* out += x */
  void (*multiply) (size_t n, const float *x, const float *y, float *out);
  void (*multiply_add) (
      size_t n, const float *x, const float *y, float *out); /* out += x y */
  /* out = z x + (1 - z) y */
  void (*blend) (
      size_t n, const float *z, const float *x, const float *y, float *out);
  /* Its gradients: dz and dy, and dout becomes that of x. */
  void (*blend_gradient) (size_t n, const float *z, const float *x,
      const float *y, float *dout, float *dz, float *dy);
  /* out = x * factor where 16 random bits >= threshold, else 0. 64 words are
   * for 128 numbers: their lower halves for the first 64 of them. */
  void (*dropout) (size_t n, const float *x, const guint32 *word,
      guint32 threshold, float factor, float *out);

  /* out = max (out, x), where x or out is NaN: either */
  void (*maximum) (size_t n, const float *x, float *out);
  /* Gradient of a maximum of several inputs, which goes to the first that
   * equals it: where x == y and left: dx += dy and left = 0. */
  void (*maximum_gradient) (size_t n, const float *x, const float *y,
      const float *dy, float *left, float *dx);

  /* y = the maximum of each pool, the first of equal ones; from [n][channels]:
   * which of the pool_y * pool_x inputs it was. */
  void (*pool_maximum) (
      const NnPoolRow *row, const float *x, float *y, guint8 *from);
  /* dx = dy at the maximum, else 0 */
  void (*pool_gradient) (
      const NnPoolRow *row, const guint8 *from, const float *dy, float *dx);
  /* The maximum of channels with sign [c] 1, the minimum with -1, the first
   * input with 0: what the maximum of a x + d comes from, a of this sign. */
  void (*pool_extreme) (const NnPoolRow *row, const float *sign, const float *x,
      float *y, guint8 *from);
  /* pool_gradient and mix_columns in one pass: out = a dx + b x + d */
  void (*pool_mix) (const NnPoolRow *row, const float *a, const guint8 *from,
      const float *dy, const float *b, const float *x, const float *d,
      float *out);

  /* x = x > 0 ? x : slope * x */
  void (*leaky_relu) (size_t n, float slope, float *x);

  /* Gradients of activations from their outputs: dy *= f' */
  void (*relu_gradient) (size_t n, const float *y, float *dy);
  /* side: any array that is positive where the input is */
  void (*leaky_relu_gradient) (
      size_t n, float slope, const float *side, float *dy);
  void (*sigmoid_gradient) (size_t n, const float *y, float *dy);
  void (*tanh_gradient) (size_t n, const float *y, float *dy);

  /* Adam, as Keras 3 computes it: rate includes the bias corrections. */
  void (*adam) (size_t n, const float *gradient, float rate, float beta_1,
      float beta_2, float epsilon, float *w, float *m, float *v);

  void (*normalize_rows) (
      const NnRowNorm *norm, size_t m, const float *x, float *out);
  /* gamma_grad, beta_grad [len] are added to; these and dx may be NULL. */
  void (*normalize_rows_gradient) (const NnRowNorm *norm, size_t m,
      const float *x, const float *dy, float *gamma_grad, float *beta_grad,
      float *dx);
  /* In place, of rows; the gradient from the output: dy becomes dx. */
  void (*softmax_rows) (size_t m, size_t len, float *x);
  void (*softmax_rows_gradient) (
      size_t m, size_t len, const float *y, float *dy);
  /* The exact one: x P (X < x); its gradient from the input: dy *= f' */
  void (*gelu) (size_t n, float *x);
  void (*gelu_gradient) (size_t n, const float *x, float *dy);
} NnLoops;

/* The best for this processor; the same choice as nn_simd (). */
const NnLoops *nn_loops (void);
