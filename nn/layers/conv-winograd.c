/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Convolutions of 3 x 3 taps by Winograd's minimal filtering (nn/simd.h): a
 * quarter of the multiplications. Some rows of tiles at a time:
 *   patches [36][tiles][channels] times kernels [36][channels][filters]
 *   -> products [36][tiles][filters] -> rows of outputs
 *   gradient of the outputs -> [36][tiles][filters], times patches
 *   -> sums [36][channels][filters] -> gradient of the kernel
 */
#include <string.h>
#include "nn/layers/conv.h"

#define TILE ((size_t) NN_WINOGRAD_TILE)
#define PATCH ((size_t) NN_WINOGRAD_PATCH)
#define PRODUCTS ((size_t) NN_WINOGRAD_PRODUCTS)

/* With fewer tiles, loading the transformed kernel from memory does not pay. */
#define MIN_TILES ((size_t) 6)
/* Rows of tiles at a time, so that products stay in the cache. */
#define MAX_TILES ((size_t) 48)
/* For the gradient of the kernel, whose sums are four times as large as that:
 * tiles at a time, and the fewest that a sample may have. */
#define GRADIENT_TILES ((size_t) 24)
/* Floats of the transformed kernel, four times those of the kernel. */
#define MAX_KERNEL ((size_t) 1 << 20)

static size_t
tiles_x (const NnConv *self)
{
  return (self->window.x.out + TILE - 1) / TILE;
}

static size_t
tiles_y (const NnConv *self)
{
  return (self->window.y.out + TILE - 1) / TILE;
}

/* Rows of tiles at a time: they end where a pool does. */
static size_t
rows_at_once (const NnConv *self)
{
  size_t step = 1;

  while (step * TILE % self->end.pool_y)
    step++;
  return step * MAX (1, MIN_TILES / (step * tiles_x (self)));
}

static bool
is_plain (const NnAxis *axis)
{
  return axis->kernel == 3 && axis->stride == 1 && axis->dilation == 1;
}

static bool
winograd_suits (const NnConv *self)
{
  const NnWindow *const window = &self->window;
  const size_t vector = nn_simd ()->vector;

  return window->n_axes == 2 && self->groups == 1 && is_plain (&window->y)
      && is_plain (&window->x) && window->channels % vector == 0
      && self->filters % vector == 0
      && window->channels * self->filters <= MAX_KERNEL / PRODUCTS
      && tiles_y (self) * tiles_x (self) >= MIN_TILES
      && rows_at_once (self) * tiles_x (self) <= MAX_TILES;
}

/* Floats of a row of outputs, whole tiles. */
static size_t
row_len (const NnConv *self)
{
  return tiles_x (self) * TILE * self->filters;
}

/* Layout of the scratch memory, in floats. */
typedef struct {
  size_t patch;    /* [6][6][channels] at an edge */
  size_t patches;  /* [36][tiles][channels] */
  size_t products; /* [36][tiles][filters] */
  size_t rows;     /* [rows of outputs][tiles_x * 4][filters] */
  size_t end;
} Layout;

static Layout
lay_out (const NnConv *self)
{
  const size_t channels = self->window.channels;
  const size_t tiles = rows_at_once (self) * tiles_x (self);
  Layout l = { .patch = 0 };

  l.patches = l.patch + PATCH * PATCH * channels;
  l.products = l.patches + PRODUCTS * tiles * channels;
  l.rows = l.products + PRODUCTS * tiles * self->filters;
  l.end = l.rows + rows_at_once (self) * TILE * row_len (self);
  return l;
}

static size_t
winograd_scratch (const NnConv *self)
{
  return lay_out (self).end;
}

static bool
winograd_pack (NnConv *self, const float *kernel)
{
  const size_t channels = self->window.channels, filters = self->filters;
  g_autofree float *kernels = g_try_new (float, PRODUCTS *channels *filters);

  if (!kernels)
    return false;
  nn_simd ()->winograd_kernel (kernel, channels * filters, kernels);
  nn_conv_resize_packed (self, PRODUCTS);
  for (size_t i = 0; i < PRODUCTS; i++)
    if (!nn_packed_init (&self->packed[i], nn_simd (),
            kernels + i * channels * filters, filters, channels, filters))
      return false;
  return true;
}

/* A patch that extends beyond an edge, zero-padded. */
static void
copy_patch (
    const NnConv *self, const float *in, gssize y0, gssize x0, float *patch)
{
  const NnWindow *const window = &self->window;
  const gssize first = MAX (x0, 0);
  const gssize end = MIN (x0 + (gssize) PATCH, (gssize) window->x.in);
  const size_t channels = window->channels;

  memset (patch, 0, PATCH * PATCH * channels * sizeof *patch);
  if (end <= first)
    return;
  for (gssize y = MAX (y0, 0);
       y < MIN (y0 + (gssize) PATCH, (gssize) window->y.in); y++)
    memcpy (patch + ((y - y0) * (gssize) PATCH + first - x0) * channels,
        in + (y * (gssize) window->x.in + first) * channels,
        (end - first) * channels * sizeof *patch);
}

/* Tile (ty, tx) of the sample into patches. */
static void
transform_input (const NnConv *self, const float *in, size_t ty, size_t tx,
    float *patch, float *out, size_t ld)
{
  const NnAxis *const y = &self->window.y, *const x = &self->window.x;
  const size_t channels = self->window.channels;
  const gssize y0 = nn_axis_start (y, ty * TILE);
  const gssize x0 = nn_axis_start (x, tx * TILE);
  const bool is_inside = y0 >= 0 && x0 >= 0
      && y0 + (gssize) PATCH <= (gssize) y->in
      && x0 + (gssize) PATCH <= (gssize) x->in;

  if (!is_inside)
    copy_patch (self, in, y0, x0, patch);
  nn_simd ()->winograd_input (
      is_inside ? in + (y0 * (gssize) x->in + x0) * (gssize) channels : patch,
      (is_inside ? x->in : PATCH) * channels, channels, channels, out, ld);
}

/* rows of tiles from ty on, into rows of outputs. */
static void
run_tiles (const NnConv *self, const float *in, size_t ty, size_t rows,
    float *scratch, float *out)
{
  const size_t channels = self->window.channels, filters = self->filters;
  const size_t width = tiles_x (self), tiles = rows * width;
  const Layout l = lay_out (self);
  float *const patches = scratch + l.patches,
               *const products = scratch + l.products;

  for (size_t i = 0; i < tiles; i++)
    transform_input (self, in, ty + i / width, i % width, scratch + l.patch,
        patches + i * channels, tiles * channels);
  for (size_t i = 0; i < PRODUCTS; i++)
    nn_simd ()->product (&(NnProduct){ .m = tiles,
        .a = patches + i * tiles * channels,
        .lda = channels,
        .n_segments = 1,
        .segment_len = channels,
        .b = &self->packed[i],
        .c = products + i * tiles * filters,
        .ldc = filters });
  for (size_t i = 0; i < tiles; i++)
    nn_simd ()->winograd_output (products + i * filters, tiles * filters,
        filters, nn_conv_bias (self),
        out + i / width * TILE * row_len (self) + i % width * TILE * filters,
        row_len (self), filters);
}

static void
run_sample (const NnConv *self, const float *in, float *scratch, float *out)
{
  const size_t pool_y = self->end.pool_y, n_rows = nn_conv_out_rows (self);
  float *const rows = scratch + lay_out (self).rows;
  size_t row = 0; /* of pools */

  for (size_t ty = 0; row < n_rows; ty += rows_at_once (self)) {
    const size_t n_tiles = MIN (rows_at_once (self), tiles_y (self) - ty);
    const size_t end = MIN ((ty + n_tiles) * TILE / pool_y, n_rows);

    run_tiles (self, in, ty, n_tiles, scratch, rows);
    for (; row < end; row++)
      nn_conv_finish_rows (self,
          rows + (row * pool_y - ty * TILE) * row_len (self), row_len (self),
          out + row * nn_conv_out_row_len (self));
  }
}

static void
winograd_run (
    const NnConv *self, size_t n, const float *in, float *scratch, float *out)
{
  for (size_t i = 0; i < n; i++)
    run_sample (self, in + i * nn_conv_in_size (self), scratch,
        out + i * nn_conv_out_size (self));
}

/* ---- the gradient of the kernel ---- */

static size_t
gradient_rows (const NnConv *self)
{
  return MIN (MAX (GRADIENT_TILES / tiles_x (self), 1), tiles_y (self));
}

/* Layout of the scratch memory, in floats. */
typedef struct {
  size_t patch;    /* [6][6][channels], or [4][4][filters], at an edge */
  size_t patches;  /* [36][tiles][channels] */
  size_t products; /* [36][tiles][filters]: gradients, transformed */
  size_t sums;     /* [36][channels][filters] */
  size_t end;
} GradientLayout;

static GradientLayout
lay_out_gradient (const NnConv *self)
{
  const size_t channels = self->window.channels, filters = self->filters;
  const size_t tiles = gradient_rows (self) * tiles_x (self);
  GradientLayout l = { .patch = 0 };

  l.patches = l.patch + PATCH * PATCH * MAX (channels, filters);
  l.products = l.patches + PRODUCTS * tiles * channels;
  l.sums = l.products + PRODUCTS * tiles * filters;
  l.end = l.sums + PRODUCTS * channels * filters;
  return l;
}

static size_t
winograd_gradient_scratch (const NnConv *self)
{
  return tiles_y (self) * tiles_x (self) < GRADIENT_TILES
      ? 0
      : lay_out_gradient (self).end;
}

/* Tile (ty, tx) of a gradient of the outputs, zero-padded if it ends beyond
 * their edge. */
static void
transform_gradient (const NnConv *self, const float *dy, size_t ty, size_t tx,
    float *patch, float *out, size_t ld)
{
  const NnWindow *const window = &self->window;
  const size_t filters = self->filters;
  const size_t height = MIN (TILE, window->y.out - ty * TILE);
  const size_t width = MIN (TILE, window->x.out - tx * TILE);
  const size_t row = window->x.out * filters;
  const bool is_inside = height == TILE && width == TILE;

  dy += ty * TILE * row + tx * TILE * filters;
  if (!is_inside) {
    memset (patch, 0, TILE * TILE * filters * sizeof *patch);
    for (size_t y = 0; y < height; y++)
      memcpy (patch + y * TILE * filters, dy + y * row,
          width * filters * sizeof *patch);
  }
  nn_simd ()->winograd_gradient (is_inside ? dy : patch,
      is_inside ? row : TILE * filters, filters, filters, out, ld);
}

static void
winograd_kernel_gradient (const NnConv *self, const float *in, const float *dy,
    float *scratch, float *grad)
{
  const size_t channels = self->window.channels, filters = self->filters;
  const size_t width = tiles_x (self), height = tiles_y (self);
  const GradientLayout l = lay_out_gradient (self);
  float *const patches = scratch + l.patches;
  float *const products = scratch + l.products, *const sums = scratch + l.sums;

  memset (sums, 0, PRODUCTS * channels * filters * sizeof *sums);
  for (size_t ty = 0; ty < height; ty += gradient_rows (self)) {
    const size_t tiles = MIN (gradient_rows (self), height - ty) * width;

    for (size_t i = 0; i < tiles; i++) {
      transform_input (self, in, ty + i / width, i % width, scratch + l.patch,
          patches + i * channels, tiles * channels);
      transform_gradient (self, dy, ty + i / width, i % width,
          scratch + l.patch, products + i * filters, tiles * filters);
    }
    for (size_t i = 0; i < PRODUCTS; i++)
      nn_simd ()->transposed_product (&(NnTransposedProduct){ .m = tiles,
          .k = channels,
          .n = filters,
          .a = patches + i * tiles * channels,
          .lda = channels,
          .n_segments = 1,
          .b = products + i * tiles * filters,
          .ldb = filters,
          .c = sums + i * channels * filters,
          .ldc = filters });
  }
  nn_simd ()->winograd_kernel_gradient (sums, channels * filters, grad);
}

const NnConvWay nn_conv_winograd = {
  .suits = winograd_suits,
  .scratch = winograd_scratch,
  .pack = winograd_pack,
  .run = winograd_run,
  .kernel_gradient = winograd_kernel_gradient,
  .gradient_scratch = winograd_gradient_scratch,
};
