/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiled several times, with NN_SIMD_NAME and the machine flags that go with
 * it; see nn/simd.h. */
#include <math.h>
#include <string.h>
#include "nn/simd.h"

#if defined(__AVX512F__)
#define VECTOR 16
#define ROWS 12 /* of a tile: 24 of 32 registers accumulate */
#elif defined(__AVX2__)
#define VECTOR 8
#define ROWS 6 /* 12 of 16 registers */
#else
#define VECTOR 4
#define ROWS 4
#endif
#define PANEL (2 * VECTOR)

typedef float V __attribute__ ((vector_size (VECTOR * 4)));
typedef int VI __attribute__ ((vector_size (VECTOR * 4)));
typedef float VU
    __attribute__ ((vector_size (VECTOR * 4), aligned (4), may_alias));

#define INLINE static inline __attribute__ ((always_inline))

INLINE V
load (const float *p)
{
  return *(const VU *) p;
}

INLINE void
store (float *p, V v)
{
  *(VU *) p = v;
}

INLINE V
splat (float x)
{
  return x - (V){ 0 };
}

INLINE V
select_ (VI mask, V a, V b)
{
  return (V) (((VI) a & mask) | ((VI) b & ~mask));
}

INLINE V
min_ (V a, V b)
{
  return select_ (a < b, a, b);
}

INLINE V
max_ (V a, V b)
{
  return select_ (a > b, a, b);
}

/* ---- elementary functions ---- */

/* exp: x = n ln 2 + r, |r| <= ln 2 / 2; a polynomial for exp (r) (Cephes' expf,
 * S. Moshier), then n goes into the exponent. Saturates at +-87.3. */
INLINE V
exp_v (V x)
{
  const V rounder = splat (12582912.f); /* 1.5 * 2^23: rounds when added */
  V n, r, p;

  x = min_ (max_ (x, splat (-87.3f)), splat (88.3f));
  n = x * splat (1.44269504088896341f) + rounder;
  n = n - rounder;
  r = x - n * splat (0.693359375f) - n * splat (-2.12194440e-4f);
  p = splat (1.9875691500e-4f);
  p = p * r + splat (1.3981999507e-3f);
  p = p * r + splat (8.3334519073e-3f);
  p = p * r + splat (4.1665795894e-2f);
  p = p * r + splat (1.6666665459e-1f);
  p = p * r + splat (5.0000001201e-1f);
  p = p * r * r + r + splat (1.f);
  return (V) ((VI) p + (__builtin_convertvector(n, VI) << 23));
}

INLINE V
sigmoid_v (V x)
{
  return splat (1.f) / (splat (1.f) + exp_v (-x));
}

/* tanh: near zero an odd polynomial (Cephes' tanhf), else by exp. */
INLINE V
tanh_v (V x)
{
  const VI sign = (VI) x & (VI) splat (-0.f);
  const V a = (V) ((VI) x & ~(VI) splat (-0.f));
  const V e = exp_v (a + a);
  const V far = splat (1.f) - splat (2.f) / (e + splat (1.f));
  const V z = x * x;
  V p = splat (-5.70498872745e-3f);

  p = p * z + splat (2.06390887954e-2f);
  p = p * z + splat (-5.37397155531e-2f);
  p = p * z + splat (1.33314422036e-1f);
  p = p * z + splat (-3.33332819422e-1f);
  p = p * z * x + x;
  return select_ (a < splat (0.625f), p, (V) ((VI) far | sign));
}

/* Applies f to n floats; the rest goes through a padded vector. */
#define ARRAY_FUNCTION(name, f)                                                \
  static void name (float *x, size_t n)                                        \
  {                                                                            \
    size_t i = 0;                                                              \
                                                                               \
    for (; i + VECTOR <= n; i += VECTOR)                                       \
      store (x + i, f (load (x + i)));                                         \
    if (i < n) {                                                               \
      float rest[VECTOR] = { 0 };                                              \
                                                                               \
      memcpy (rest, x + i, (n - i) * sizeof *x);                               \
      store (rest, f (load (rest)));                                           \
      memcpy (x + i, rest, (n - i) * sizeof *x);                               \
    }                                                                          \
  }

ARRAY_FUNCTION (exp_array, exp_v)
ARRAY_FUNCTION (tanh_array, tanh_v)
ARRAY_FUNCTION (sigmoid_array, sigmoid_v)

/* ---- recurrent gates ---- */

INLINE void
lstm_vector (
    const float *x, const float *rec, size_t stride, float *c, float *h)
{
  const V i = sigmoid_v (load (x) + load (rec));
  const V f = sigmoid_v (load (x + stride) + load (rec + stride));
  const V g = tanh_v (load (x + 2 * stride) + load (rec + 2 * stride));
  const V o = sigmoid_v (load (x + 3 * stride) + load (rec + 3 * stride));
  const V cell = f * load (c) + i * g;

  store (c, cell);
  store (h, o * tanh_v (cell));
}

static void
lstm_gates (const float *x, const float *rec, size_t units, float *c, float *h)
{
  size_t k = 0;

  for (; k + VECTOR <= units; k += VECTOR)
    lstm_vector (x + k, rec + k, units, c + k, h + k);
  if (k < units) {
    const size_t n = (units - k) * sizeof (float);
    float rest[10][VECTOR] = { { 0 } };

    for (size_t gate = 0; gate < 4; gate++) {
      memcpy (rest[gate], x + gate * units + k, n);
      memcpy (rest[4 + gate], rec + gate * units + k, n);
    }
    memcpy (rest[8], c + k, n);
    lstm_vector (rest[0], rest[4], VECTOR, rest[8], rest[9]);
    memcpy (c + k, rest[8], n);
    memcpy (h + k, rest[9], n);
  }
}

INLINE void
gru_vector (const float *x, const float *rec, size_t stride, float *h)
{
  const V z = sigmoid_v (load (x) + load (rec));
  const V r = sigmoid_v (load (x + stride) + load (rec + stride));
  const V g = tanh_v (load (x + 2 * stride) + r * load (rec + 2 * stride));

  store (h, g + z * (load (h) - g));
}

static void
gru_gates (const float *x, const float *rec, size_t units, float *h)
{
  size_t k = 0;

  for (; k + VECTOR <= units; k += VECTOR)
    gru_vector (x + k, rec + k, units, h + k);
  if (k < units) {
    const size_t n = (units - k) * sizeof (float);
    float rest[7][VECTOR] = { { 0 } };

    for (size_t gate = 0; gate < 3; gate++) {
      memcpy (rest[gate], x + gate * units + k, n);
      memcpy (rest[3 + gate], rec + gate * units + k, n);
    }
    memcpy (rest[6], h + k, n);
    gru_vector (rest[0], rest[3], VECTOR, rest[6]);
    memcpy (h + k, rest[6], n);
  }
}

/* ---- products ---- */

/* Stores the first n of a panel's columns, which vectors hold. */
INLINE void
store_columns (float *c, const V *sum, size_t vectors, size_t n)
{
  if (n == vectors * VECTOR) {
    for (size_t v = 0; v < vectors; v++)
      store (c + v * VECTOR, sum[v]);
  } else {
    float rest[PANEL];

    for (size_t v = 0; v < vectors; v++)
      store (rest + v * VECTOR, sum[v]);
    memcpy (c, rest, n * sizeof *c);
  }
}

INLINE void
load_columns (const float *c, V *sum, size_t vectors, size_t n)
{
  if (n == vectors * VECTOR) {
    for (size_t v = 0; v < vectors; v++)
      sum[v] = load (c + v * VECTOR);
  } else {
    float rest[PANEL] = { 0 };

    memcpy (rest, c, n * sizeof *c);
    for (size_t v = 0; v < vectors; v++)
      sum[v] = load (rest + v * VECTOR);
  }
}

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

static void
product (const NnProduct *p)
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

static void
transposed_product (const NnTransposedProduct *p)
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

/* panels panels side by side: as many streams, so that the additions of one
 * do not wait for each other. y: [panels * PANEL]. */
INLINE void
vector_panels (
    const float *x, const NnPacked *p, const float *b, size_t panels, float *y)
{
  V sum[8];

#pragma GCC unroll 8
  for (size_t i = 0; i < 2 * panels; i++)
    sum[i] = load (y + i * VECTOR);
  for (size_t k = 0; k < p->k; k++) {
    const V xk = splat (x[k]);

#pragma GCC unroll 8
    for (size_t i = 0; i < 2 * panels; i++)
      sum[i] +=
          xk * load (b + (i / 2) * p->k * PANEL + k * PANEL + (i % 2) * VECTOR);
  }
#pragma GCC unroll 8
  for (size_t i = 0; i < 2 * panels; i++)
    store (y + i * VECTOR, sum[i]);
}

static void
vector_product (const float *x, const NnPacked *p, float *y)
{
  size_t j = 0;

  for (; j + 4 * PANEL <= p->n; j += 4 * PANEL)
    vector_panels (x, p, p->data + j * p->k, 4, y + j);
  for (; j + PANEL <= p->n; j += PANEL)
    vector_panels (x, p, p->data + j * p->k, 1, y + j);
  if (j < p->n) {
    float rest[PANEL] = { 0 };

    memcpy (rest, y + j, (p->n - j) * sizeof *y);
    vector_panels (x, p, p->data + j * p->k, 1, rest);
    memcpy (y + j, rest, (p->n - j) * sizeof *y);
  }
}

/* ---- what follows a convolution ---- */

/* One vector of channels of one output position. */
INLINE V
finish_vector (const NnFinishRow *f, const float *row, size_t c)
{
  const V zero = splat (0);
  V best = zero;

  for (size_t k = 0; k < f->pool; k++) {
    V x = load (row + k * f->channels + c);

    if (f->relu_before)
      x = select_ (x < zero, zero, x);
    if (f->scale)
      x = x * load (f->scale + c) + load (f->offset + c);
    if (f->relu_after)
      x = select_ (x < zero, zero, x);
    best = k == 0 ? x : max_ (x, best);
  }
  return best;
}

/* The last channels, fewer than a vector. */
static void
finish_rest (const NnFinishRow *f, const float *row, size_t c, float *out)
{
  for (; c < f->channels; c++)
    for (size_t k = 0; k < f->pool; k++) {
      float x = row[k * f->channels + c];

      if (f->relu_before && x < 0)
        x = 0;
      if (f->scale)
        x = x * f->scale[c] + f->offset[c];
      if (f->relu_after && x < 0)
        x = 0;
      if ((k == 0 && !f->add) || x > out[c])
        out[c] = x;
    }
}

static void
finish_row (const NnFinishRow *f)
{
  for (size_t i = 0; i < f->n; i++) {
    const float *const row = f->row + i * f->pool * f->channels;
    float *const out = f->out + i * f->channels;
    size_t c = 0;

    for (; c + VECTOR <= f->channels; c += VECTOR) {
      const V best = finish_vector (f, row, c);

      store (out + c, f->add ? max_ (best, load (out + c)) : best);
    }
    finish_rest (f, row, c, out);
  }
}

#define CONCAT_(a, b) a##b
#define CONCAT(a, b) CONCAT_ (a, b)
#define STRING_(a) #a
#define STRING(a) STRING_ (a)

extern const NnSimd CONCAT (nn_simd_, NN_SIMD_NAME);
const NnSimd CONCAT (nn_simd_, NN_SIMD_NAME) = {
  .name = STRING (NN_SIMD_NAME),
  .vector = VECTOR,
  .panel = PANEL,
  .product = product,
  .transposed_product = transposed_product,
  .vector_product = vector_product,
  .finish_row = finish_row,
  .exp = exp_array,
  .tanh = tanh_array,
  .sigmoid = sigmoid_array,
  .lstm_gates = lstm_gates,
  .gru_gates = gru_gates,
};
