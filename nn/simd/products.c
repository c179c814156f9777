/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Matrix products on packed weights: see nn/simd.h. */
#include "nn/simd/kernels.h"
#include "nn/simd/vector.h"

/* rows x vectors * VECTOR of c, in registers from first to last; vectors is 2,
 * or 1 where the rest of the panel is padding. */
INLINE void
tile (const NnProduct *p, size_t rows, size_t vectors, const float *a,
    const float *b, const float *bias, float *c, size_t n)
{
  V sum[2 * ROWS][2];

  if (p->accumulate)
#pragma GCC unroll 32
    for (size_t r = 0; r < rows; r++)
      load_columns (c + r * p->ldc, sum[r], vectors, n);
  else
#pragma GCC unroll 32
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 2
      for (size_t v = 0; v < vectors; v++)
        sum[r][v] = load (bias + v * VECTOR);
  for (size_t s = 0; s < p->n_segments; s++) {
    const float *const segment = a + (p->segments ? p->segments[s] : 0);

    for (size_t k = 0; k < p->segment_len; k++, b += PANEL) {
      const V b0 = load (b), b1 = load (b + VECTOR);

#pragma GCC unroll 32
      for (size_t r = 0; r < rows; r++) {
        const V x = splat (segment[r * p->lda + k]);

        sum[r][0] += x * b0;
        if (vectors > 1)
          sum[r][1] += x * b1;
      }
    }
  }
#pragma GCC unroll 32
  for (size_t r = 0; r < rows; r++)
    store_columns (c + r * p->ldc, sum[r], vectors, n);
}

/* All rows of one panel: tiles of many rows, then of fewer, then single ones.
 */
INLINE void
panel_product (const NnProduct *p, size_t vectors, const float *b,
    const float *bias, float *c, size_t n)
{
  const size_t many = vectors == 1 ? 2 * ROWS : ROWS, some = many / 3;
  size_t r = 0;

  for (; r + many <= p->m; r += many)
    tile (p, many, vectors, p->a + r * p->lda, b, bias, c + r * p->ldc, n);
  for (; r + some <= p->m; r += some)
    tile (p, some, vectors, p->a + r * p->lda, b, bias, c + r * p->ldc, n);
  for (; r < p->m; r++)
    tile (p, 1, vectors, p->a + r * p->lda, b, bias, c + r * p->ldc, n);
}

void
NN_PATH (product) (const NnProduct *p)
{
  for (size_t j = 0; j < p->b->n; j += PANEL) {
    const float *const b = p->b->data + j * p->b->k;
    const size_t n = p->b->n - j < PANEL ? p->b->n - j : PANEL;
    float bias[PANEL] = { 0 };

    if (p->bias)
      memcpy (bias, p->bias + j, n * sizeof *bias);
    if (n > VECTOR)
      panel_product (p, 2, b, bias, p->c + j, n);
    else
      panel_product (p, 1, b, bias, p->c + j, n);
  }
}

#define BLOCK 128 /* rows of b that are packed at once */

/* rows x n of c += rows columns of a, times a packed panel of b. */
INLINE void
transposed_tile (const NnTransposedProduct *p, size_t rows, size_t vectors,
    size_t m, const float *a, const float *b, float *c, size_t n)
{
  V sum[2 * ROWS][2];

#pragma GCC unroll 32
  for (size_t r = 0; r < rows; r++)
    load_columns (c + r * p->ldc, sum[r], vectors, n);
  for (size_t i = 0; i < m; i++, a += p->lda, b += PANEL) {
    const V b0 = load (b), b1 = load (b + VECTOR);

#pragma GCC unroll 32
    for (size_t r = 0; r < rows; r++) {
      const V x = splat (a[r]);

      sum[r][0] += x * b0;
      if (vectors > 1)
        sum[r][1] += x * b1;
    }
  }
#pragma GCC unroll 32
  for (size_t r = 0; r < rows; r++)
    store_columns (c + r * p->ldc, sum[r], vectors, n);
}

INLINE void
transposed_panel (const NnTransposedProduct *p, size_t vectors, size_t m,
    const float *a, const float *b, float *c, size_t n)
{
  const size_t many = vectors == 1 ? 2 * ROWS : ROWS, some = many / 3;
  size_t k = 0;

  for (; k + many <= p->k; k += many)
    transposed_tile (p, many, vectors, m, a + k, b, c + k * p->ldc, n);
  for (; k + some <= p->k; k += some)
    transposed_tile (p, some, vectors, m, a + k, b, c + k * p->ldc, n);
  for (; k < p->k; k++)
    transposed_tile (p, 1, vectors, m, a + k, b, c + k * p->ldc, n);
}

void
NN_PATH (transposed_product) (const NnTransposedProduct *p)
{
  float b[BLOCK * PANEL];

  for (size_t i = 0; i < p->m; i += BLOCK) {
    const float *const a = p->a + i * p->lda;
    const size_t m = p->m - i < BLOCK ? p->m - i : BLOCK;

    for (size_t j = 0; j < p->n; j += PANEL) {
      const size_t n = p->n - j < PANEL ? p->n - j : PANEL;

      if (n < PANEL)
        memset (b, 0, sizeof b);
      for (size_t r = 0; r < m; r++)
        memcpy (b + r * PANEL, p->b + (i + r) * p->ldb + j, n * sizeof *b);
      if (n > VECTOR)
        transposed_panel (p, 2, m, a, b, p->c + j, n);
      else
        transposed_panel (p, 1, m, a, b, p->c + j, n);
    }
  }
}

/* sum [PANEL] += x [k] times a panel b [k][PANEL]. Four additions of each are
 * under way at a time, so that none waits for the one before. The weights come
 * from the second cache, whose bandwidth is the limit: they are read from front
 * to back, by instructions that each go on in steps of one size, which is what
 * processors foresee. */
INLINE void
add_panel_product (const float *x, size_t k, const float *b, V *sum)
{
  V s[4][2] = { { sum[0], sum[1] } };
  size_t i = 0;

  for (; i + 4 <= k; i += 4, b += 4 * PANEL)
#pragma GCC unroll 4
    for (size_t j = 0; j < 4; j++) {
      const V xi = splat (x[i + j]);

      s[j][0] += xi * load (b + j * PANEL);
      s[j][1] += xi * load (b + j * PANEL + VECTOR);
    }
  for (; i < k; i++, b += PANEL) {
    s[0][0] += splat (x[i]) * load (b);
    s[0][1] += splat (x[i]) * load (b + VECTOR);
  }
#pragma GCC unroll 2
  for (size_t v = 0; v < 2; v++)
    sum[v] = (s[0][v] + s[1][v]) + (s[2][v] + s[3][v]);
}

void
NN_PATH (vector_product) (const float *x, const NnPacked *p, float *y)
{
  const float *b = p->data;

  for (size_t j = 0; j < p->n; j += PANEL, b += PANEL * p->k) {
    const size_t n = p->n - j < PANEL ? p->n - j : PANEL;
    V sum[2];

    load_columns (y + j, sum, 2, n);
    add_panel_product (x, p->k, b, sum);
    store_columns (y + j, sum, 2, n);
  }
}
