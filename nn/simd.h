/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inner loops of the network, compiled for several generations of
 * processors, one of which is chosen at run time.
 *   nn/simd/products.c, convolution.c, winograd.c, recurrent.c, kernels.c
 *                      the loops, with the compiler's vector extensions: the
 * same source for SSE2 or NEON (4 floats), AVX2 (8), AVX-512
 *   nn/simd/quantised.c
 *                      products of bytes, for which processors differ more
 *   nn/simd/loops.c, columns.c
 *                      loops over arrays and matrices: nn/loops.h
 *   nn/simd/simd.c     the choice; EMOTION_SIMD=generic|avx2|avx512|avx512vnni
 *                      forces one
 * All functions run on the calling thread, allocate nothing and are pure: the
 * same input gives the same bits on the same path. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* A matrix b [k][n], repacked at load for the products below: panels of
 * NnSimd.panel columns, each [k][panel], the last one padded with zeros. */
typedef struct {
  size_t k, n;
  float *data; /* aligned */
} NnPacked;

/* c [m][n] = bias + a b. The rows of a consist of segments, so that a
 * convolution is a product without gathering patches. Row r of a is
 *   a[segments[0] + r * lda ...], a[segments[1] + r * lda ...], ...
 * of segment_len each, with n_segments * segment_len == b->k. */
typedef struct {
  size_t m;
  const float *a;
  size_t lda; /* distance of two rows; they may overlap */
  size_t n_segments, segment_len;
  const size_t *segments; /* [n_segments]; NULL: one, at 0 */
  const NnPacked *b;
  const float *bias; /* [n] start of every row of c, or NULL: zeros */
  bool accumulate;   /* c starts as it is (bias is not used) */
  float *c;
  size_t ldc;
} NnProduct;

/* A matrix [k][n] with each column rounded to 255 levels, for products with
 * numbers in -1 ... 1, which are rounded likewise: element (i, j) is
 * 127 * scale[j] * an integer in -127 ... 127. Panels as in NnPacked, each
 * [k / 4, rounded up][panel][4]; padded with zeros. */
typedef struct {
  size_t k, n;
  gint8 *data;    /* aligned; contains the arrays below */
  float *scale;   /* [n, whole panels] */
  gint32 *excess; /* [n, whole panels]: 128 * the sum of the integers */
} NnQuantised;

/* Bytes of a row of k numbers. */
static inline size_t
nn_quantised_row_len (size_t k)
{
  return (k + 3) / 4 * 4;
}

/* c [m][n] = bias + a b */
typedef struct {
  size_t m;
  const float *a; /* [m][k]; clamped to -1 ... 1 */
  const NnQuantised *b;
  const float *bias; /* [n], or NULL: zeros */
  guint8 *bytes;     /* scratch [m][nn_quantised_row_len (k)] */
  float *c;
  size_t ldc;
} NnQuantisedProduct;

/* The end of a convolution: the maximum of pool_y x pool_x neighbours, leaky
 * ReLU, scale * x + offset, leaky ReLU. Equivalent to the maximum at the end,
 * since the functions after it are monotonic; where scale is below 0, the
 * minimum is taken. */
typedef struct {
  size_t pool_y, pool_x; /* 1: no pooling */
  /* What numbers below 0 are multiplied by, 0 to 1: 0 is ReLU, 1 is nothing. */
  float slope_before, slope_after;
  const float *scale, *offset; /* [channels], or NULL */
} NnFinish;

/* rows [pool_y][n * pool_x][channels], ld apart -> out [n][channels]; out may
 * be rows if nothing is pooled. */
typedef struct {
  const NnFinish *finish;
  const float *rows;
  size_t ld, n, channels;
  float *out;
} NnFinishRow;

/* A convolution of few taps with its end, in registers: each out [n][b->n] is
 * the end of pool_y x pool_x products. Row r, column c of those has its
 * segments (as in NnProduct) at a + r * row + (i * pool_x + c) * lda. */
typedef struct {
  const NnFinish *finish; /* pools of nn_has_pooled_product */
  size_t n;
  const float *a;
  size_t lda, row;
  size_t n_segments, segment_len;
  const size_t *segments;
  const NnPacked *b;
  const float *bias; /* [b->n], or NULL: zeros */
  float *out;
} NnPooledProduct;

static inline bool
nn_has_pooled_product (const NnFinish *finish)
{
  return finish->pool_y == finish->pool_x
      && (finish->pool_y == 2 || finish->pool_y == 3);
}

/* Convolutions of 3 x 3 taps by Winograd's minimal filtering F(4x4, 3x3) (Lavin
 * & Gray 2016): 36 products replace 9 for each 16 outputs, one for each element
 * of transformed patches of 6 x 6. */
#define NN_WINOGRAD_TILE 4
#define NN_WINOGRAD_PATCH 6
#define NN_WINOGRAD_PRODUCTS 36

/* The same along one axis, F(4, 3): 6 products in place of 12 for 4 outputs.
 * Tile t of n: element j of 6 of its patch (or of 4, of the gradient of its
 * outputs) is at in[j] + t * step -> of 6, at out + j * ld + t * channels. */
typedef struct {
  const float *in[NN_WINOGRAD_PATCH];
  size_t n, step, channels; /* at least a vector */
  float *out;
  size_t ld;
} NnWinogradLineInput;

/* Product j of 6 at in + j * ld + t * channels -> output j of 4, with bias and
 * leaky ReLU, at out[j] + t * step. */
typedef struct {
  const float *in;
  size_t ld;
  size_t n, step, channels; /* at least a vector */
  const float *bias;        /* [channels], or NULL */
  float slope;              /* as in NnFinish */
  float *out[NN_WINOGRAD_TILE];
} NnWinogradLineOutput;

/* c [k][n] += transpose of a, times b: the gradient of a product's b. Sums run
 * over m in order. */
typedef struct {
  size_t m, k, n;
  const float *a; /* [m][k], its rows made of segments as in NnProduct */
  size_t lda;
  size_t n_segments; /* of k / n_segments each */
  const size_t *segments;
  const float *b; /* [m][n] */
  size_t ldb;
  float *c;
  size_t ldc;
} NnTransposedProduct;

struct _NnLoops;

typedef struct {
  const char *name;
  size_t vector;                /* floats in a register */
  size_t panel;                 /* columns of a panel of NnPacked */
  const struct _NnLoops *loops; /* nn/loops.h */

  void (*product) (const NnProduct *product);
  void (*transposed_product) (const NnTransposedProduct *product);
  /* y [n] += x [k] b */
  void (*vector_product) (const float *x, const NnPacked *b, float *y);

  void (*quantised_product) (const NnQuantisedProduct *product);

  void (*finish_row) (const NnFinishRow *row);
  void (*pooled_product) (const NnPooledProduct *product);

  /* A kernel [3][3][size] transformed: out [36][size]. */
  void (*winograd_kernel) (const float *kernel, size_t size, float *out);
  /* channels are a multiple of vector; element i of a patch of one channel goes
   * to out + i * ld. in: [6][6][channels], rows and columns so far apart. */
  void (*winograd_input) (const float *in, size_t row, size_t column,
      size_t channels, float *out, size_t ld);
  /* The products, element i at in + i * ld, -> out [4][4][channels]. bias:
   * [channels], or NULL. */
  void (*winograd_output) (const float *in, size_t ld, size_t channels,
      const float *bias, float *out, size_t row, size_t column);

  /* For the gradient of the kernel: that of the outputs [4][4][channels]
   * transformed, element i to out + i * ld; and the sums [36][size] of its
   * products with the patches, added to grad [3][3][size]. size is a multiple
   * of vector. */
  void (*winograd_gradient) (const float *in, size_t row, size_t column,
      size_t channels, float *out, size_t ld);
  void (*winograd_kernel_gradient) (
      const float *sums, size_t size, float *grad);

  /* A kernel [3][size] transformed: out [6][size]. */
  void (*winograd_line_kernel) (const float *kernel, size_t size, float *out);
  void (*winograd_line_input) (const NnWinogradLineInput *line);
  void (*winograd_line_output) (const NnWinogradLineOutput *line);
  /* For the gradient of the kernel: that of the outputs transformed, and the
   * sums [6][size] of its products with the patches, added to grad [3][size].
   */
  void (*winograd_line_gradient) (const NnWinogradLineInput *line);
  void (*winograd_line_kernel_gradient) (
      const float *sums, size_t size, float *grad);

  /* In place over n floats; tests/nn/test-simd.c states the error. */
  void (*exp) (float *x, size_t n);
  void (*tanh) (float *x, size_t n);
  void (*sigmoid) (float *x, size_t n);

  /* A time step of a recurrent layer after its products, with the activations
   * tanh and sigmoid. x: the input's product and its bias; rec: the state's
   * product (and its bias); gates in Keras' order. x, rec [4 * units] (i f c o)
   * -> c, h [units] */
  void (*lstm_gates) (
      const float *x, const float *rec, size_t units, float *c, float *h);
  /* x, rec [3 * units] (z r h) -> h [units]; reset_after */
  void (*gru_gates) (const float *x, const float *rec, size_t units, float *h);
} NnSimd;

/* The best for this processor. */
const NnSimd *nn_simd (void);
/* By name, or NULL if this processor or build lacks it. */
const NnSimd *nn_simd_find (const char *name);

/* Packs b [k][n], with rows ldb apart, for a path. packed must be zeroed, or
 * packed before for that path: the memory of a matrix of the same size is
 * reused. Free with nn_packed_clear; false, and all zero, if out of memory. */
bool nn_packed_init (NnPacked *packed, const NnSimd *simd, const float *b,
    size_t ldb, size_t k, size_t n);
void nn_packed_clear (NnPacked *packed);

/* Rounds b [k][n] with rows ldb apart, each column by its largest element. Free
 * with nn_quantised_clear; false if out of memory, if an element is not finite,
 * or if there are too many rows for sums of integers. */
bool nn_quantised_init (NnQuantised *quantised, const NnSimd *simd,
    const float *b, size_t ldb, size_t k, size_t n);
void nn_quantised_clear (NnQuantised *quantised);

/* The same in the caller's memory: nn_packed_len floats, aligned as floats.
 * Element (i, j) of b is b[i * row + j * column], so b may be read transposed.
 * Do not clear. */
size_t nn_packed_len (const NnSimd *simd, size_t k, size_t n);
NnPacked nn_packed_at (float *memory, const NnSimd *simd, const float *b,
    size_t row, size_t column, size_t k, size_t n);
