/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Matrix products on packed weights: see nn/simd.h. */
#include "nn/simd/kernels.h"
#include "nn/simd/vector.h"

#define MAX_ROWS 12 /* of tiles that are not the largest */
#define MOST_ROWS (2 * ROWS > MAX_ROWS ? 2 * ROWS : MAX_ROWS)
/* A tile of a panel and the one half of the next has fewer rows. Half a panel
 * by itself would load a number of a for each vector that it multiplies. */
#define WIDE 3 /* vectors */
#define WIDE_ROWS (2 * ROWS / WIDE)
#define HAS_WIDE (WIDE_ROWS >= 4)

/* A tile's rows where the panel has fewer columns than the tile. Not in line:
 * tiles of many heights would each repeat it for each row, and compilers take
 * minutes for that. */
static __attribute__ ((noinline)) void
fetch_rest (const float *c, size_t ldc, size_t rows, size_t n, float *rest)
{
  memset (rest, 0, rows * WIDE * VECTOR * sizeof *rest);
  for (size_t r = 0; r < rows; r++)
    memcpy (rest + r * WIDE * VECTOR, c + r * ldc, n * sizeof *c);
}

static __attribute__ ((noinline)) void
put_rest (float *c, size_t ldc, size_t rows, size_t n, const float *rest)
{
  for (size_t r = 0; r < rows; r++)
    memcpy (c + r * ldc, rest + r * WIDE * VECTOR, n * sizeof *c);
}

/* The first n columns of rows of c. */
INLINE void
load_tile (const float *c, size_t ldc, size_t rows, size_t vectors, size_t n,
    V (*sum)[WIDE])
{
  float rest[MOST_ROWS * WIDE * VECTOR];

  if (n < vectors * VECTOR) {
    fetch_rest (c, ldc, rows, n, rest);
    c = rest;
    ldc = WIDE * VECTOR;
  }
#pragma GCC unroll 32
  for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 3
    for (size_t v = 0; v < vectors; v++)
      sum[r][v] = load (c + r * ldc + v * VECTOR);
}

INLINE void
store_tile (
    float *c, size_t ldc, size_t rows, size_t vectors, size_t n, V (*sum)[WIDE])
{
  float rest[MOST_ROWS * WIDE * VECTOR];
  const bool is_part = n < vectors * VECTOR;
  float *const to = is_part ? rest : c;
  const size_t ld = is_part ? WIDE * VECTOR : ldc;

#pragma GCC unroll 32
  for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 3
    for (size_t v = 0; v < vectors; v++)
      store (to + r * ld + v * VECTOR, sum[r][v]);
  if (is_part)
    put_rest (c, ldc, rows, n, rest);
}

/* rows x vectors * VECTOR of c, in registers from first to last; vectors is 2,
 * or 1 where the rest of the panel is padding, or WIDE. */
INLINE void
tile (const NnProduct *p, size_t rows, size_t vectors, const float *a,
    const float *b, const float *bias, float *c, size_t n)
{
  const size_t next_panel = PANEL * p->b->k;
  V sum[MOST_ROWS][WIDE];

  if (p->accumulate)
    load_tile (c, p->ldc, rows, vectors, n, sum);
  else
#pragma GCC unroll 32
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 3
      for (size_t v = 0; v < vectors; v++)
        sum[r][v] = load (bias + v * VECTOR);
  for (size_t s = 0; s < p->n_segments; s++) {
    const float *const segment = a + (p->segments ? p->segments[s] : 0);

    for (size_t k = 0; k < p->segment_len; k++, b += PANEL) {
      const V b0 = load (b), b1 = load (b + VECTOR);
      const V b2 = vectors > 2 ? load (b + next_panel) : b1;

#pragma GCC unroll 32
      for (size_t r = 0; r < rows; r++) {
        const V x = splat (segment[r * p->lda + k]);

        sum[r][0] += x * b0;
        if (vectors > 1)
          sum[r][1] += x * b1;
        if (vectors > 2)
          sum[r][2] += x * b2;
      }
    }
  }
  store_tile (c, p->ldc, rows, vectors, n, sum);
}

/* A tile of some of the last rows: single rows would wait for themselves. Of
 * the largest tiles not all sizes are built, which compilers need a minute for.
 * Returns how many. */
INLINE size_t
last_rows (const NnProduct *p, size_t left, size_t vectors, const float *a,
    const float *b, const float *bias, float *c, size_t n)
{
  const size_t most = vectors == WIDE ? WIDE_ROWS : ROWS;
  const size_t rows = left >= most ? (left + 1) / 2
      : ROWS <= 6                  ? left
      : left >= 4                  ? 4
                                   : 1;

  switch (rows) {
#define ROWS_CASE(rows)                                                        \
  case rows:                                                                   \
    if (rows < most && (ROWS <= 6 || rows == 4 || rows == 1))                  \
      tile (p, rows, vectors, a, b, bias, c, n);                               \
    break;
    ROWS_CASE (1)
    ROWS_CASE (2)
    ROWS_CASE (3)
    ROWS_CASE (4)
    ROWS_CASE (5)
#undef ROWS_CASE
  }
  return rows;
}

/* All rows of one panel: tiles of many rows, then of fewer. */
INLINE void
panel_product (const NnProduct *p, size_t vectors, const float *b,
    const float *bias, float *c, size_t n)
{
  const size_t many = vectors == 1 ? 2 * ROWS
      : vectors == WIDE            ? WIDE_ROWS
                                   : ROWS;
  const size_t few = p->m % many;
  /* One or two rows by themselves would take as long as four. */
  const bool shares = ROWS == 6 && vectors > 1 && few > 0 && few < 3;
  const size_t end = shares && p->m > many ? p->m - many - few : p->m;
  size_t r = 0;

  for (; r + many <= end; r += many)
    tile (p, many, vectors, p->a + r * p->lda, b, bias, c + r * p->ldc, n);
  if (vectors == 1 && r + ROWS <= p->m) {
    tile (p, ROWS, vectors, p->a + r * p->lda, b, bias, c + r * p->ldc, n);
    r += ROWS;
  }
  while (r < p->m)
    r += last_rows (
        p, p->m - r, vectors, p->a + r * p->lda, b, bias, c + r * p->ldc, n);
}

void
NN_PATH (product) (const NnProduct *p)
{
  for (size_t j = 0, n; j < p->b->n; j += n) {
    const float *const b = p->b->data + j * p->b->k;
    const size_t left = p->b->n - j;
    float bias[WIDE * VECTOR] = { 0 };

    n = HAS_WIDE && left > PANEL && left <= WIDE * VECTOR ? left
                                                          : MIN (left, PANEL);
    if (p->bias)
      memcpy (bias, p->bias + j, n * sizeof *bias);
    if (HAS_WIDE && n > PANEL)
      panel_product (p, WIDE, b, bias, p->c + j, n);
    else if (n > VECTOR)
      panel_product (p, 2, b, bias, p->c + j, n);
    else
      panel_product (p, 1, b, bias, p->c + j, n);
  }
}

#define BLOCK 128 /* rows of b that are packed at once */
/* Up to here the rows of b serve as they are: no page is left too soon. */
#define NEAR ((size_t) 4 * PANEL)

/* A tile of c and what it is the sum of: m rows of b, times columns of a, which
 * begin at a, a + 1, ... or at column[0], column[1], ... */
typedef struct {
  const NnTransposedProduct *p;
  size_t m;
  const float *a;
  const float *const *column;
  const float *b;
  size_t ldb;
  float *c;
  size_t n;
} TransposedTile;

/* rows x n of c += rows columns of a, times b. */
INLINE void
transposed_tile (
    const TransposedTile *t, size_t rows, size_t vectors, bool is_gathered)
{
  const size_t lda = t->p->lda, ldc = t->p->ldc;
  const float *a = t->a, *b = t->b;
  V sum[MOST_ROWS][WIDE];

  load_tile (t->c, ldc, rows, vectors, t->n, sum);
  for (size_t i = 0; i < t->m; i++, a += lda, b += t->ldb) {
    const V b0 = load (b), b1 = vectors > 1 ? load (b + VECTOR) : b0;

#pragma GCC unroll 32
    for (size_t r = 0; r < rows; r++) {
      const V x = splat (is_gathered ? t->column[r][i * lda] : a[r]);

      sum[r][0] += x * b0;
      if (vectors > 1)
        sum[r][1] += x * b1;
    }
  }
  store_tile (t->c, ldc, rows, vectors, t->n, sum);
}

/* A tile of so many rows as there are: single rows would wait for themselves.
 */
INLINE void
transposed_rows (
    const TransposedTile *t, size_t rows, size_t vectors, bool is_gathered)
{
  switch (rows) {
#define ROWS_CASE(n)                                                           \
  case n:                                                                      \
    if (n * vectors <= 2 * ROWS)                                               \
      transposed_tile (t, n, vectors, is_gathered);                            \
    break;
    ROWS_CASE (1)
    ROWS_CASE (2)
    ROWS_CASE (3)
    ROWS_CASE (4)
    ROWS_CASE (5)
    ROWS_CASE (6)
    ROWS_CASE (7)
    ROWS_CASE (8)
    ROWS_CASE (9)
    ROWS_CASE (10)
    ROWS_CASE (11)
    ROWS_CASE (12)
#undef ROWS_CASE
  }
}

/* All rows of c: t stands at the first. Segments that are shorter than a tile
 * share one. */
INLINE void
transposed_panel (TransposedTile t, size_t vectors)
{
  const NnTransposedProduct *const p = t.p;
  const size_t many = vectors == 1 ? 2 * ROWS : ROWS;
  const size_t most = many < MAX_ROWS ? many : MAX_ROWS;
  const size_t len = p->k / p->n_segments;
  const float *const a = t.a;
  const float *column[MAX_ROWS];

  t.column = column;
  if (len < most) {
    for (size_t k = 0, rows; k < p->k; k += rows, t.c += rows * p->ldc) {
      rows = p->k - k < most ? p->k - k : most;
      for (size_t r = 0; r < rows; r++)
        column[r] =
            a + (p->segments ? p->segments[(k + r) / len] : 0) + (k + r) % len;
      transposed_rows (&t, rows, vectors, true);
    }
    return;
  }
  for (size_t s = 0; s < p->n_segments; s++) {
    size_t k = 0;

    t.a = a + (p->segments ? p->segments[s] : 0);
    for (; k + many <= len; k += many, t.a += many, t.c += many * p->ldc)
      transposed_tile (&t, many, vectors, false);
    for (size_t rows; k < len; k += rows, t.a += rows, t.c += rows * p->ldc) {
      rows = len - k < most ? len - k : most;
      transposed_rows (&t, rows, vectors, false);
    }
  }
}

/* m rows of n columns, with zeros up to a panel. */
INLINE void
pack_rows (const float *b, size_t ldb, size_t m, size_t n, float *packed)
{
  if (n == PANEL) {
    for (size_t r = 0; r < m; r++)
      memcpy (packed + r * PANEL, b + r * ldb, PANEL * sizeof *packed);
    return;
  }
  memset (packed, 0, m * PANEL * sizeof *packed);
  for (size_t r = 0; r < m; r++)
    memcpy (packed + r * PANEL, b + r * ldb, n * sizeof *packed);
}

void
NN_PATH (transposed_product) (const NnTransposedProduct *p)
{
  const bool is_direct = p->ldb <= NEAR && p->n % VECTOR == 0;
  const size_t block = is_direct ? p->m : BLOCK;
  float packed[BLOCK * PANEL];

  for (size_t i = 0; i < p->m; i += block) {
    const size_t m = p->m - i < block ? p->m - i : block;

    for (size_t j = 0; j < p->n; j += PANEL) {
      const size_t n = p->n - j < PANEL ? p->n - j : PANEL;
      const float *const b = p->b + i * p->ldb + j;
      const TransposedTile tile = { .p = p,
        .m = m,
        .a = p->a + i * p->lda,
        .b = is_direct ? b : packed,
        .ldb = is_direct ? p->ldb : PANEL,
        .c = p->c + j,
        .n = n };

      if (!is_direct)
        pack_rows (b, p->ldb, m, n, packed);
      if (n > VECTOR)
        transposed_panel (tile, 2);
      else
        transposed_panel (tile, 1);
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
