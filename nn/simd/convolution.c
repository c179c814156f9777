/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a convolution does besides products: see nn/simd.h. */
#include "nn/simd/kernels.h"
#include "nn/simd/vector.h"

/* What follows the maximum of a pool (or the minimum, see NnFinish). */
INLINE V
finish (const NnFinish *f, V high, V low, V scale, V offset)
{
  V x = high;

  if (f->scale)
    x = select_ (scale < splat (0), low, high);
  x = rectify (x, f->slope_before);
  if (f->scale)
    x = x * scale + offset;
  return rectify (x, f->slope_after);
}

/* One output position, a vector of channels from c on. */
INLINE V
finish_vector (const NnFinish *what, const float *rows, size_t channels,
    size_t ld, size_t c)
{
  V high = load (rows + c), low = high;

  for (size_t y = 0; y < what->pool_y; y++)
    for (size_t x = 0; x < what->pool_x; x++) {
      const V one = load (rows + y * ld + x * channels + c);

      high = max_ (one, high);
      if (what->scale)
        low = min_ (one, low);
    }
  return finish (what, high, low,
      what->scale ? load (what->scale + c) : splat (1),
      what->scale ? load (what->offset + c) : splat (0));
}

/* The last n channels, fewer than a vector. */
static void
finish_rest (
    const NnFinishRow *f, const float *rows, size_t c, size_t n, float *out)
{
  const NnFinish *const what = f->finish;
  const size_t positions = what->pool_y * what->pool_x, bytes = n * sizeof *out;
  float high[VECTOR] = { 0 }, low[VECTOR] = { 0 }, one[VECTOR] = { 0 };
  float scale[VECTOR] = { 0 }, offset[VECTOR] = { 0 };

  for (size_t i = 0; i < positions; i++) {
    memcpy (one,
        rows + i / what->pool_x * f->ld + i % what->pool_x * f->channels + c,
        bytes);
    store (high, i > 0 ? max_ (load (one), load (high)) : load (one));
    store (low, i > 0 ? min_ (load (one), load (low)) : load (one));
  }
  if (what->scale) {
    memcpy (scale, what->scale + c, bytes);
    memcpy (offset, what->offset + c, bytes);
  }
  store (
      one, finish (what, load (high), load (low), load (scale), load (offset)));
  memcpy (out + c, one, bytes);
}

/* Every element by itself: nothing is pooled, and channels do not differ. */
static void
finish_elements (const NnFinishRow *f)
{
  const size_t n = f->n * f->channels;
  const float slope = f->finish->slope_before * f->finish->slope_after;
  size_t i = 0;

  if (slope == 1) {
    if (f->out != f->rows)
      memcpy (f->out, f->rows, n * sizeof *f->out);
    return;
  }
  for (; i + VECTOR <= n; i += VECTOR)
    store (f->out + i, rectify (load (f->rows + i), slope));
  for (; i < n; i++)
    f->out[i] = f->rows[i] >= 0 ? f->rows[i]
        : slope > 0             ? slope * f->rows[i]
                                : 0;
}

/* what: a copy of f->finish, of which the compiler may know parts. */
INLINE void
finish_positions (const NnFinishRow *f, const NnFinish what)
{
  const size_t n = f->n, channels = f->channels, ld = f->ld;
  const float *rows = f->rows;
  float *out = f->out;

  for (size_t i = 0; i < n;
       i++, rows += what.pool_x * channels, out += channels) {
    size_t c = 0;

    for (; c + VECTOR <= channels; c += VECTOR)
      store (out + c, finish_vector (&what, rows, channels, ld, c));
    if (c < channels)
      finish_rest (f, rows, c, channels - c, out);
  }
}

void
NN_PATH (finish_row) (const NnFinishRow *f)
{
  const NnFinish what = *f->finish;

  if (what.pool_y == 1 && what.pool_x == 1 && !what.scale)
    finish_elements (f);
  else if (what.pool_y == 2 && what.pool_x == 2 && !what.scale)
    finish_positions (
        f, (NnFinish){ 2, 2, what.slope_before, what.slope_after, NULL, NULL });
  else if (what.pool_y == 2 && what.pool_x == 1 && !what.scale)
    finish_positions (
        f, (NnFinish){ 2, 1, what.slope_before, what.slope_after, NULL, NULL });
  else
    finish_positions (f, what);
}

/* ---- convolution and pooling in registers ---- */

/* A panel's columns of bias, scale and offset. */
typedef struct {
  float bias[PANEL], scale[PANEL], offset[PANEL];
} Columns;

static void
fill_columns (const NnPooledProduct *p, size_t first, size_t n, Columns *to)
{
  const size_t bytes = n * sizeof (float);

  memset (to, 0, sizeof *to);
  if (p->bias)
    memcpy (to->bias, p->bias + first, bytes);
  if (p->finish->scale) {
    memcpy (to->scale, p->finish->scale + first, bytes);
    memcpy (to->offset, p->finish->offset + first, bytes);
  }
}

/* One pool x pool of products of one panel, of which vectors are not padding,
 * and its end. */
INLINE void
pooled_tile (const NnPooledProduct *p, size_t pool, size_t vectors,
    const float *a, const float *b, const Columns *columns, float *out,
    size_t n)
{
  V sum[9][2], end[2];

#pragma GCC unroll 9
  for (size_t i = 0; i < pool * pool; i++)
#pragma GCC unroll 2
    for (size_t v = 0; v < vectors; v++)
      sum[i][v] = load (columns->bias + v * VECTOR);
  for (size_t s = 0; s < p->n_segments; s++) {
    const float *const segment = a + p->segments[s];

    for (size_t k = 0; k < p->segment_len; k++, b += PANEL) {
      const V b0 = load (b), b1 = load (b + VECTOR);

#pragma GCC unroll 9
      for (size_t i = 0; i < pool * pool; i++) {
        const V x = splat (segment[i / pool * p->row + i % pool * p->lda + k]);

        sum[i][0] += x * b0;
        if (vectors > 1)
          sum[i][1] += x * b1;
      }
    }
  }
#pragma GCC unroll 2
  for (size_t v = 0; v < vectors; v++) {
    V high = sum[0][v], low = sum[0][v];

#pragma GCC unroll 9
    for (size_t i = 1; i < pool * pool; i++) {
      high = max_ (sum[i][v], high);
      low = min_ (sum[i][v], low);
    }
    end[v] = finish (p->finish, high, low, load (columns->scale + v * VECTOR),
        load (columns->offset + v * VECTOR));
  }
  store_columns (out, end, vectors, n);
}

INLINE void
pooled_row (const NnPooledProduct *p, size_t pool, size_t vectors,
    const float *b, const Columns *columns, float *out, size_t n)
{
  for (size_t i = 0; i < p->n; i++)
    pooled_tile (p, pool, vectors, p->a + i * pool * p->lda, b, columns,
        out + i * p->b->n, n);
}

void
NN_PATH (pooled_product) (const NnPooledProduct *p)
{
  for (size_t j = 0; j < p->b->n; j += PANEL) {
    const float *const b = p->b->data + j * p->b->k;
    const size_t n = p->b->n - j < PANEL ? p->b->n - j : PANEL;
    const bool is_small = p->finish->pool_x == 2;
    Columns columns;

    fill_columns (p, j, n, &columns);
    if (is_small && n > VECTOR)
      pooled_row (p, 2, 2, b, &columns, p->out + j, n);
    else if (is_small)
      pooled_row (p, 2, 1, b, &columns, p->out + j, n);
    else if (n > VECTOR)
      pooled_row (p, 3, 2, b, &columns, p->out + j, n);
    else
      pooled_row (p, 3, 1, b, &columns, p->out + j, n);
  }
}
