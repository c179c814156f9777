/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Convolutions of 3 taps along one axis by Winograd's minimal filtering
 * (nn/simd.h): half of the multiplications, there and back. A tile is 4 outputs
 * along the axis; its patch is 6 inputs, which are read where they lie. Some
 * tiles at a time:
 *   patches [6][tiles][channels] times kernels [6][channels][filters]
 *   -> products [6][tiles][filters] -> outputs
 *   gradient of the outputs -> [6][tiles][filters], times patches
 *   -> sums [6][channels][filters] -> gradient of the kernel
 */
#include <string.h>
#include "nn/layers/conv.h"

#define TILE ((size_t) NN_WINOGRAD_TILE)
#define PATCH ((size_t) NN_WINOGRAD_PATCH)

/* Floats of patches and products at a time, which stay in the second cache
 * beside the kernel. */
#define MAX_BLOCK ((size_t) 1 << 15)
/* Tiles that make a product worth its kernel's way from memory. */
#define MIN_TILES ((size_t) 6)
/* Floats of the transformed kernel, twice those of the kernel; where a sample
 * has fewer tiles than that. */
#define MAX_KERNEL ((size_t) 1 << 20)
#define MAX_SMALL_KERNEL ((size_t) 1 << 17)

static bool
is_down (const NnConv *self)
{
  return self->window.y.kernel == 3;
}

/* The axis that the taps are along. */
static const NnAxis *
axis_of (const NnConv *self)
{
  return is_down (self) ? &self->window.y : &self->window.x;
}

static size_t
tiles_of (size_t outputs)
{
  return (outputs + TILE - 1) / TILE;
}

static bool
is_plain (const NnAxis *axis, size_t kernel)
{
  return axis->kernel == kernel && axis->stride == 1 && axis->dilation == 1;
}

/* A tile of two outputs would have as many products as there are without. */
static bool
line_suits (const NnConv *self)
{
  const NnWindow *const window = &self->window;
  const size_t vector = nn_simd ()->vector;
  const bool is_small = window->y.out * window->x.out < MIN_TILES * TILE;

  return window->n_axes <= 2 && self->groups == 1
      && ((is_plain (&window->y, 3) && is_plain (&window->x, 1))
          || (is_plain (&window->y, 1) && is_plain (&window->x, 3)))
      && axis_of (self)->out > 2 && window->channels >= vector
      && self->filters >= vector
      && window->channels * self->filters
      <= (is_small ? MAX_SMALL_KERNEL : MAX_KERNEL) / PATCH
      && !(is_small && is_down (self));
}

static size_t
max_tiles (const NnConv *self)
{
  const size_t most =
      MAX_BLOCK / (PATCH * (self->window.channels + self->filters));

  return MAX (most, MIN_TILES);
}

/* Tiles of a row that are computed at a time, about as many each time. */
static size_t
block_len (const NnConv *self)
{
  const size_t x = self->window.x.out;
  const size_t n = is_down (self) ? x : tiles_of (x);
  const size_t blocks = (n + max_tiles (self) - 1) / max_tiles (self);

  return (n + blocks - 1) / blocks;
}

/* Rows of a block: of short ones several. */
static size_t
block_rows (const NnConv *self)
{
  return is_down (self)
      ? TILE
      : MAX (1, max_tiles (self) / tiles_of (self->window.x.out));
}

static size_t
block_tiles (const NnConv *self)
{
  return block_len (self) * (is_down (self) ? 1 : block_rows (self));
}

/* Rows of outputs that are finished together: whole blocks and whole pools. */
static size_t
band_rows (const NnConv *self)
{
  size_t rows = block_rows (self);

  while (rows % self->end.pool_y)
    rows += block_rows (self);
  return rows;
}

/* Whether outputs need nothing that the transform does not do on their way. */
static bool
is_direct (const NnConv *self, NnFinish *end)
{
  return nn_conv_end (self, end) && end->pool_y == 1 && end->pool_x == 1
      && !end->scale;
}

/* Where the parts of the scratch memory begin, in floats. */
typedef struct {
  size_t zeros;    /* [block_len][channels or filters] */
  size_t rest;     /* [block_len][filters]: outputs beyond the last */
  size_t patches;  /* [6][tiles][channels] */
  size_t products; /* [6][tiles][filters] */
  size_t rows;     /* [band_rows][x.out][filters], where not direct */
  size_t end;
} Layout;

static Layout
lay_out (const NnConv *self)
{
  const size_t channels = self->window.channels, filters = self->filters;
  NnFinish end;
  Layout l = { .zeros = 0 };

  l.rest = l.zeros + block_len (self) * MAX (channels, filters);
  l.patches = l.rest + block_len (self) * filters;
  l.products = l.patches + PATCH * block_tiles (self) * channels;
  l.rows = l.products + PATCH * block_tiles (self) * filters;
  l.end = l.rows;
  if (!is_direct (self, &end))
    l.end += band_rows (self) * self->window.x.out * filters;
  return l;
}

static size_t
line_scratch (const NnConv *self)
{
  return lay_out (self).end;
}

static bool
line_pack (NnConv *self, const float *kernel)
{
  const size_t channels = self->window.channels, filters = self->filters;
  g_autofree float *kernels = g_try_new (float, PATCH *channels *filters);

  if (!kernels)
    return false;
  nn_simd ()->winograd_line_kernel (kernel, channels * filters, kernels);
  nn_conv_resize_packed (self, PATCH);
  for (size_t i = 0; i < PATCH; i++)
    if (!nn_packed_init (&self->packed[i], nn_simd (),
            kernels + i * channels * filters, filters, channels, filters))
      return false;
  return true;
}

/* A sample on its way, there or back. */
typedef struct {
  const NnConv *self;
  NnFinish end;
  const float *in;
  float *zeros, *rest, *patches, *products; /* see Layout */
  /* From row first_row on, as far as end_row: */
  float *out;
  const float *dy; /* the gradient of the outputs; NULL: on the way there */
  size_t first_row, end_row;
  float *sums; /* with dy */
} Run;

/* Tiles of one row that follow each other from (y, x) on, the first of which is
 * tile at of a block of so many. */
typedef struct {
  size_t y, x, n, at, of;
} Tiles;

static void
transform_input (const Run *run, const Tiles *tiles)
{
  const NnWindow *const window = &run->self->window;
  const NnAxis *const axis = axis_of (run->self);
  const bool down = is_down (run->self);
  const size_t channels = window->channels;
  const size_t first = (down ? tiles->y : tiles->x) - axis->pad_before;
  NnWinogradLineInput line = { .n = tiles->n,
    .step = down ? channels : TILE * channels,
    .channels = channels,
    .out = run->patches + tiles->at * channels,
    .ld = tiles->of * channels };

  /* An index before the first wraps, and so is past the last. */
  for (size_t j = 0; j < PATCH; j++)
    line.in[j] = first + j >= axis->in ? run->zeros
        : down ? run->in + ((first + j) * window->x.in + tiles->x) * channels
               : run->in + (tiles->y * window->x.in + first + j) * channels;
  if (down) { /* they lie one after the other, as those of one tile */
    line.channels *= line.n;
    line.n = 1;
  }
  nn_simd ()->winograd_line_input (&line);
}

/* Output j of the first tile, or what stands for one that is not there. */
static const float *
output_at (const Run *run, const Tiles *tiles, size_t j, const float *outputs,
    const float *beyond)
{
  const bool down = is_down (run->self);
  const size_t x_out = run->self->window.x.out;

  if (down ? tiles->y + j >= run->end_row : tiles->x + j >= x_out)
    return beyond;
  return outputs
      + ((tiles->y - run->first_row) * x_out + tiles->x
            + (down ? j * x_out : j))
      * run->self->filters;
}

static void
transform_output (const Run *run, const Tiles *tiles)
{
  const size_t filters = run->self->filters;
  NnWinogradLineOutput line = { .in = run->products + tiles->at * filters,
    .ld = tiles->of * filters,
    .n = tiles->n,
    .step = is_down (run->self) ? filters : TILE * filters,
    .channels = filters,
    .bias = nn_conv_bias (run->self),
    .slope = run->end.slope_before };

  for (size_t j = 0; j < TILE; j++)
    line.out[j] = (float *) output_at (run, tiles, j, run->out, run->rest);
  nn_simd ()->winograd_line_output (&line);
}

static void
transform_gradient (const Run *run, const Tiles *tiles)
{
  const size_t filters = run->self->filters;
  NnWinogradLineInput line = { .n = tiles->n,
    .step = is_down (run->self) ? filters : TILE * filters,
    .channels = filters,
    .out = run->products + tiles->at * filters,
    .ld = tiles->of * filters };

  for (size_t j = 0; j < TILE; j++)
    line.in[j] = output_at (run, tiles, j, run->dy, run->zeros);
  nn_simd ()->winograd_line_gradient (&line);
}

static void
multiply (const Run *run, size_t tiles)
{
  const size_t channels = run->self->window.channels;
  const size_t filters = run->self->filters;

  for (size_t i = 0; i < PATCH; i++)
    nn_simd ()->product (&(NnProduct){ .m = tiles,
        .a = run->patches + i * tiles * channels,
        .lda = channels,
        .n_segments = 1,
        .segment_len = channels,
        .b = &run->self->packed[i],
        .c = run->products + i * tiles * filters,
        .ldc = filters });
}

static void
sum_products (const Run *run, size_t tiles)
{
  const size_t channels = run->self->window.channels;
  const size_t filters = run->self->filters;

  for (size_t i = 0; i < PATCH; i++)
    nn_simd ()->transposed_product (&(NnTransposedProduct){ .m = tiles,
        .k = channels,
        .n = filters,
        .a = run->patches + i * tiles * channels,
        .lda = channels,
        .n_segments = 1,
        .b = run->products + i * tiles * filters,
        .ldb = filters,
        .c = run->sums + i * channels * filters,
        .ldc = filters });
}

/* Of the tiles of a row those whose patch is inside the input: from... to - 1.
 */
static void
find_inside (const NnConv *self, size_t *from, size_t *to)
{
  const NnAxis *const x = &self->window.x;
  const size_t end = x->pad_before + x->in;

  *from = is_down (self) ? 0 : tiles_of (x->pad_before);
  *to = is_down (self) ? G_MAXSIZE : end < PATCH ? 0 : (end - PATCH) / TILE + 1;
}

/* Does something to n tiles of row y, from the first on: those from ... to - 1
 * together, and the others, some of whose elements are not there, one by one.
 */
static void
for_tiles (const Run *run, Tiles tiles, size_t from, size_t to,
    void (*transform) (const Run *, const Tiles *))
{
  const size_t step = is_down (run->self) ? 1 : TILE;
  const size_t end = tiles.x + tiles.n;

  for (size_t t = tiles.x; t < end; t += tiles.n, tiles.at += tiles.n) {
    tiles.n = t >= from && t < to ? MIN (to, end) - t : 1;
    tiles.x = t * step;
    transform (run, &tiles);
  }
}

/* The rows first_row ... end_row - 1, block by block. */
static void
run_band (const Run *run)
{
  const NnConv *const self = run->self;
  const bool down = is_down (self);
  const size_t x_out = self->window.x.out;
  const size_t width = down ? x_out : tiles_of (x_out);
  const size_t whole = down ? x_out : x_out / TILE; /* tiles */
  size_t from, to;

  find_inside (self, &from, &to);
  for (size_t y = run->first_row; y < run->end_row; y += block_rows (self))
    for (size_t x = 0; x < width; x += block_len (self)) {
      const size_t n = MIN (block_len (self), width - x);
      const size_t rows = down ? 1 : MIN (block_rows (self), run->end_row - y);
      Tiles tiles = { .x = x, .n = n, .of = rows * n };

      for (size_t r = 0; r < rows; r++) {
        tiles.y = y + r;
        tiles.at = r * n;
        for_tiles (run, tiles, from, to, transform_input);
        if (run->dy)
          for_tiles (run, tiles, 0, whole, transform_gradient);
      }
      if (run->dy) {
        sum_products (run, rows * n);
        continue;
      }
      multiply (run, rows * n);
      for (size_t r = 0; r < rows; r++) {
        tiles.y = y + r;
        tiles.at = r * n;
        for_tiles (run, tiles, 0, whole, transform_output);
      }
    }
}

static Run
begin (const NnConv *self, float *scratch)
{
  const Layout l = lay_out (self);
  const Run run = { .self = self,
    .zeros = scratch + l.zeros,
    .rest = scratch + l.rest,
    .patches = scratch + l.patches,
    .products = scratch + l.products };

  memset (run.zeros, 0, (l.rest - l.zeros) * sizeof (float));
  return run;
}

static void
line_run (
    const NnConv *self, size_t n, const float *in, float *scratch, float *out)
{
  const size_t pool_y = self->end.pool_y;
  const size_t ld = self->window.x.out * self->filters;
  const size_t end = nn_conv_out_rows (self) * pool_y;
  float *const rows = scratch + lay_out (self).rows;
  Run run = begin (self, scratch);
  const bool direct = is_direct (self, &run.end);

  if (!direct)
    run.end.slope_before = 1;      /* nn_conv_finish_rows does that, too */
  if (direct && !is_down (self)) { /* one picture of all rows */
    run.in = in;
    run.out = out;
    run.end_row = n * self->window.y.out;
    run_band (&run);
    return;
  }
  for (size_t i = 0; i < n; i++, out += nn_conv_out_size (self)) {
    run.in = in + i * nn_conv_in_size (self);
    for (size_t y = 0; y < end; y += band_rows (self)) {
      run.first_row = y;
      run.end_row = MIN (y + band_rows (self), end);
      run.out = direct ? out + y * ld : rows;
      run_band (&run);
      for (size_t row = y; row < run.end_row && !direct; row += pool_y)
        nn_conv_finish_rows (self, rows + (row - y) * ld, ld,
            out + row / pool_y * nn_conv_out_row_len (self));
    }
  }
}

static size_t
line_gradient_scratch (const NnConv *self)
{
  return lay_out (self).rows + PATCH * self->window.channels * self->filters;
}

static void
line_kernel_gradient (const NnConv *self, const float *in, const float *dy,
    float *scratch, float *grad)
{
  const size_t size = self->window.channels * self->filters;
  Run run = begin (self, scratch);

  run.in = in;
  run.dy = dy;
  run.end_row = self->window.y.out;
  run.sums = scratch + lay_out (self).rows;
  memset (run.sums, 0, PATCH * size * sizeof (float));
  run_band (&run);
  nn_simd ()->winograd_line_kernel_gradient (run.sums, size, grad);
}

const NnConvWay nn_conv_winograd_line = {
  .suits = line_suits,
  .scratch = line_scratch,
  .pack = line_pack,
  .run = line_run,
  .kernel_gradient = line_kernel_gradient,
  .gradient_scratch = line_gradient_scratch,
};
