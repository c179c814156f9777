/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maxima of pools, a register of channels at a time, and where they came from:
 * see nn/loops.h. */
#include "nn/simd/kernels.h"
#include "nn/simd/vector.h"

typedef guint8 B __attribute__ ((vector_size (VECTOR)));

INLINE VI
load_from (const guint8 *bytes)
{
  B from;

  memcpy (&from, bytes, sizeof from);
  return __builtin_convertvector(from, VI);
}

INLINE void
store_from (guint8 *bytes, VI from)
{
  const B narrow = __builtin_convertvector(from, B);

  memcpy (bytes, &narrow, sizeof narrow);
}

/* Where input k of the pool at x is. */
INLINE size_t
pool_input (const NnPoolRow *row, size_t k)
{
  return k / row->pool_x * row->ld + k % row->pool_x * row->channels;
}

/* One pool, VECTOR channels. */
INLINE void
maximum_vector (
    const NnPoolRow *row, const float *x, float *y, guint8 *from_bytes)
{
  V maximum = load (x);
  VI from = { 0 };

  for (size_t i = 0, k = 0; i < row->pool_y; i++, x += row->ld)
    for (size_t j = 0; j < row->pool_x; j++, k++) {
      const V next = load (x + j * row->channels);
      const VI is_larger = next > maximum;

      maximum = select_ (is_larger, next, maximum);
      from = (is_larger & (int) k) | (from & ~is_larger);
    }
  store (y, maximum);
  store_from (from_bytes, from);
}

void
NN_PATH (pool_maximum) (
    const NnPoolRow *row, const float *x, float *y, guint8 *from)
{
  const size_t c = row->channels;

  for (size_t n = 0; n < row->n; n++, x += row->pool_x * c, y += c, from += c) {
    size_t i = 0;

    for (; i + VECTOR <= c; i += VECTOR)
      maximum_vector (row, x + i, y + i, from + i);
    for (; i < c; i++) {
      y[i] = x[i];
      from[i] = 0;
      for (size_t k = 1; k < row->pool_y * row->pool_x; k++)
        if (x[pool_input (row, k) + i] > y[i]) {
          y[i] = x[pool_input (row, k) + i];
          from[i] = k;
        }
    }
  }
}

INLINE void
gradient_vector (
    const NnPoolRow *row, const guint8 *from_bytes, const float *dy, float *dx)
{
  const VI gradient = (VI) load (dy), from = load_from (from_bytes);

  for (size_t i = 0, k = 0; i < row->pool_y; i++, dx += row->ld)
    for (size_t j = 0; j < row->pool_x; j++, k++)
      store (dx + j * row->channels, (V) (gradient & (from == (int) k)));
}

void
NN_PATH (pool_gradient) (
    const NnPoolRow *row, const guint8 *from, const float *dy, float *dx)
{
  const size_t c = row->channels;

  for (size_t n = 0; n < row->n;
       n++, dx += row->pool_x * c, dy += c, from += c) {
    size_t i = 0;

    for (; i + VECTOR <= c; i += VECTOR)
      gradient_vector (row, from + i, dy + i, dx + i);
    for (; i < c; i++)
      for (size_t k = 0; k < row->pool_y * row->pool_x; k++)
        dx[pool_input (row, k) + i] = from[i] == k ? dy[i] : 0;
  }
}

/* ---- around normalisation ---- */

/* One pool, VECTOR channels. pool_y and pool_x are row's, given once more so
 * that they may be constants. */
INLINE void
extreme_vector (const NnPoolRow *row, size_t pool_y, size_t pool_x, V sign,
    const float *x, float *y, guint8 *from_bytes)
{
  V extreme = load (x), most = sign * extreme;
  VI from = { 0 };

#pragma GCC unroll 2
  for (size_t i = 0; i < pool_y; i++)
#pragma GCC unroll 2
    for (size_t j = 0; j < pool_x; j++) {
      const V next = load (x + i * row->ld + j * row->channels);
      const VI is_more = sign * next > most;

      most = select_ (is_more, sign * next, most);
      extreme = select_ (is_more, next, extreme);
      from = (is_more & (int) (i * pool_x + j)) | (from & ~is_more);
    }
  store (y, extreme);
  store_from (from_bytes, from);
}

INLINE void
extreme_row (const NnPoolRow *row, size_t pool_y, size_t pool_x,
    const float *sign, const float *x, float *y, guint8 *from)
{
  const size_t c = row->channels;

  for (size_t n = 0; n < row->n; n++, x += pool_x * c, y += c, from += c) {
    size_t i = 0;

    for (; i + VECTOR <= c; i += VECTOR)
      extreme_vector (
          row, pool_y, pool_x, load (sign + i), x + i, y + i, from + i);
    for (; i < c; i++) {
      y[i] = x[i];
      from[i] = 0;
      for (size_t k = 1; k < pool_y * pool_x; k++) {
        const float next = x[pool_input (row, k) + i];

        if (sign[i] * next > sign[i] * y[i]) {
          y[i] = next;
          from[i] = k;
        }
      }
    }
  }
}

void
NN_PATH (pool_extreme) (const NnPoolRow *row, const float *sign, const float *x,
    float *y, guint8 *from)
{
  if (row->pool_y == 2 && row->pool_x == 2)
    extreme_row (row, 2, 2, sign, x, y, from);
  else if (row->pool_y == 2 && row->pool_x == 1)
    extreme_row (row, 2, 1, sign, x, y, from);
  else
    extreme_row (row, row->pool_y, row->pool_x, sign, x, y, from);
}

INLINE void
mix_vector (const NnPoolRow *row, size_t pool_y, size_t pool_x, V a,
    const guint8 *from_bytes, V dy, V b, const float *x, V d, float *out)
{
  const VI gradient = (VI) (a * dy), from = load_from (from_bytes);

#pragma GCC unroll 2
  for (size_t i = 0; i < pool_y; i++)
#pragma GCC unroll 2
    for (size_t j = 0; j < pool_x; j++) {
      const size_t at = i * row->ld + j * row->channels;
      const VI is_from = from == (int) (i * pool_x + j);

      store (out + at, (V) (gradient & is_from) + (b * load (x + at) + d));
    }
}

INLINE void
mix_row (const NnPoolRow *row, size_t pool_y, size_t pool_x, const float *a,
    const guint8 *from, const float *dy, const float *b, const float *x,
    const float *d, float *out)
{
  const size_t c = row->channels;

  for (size_t n = 0; n < row->n;
       n++, x += pool_x * c, out += pool_x * c, dy += c, from += c) {
    size_t i = 0;

    for (; i + VECTOR <= c; i += VECTOR)
      mix_vector (row, pool_y, pool_x, load (a + i), from + i, load (dy + i),
          load (b + i), x + i, load (d + i), out + i);
    for (; i < c; i++)
      for (size_t k = 0; k < pool_y * pool_x; k++) {
        const size_t at = pool_input (row, k) + i;

        out[at] = (from[i] == k ? a[i] * dy[i] : 0) + (b[i] * x[at] + d[i]);
      }
  }
}

void
NN_PATH (pool_mix) (const NnPoolRow *row, const float *a, const guint8 *from,
    const float *dy, const float *b, const float *x, const float *d, float *out)
{
  if (row->pool_y == 2 && row->pool_x == 2)
    mix_row (row, 2, 2, a, from, dy, b, x, d, out);
  else if (row->pool_y == 2 && row->pool_x == 1)
    mix_row (row, 2, 1, a, from, dy, b, x, d, out);
  else
    mix_row (row, row->pool_y, row->pool_x, a, from, dy, b, x, d, out);
}
