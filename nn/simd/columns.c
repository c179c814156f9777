/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loops over matrices [m][c] by columns, a register of channels at a time from
 * the first row to the last: see nn/loops.h. */
#include "nn/simd/kernels.h"
#include "nn/simd/vector.h"

#define HALF (VECTOR / 2)
#define BLOCK 16 /* rows whose sums are floats, before they become doubles */

/* Rows at a time, so that what the next columns read is still near. */
INLINE size_t
near_rows (size_t m, size_t c)
{
  const size_t most = 4096 / c;

  return m < most ? m : most > 1 ? most : 1;
}

typedef double D __attribute__ ((vector_size (VECTOR * 4)));
typedef double DU
    __attribute__ ((vector_size (VECTOR * 4), aligned (8), may_alias));
typedef float H
    __attribute__ ((vector_size (VECTOR * 2), aligned (4), may_alias));

/* The halves of v as doubles, added. */
INLINE void
add_widened (D sum[2], V v)
{
#pragma GCC unroll 2
  for (size_t h = 0; h < 2; h++) {
    H half;

    memcpy (&half, (const char *) &v + h * sizeof half, sizeof half);
    sum[h] += __builtin_convertvector(half, D);
  }
}

INLINE void
add_doubles (double *p, const D sum[2])
{
#pragma GCC unroll 2
  for (size_t h = 0; h < 2; h++)
    *(DU *) (p + h * HALF) += sum[h];
}

/* VECTOR columns. Of four rows apart, so that fewer additions wait. */
INLINE void
sum_vector (size_t m, size_t c, const float *x, const float *y, bool is_square,
    double *sum_x, double *sum_xy)
{
  D all_x[2] = { { 0 } }, all_xy[2] = { { 0 } };

  for (size_t r = 0; r < m; r += BLOCK) {
    const size_t end = m - r < BLOCK ? m : r + BLOCK;
    V s[4] = { { 0 } }, t[4] = { { 0 } };
    size_t k = r;

    for (; k + 4 <= end; k += 4)
#pragma GCC unroll 4
      for (size_t i = 0; i < 4; i++) {
        const V a = load (x + (k + i) * c);

        s[i] += a;
        t[i] += a * (is_square ? a : load (y + (k + i) * c));
      }
    for (; k < end; k++) {
      const V a = load (x + k * c);

      s[0] += a;
      t[0] += a * load (y + k * c);
    }
    add_widened (all_x, (s[0] + s[1]) + (s[2] + s[3]));
    add_widened (all_xy, (t[0] + t[1]) + (t[2] + t[3]));
  }
  add_doubles (sum_x, all_x);
  add_doubles (sum_xy, all_xy);
}

INLINE void
sum_rows (size_t m, size_t c, const float *x, const float *y, double *sum_x,
    double *sum_xy)
{
  size_t i = 0;

  for (; i + VECTOR <= c; i += VECTOR)
    if (x == y)
      sum_vector (m, c, x + i, y + i, true, sum_x + i, sum_xy + i);
    else
      sum_vector (m, c, x + i, y + i, false, sum_x + i, sum_xy + i);
  for (; i < c; i++)
    for (size_t r = 0; r < m; r++) {
      sum_x[i] += x[r * c + i];
      sum_xy[i] += (double) x[r * c + i] * y[r * c + i];
    }
}

void
NN_PATH (column_sums) (size_t m, size_t c, const float *x, const float *y,
    double *sum_x, double *sum_xy)
{
  const size_t near = near_rows (m, c);

  for (size_t r = 0; r < m; r += near)
    sum_rows (
        m - r < near ? m - r : near, c, x + r * c, y + r * c, sum_x, sum_xy);
}

void
NN_PATH (add_rows) (size_t m, size_t c, const float *x, size_t ldx, float *sum)
{
  size_t i = 0;

  for (; i + VECTOR <= c; i += VECTOR) {
    V s[4] = { load (sum + i) };
    size_t r = 0;

    for (; r + 4 <= m; r += 4)
#pragma GCC unroll 4
      for (size_t k = 0; k < 4; k++)
        s[k] += load (x + (r + k) * ldx + i);
    for (; r < m; r++)
      s[0] += load (x + r * ldx + i);
    store (sum + i, (s[0] + s[1]) + (s[2] + s[3]));
  }
  for (; i < c; i++)
    for (size_t r = 0; r < m; r++)
      sum[i] += x[r * ldx + i];
}

INLINE void
scale_rows (size_t m, size_t c, const float *a, const float *x, const float *d,
    float *out)
{
  size_t i = 0;

  for (; i + VECTOR <= c; i += VECTOR) {
    const V ai = load (a + i), di = load (d + i);

    for (size_t r = 0; r < m; r++)
      store (out + r * c + i, ai * load (x + r * c + i) + di);
  }
  for (; i < c; i++)
    for (size_t r = 0; r < m; r++)
      out[r * c + i] = a[i] * x[r * c + i] + d[i];
}

void
NN_PATH (scale_columns) (size_t m, size_t c, const float *a, const float *x,
    const float *d, float *out)
{
  const size_t near = near_rows (m, c);

  for (size_t r = 0; r < m; r += near)
    scale_rows (m - r < near ? m - r : near, c, a, x + r * c, d, out + r * c);
}

INLINE void
mix_rows (size_t m, size_t c, const float *a, const float *x, const float *b,
    const float *y, const float *d, float *out)
{
  size_t i = 0;

  for (; i + VECTOR <= c; i += VECTOR) {
    const V ai = load (a + i), bi = load (b + i), di = load (d + i);

    for (size_t r = 0; r < m; r++)
      store (out + r * c + i,
          ai * load (x + r * c + i) + bi * load (y + r * c + i) + di);
  }
  for (; i < c; i++)
    for (size_t r = 0; r < m; r++)
      out[r * c + i] = a[i] * x[r * c + i] + b[i] * y[r * c + i] + d[i];
}

void
NN_PATH (mix_columns) (size_t m, size_t c, const float *a, const float *x,
    const float *b, const float *y, const float *d, float *out)
{
  const size_t near = near_rows (m, c);

  for (size_t r = 0; r < m; r += near)
    mix_rows (m - r < near ? m - r : near, c, a, x + r * c, b, y + r * c, d,
        out + r * c);
}
