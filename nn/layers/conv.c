/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conv1D, Conv2D, Conv3D: cross-correlation.
 *   in [z][y][x][c]  kernel [kz][ky][kx][c / groups][filters]  bias [filters]
 *   -> out [z'][y'][x'][filters]
 * One row of the output at a time is a product of the padded input and the
 * packed kernel: the patch under each position is a few runs of consecutive
 * floats, so nothing is gathered. What follows in the model (batch
 * normalisation, ReLU, maximum pooling) is done to the row while it is in the
 * cache: see nn/fuse.h.
 */
#include <string.h>
#include "nn/activation.h"
#include "nn/fuse.h"
#include "nn/layers/conv.h"
#include "nn/layers/layers.h"

static bool
conv_read (NnConv *self, const NnConfig *config)
{
  NnWindow *const window = &self->window;

  if (!nn_window_read (window, &self->base, config, "kernel_size"))
    return false;
  nn_window_resolve (window, config);
  self->filters = nn_config_size (config, "filters", 0);
  self->groups = nn_config_size (config, "groups", 1);
  self->use_bias = nn_config_bool (config, "use_bias", true);
  self->activation = nn_activation_read (config, "activation", "linear");
  self->base.last_activation = &self->activation;
  if (nn_config_ok (config)
      && (window->channels % self->groups || self->filters % self->groups))
    nn_config_fail (config, NN_ERROR_SHAPE,
        "%" G_GSIZE_FORMAT " channels and %" G_GSIZE_FORMAT
        " filters do not divide into %" G_GSIZE_FORMAT " groups",
        window->channels, self->filters, self->groups);
  return nn_config_ok (config);
}

/* Positions that the windows of an axis reach, the zeros included. */
static size_t
padded_length (const NnAxis *axis)
{
  return MAX (axis->pad_before + axis->in,
      (axis->out - 1) * axis->stride + (axis->kernel - 1) * axis->dilation + 1);
}

static bool
has_padding (const NnAxis *axis)
{
  return padded_length (axis) > axis->in;
}

/* Runs of consecutive floats in one row of taps: one where all channels are
 * taken and no column is left out, else one for each tap. */
static size_t
runs_of_row (const NnConv *self)
{
  return self->groups == 1 && self->window.x.dilation == 1
      ? 1
      : self->window.x.kernel;
}

size_t
nn_conv_segments_len (const NnConv *self)
{
  return self->n_segments * sizeof (size_t) / sizeof (float);
}

/* Floats of the slots. */
static size_t
slots_len (const NnConv *self)
{
  return self->is_padded
      ? (self->n_slots + 1) * self->padded_x * self->window.channels
      : 0;
}

static size_t
rows_scratch (const NnConv *self)
{
  return nn_conv_segments_len (self)
      + self->end.pool_y * self->window.x.out * self->filters
      + slots_len (self);
}

bool
nn_conv_lay_out (NnConv *self)
{
  const NnWindow *const window = &self->window;
  const NnAxis *const z = &window->z, *const y = &window->y;
  const size_t runs = runs_of_row (self);
  NnShape slots;
  size_t size;

  self->end = (NnFinish){ .pool_y = 1, .pool_x = 1 };
  self->padded_x = padded_length (&window->x);
  self->is_padded =
      has_padding (z) || has_padding (y) || has_padding (&window->x);
  /* Rows follow each other, but where there are planes they come again. */
  self->n_slots = z->in > 1 ? z->in * y->in : (y->kernel - 1) * y->dilation + 1;
  self->n_slots = MIN (self->n_slots, z->in * y->in);
  self->segment_len = window->channels / self->groups * window->x.kernel / runs;
  self->n_segments = z->kernel * y->kernel * runs;
  slots = (NnShape){ .rank = 3,
    .dim = { self->n_slots + 1, self->padded_x, window->channels } };
  if (!nn_shape_checked_size (&slots, &size))
    return false;
  self->base.scratch_len = rows_scratch (self);
  return true;
}

static void
conv_setup (NnLayer *layer, const NnConfig *config)
{
  NnConv *self = (NnConv *) layer;
  const NnWindow *const window = &self->window;
  NnShape kernel, out;

  if (!conv_read (self, config))
    return;
  kernel = nn_window_kernel_shape (
      window, window->channels / self->groups, self->filters);
  out = nn_window_out_shape (window, self->filters);
  nn_layer_add_param (layer, config, "", "kernel", &kernel, true);
  if (self->use_bias)
    nn_layer_add_param (layer, config, "", "bias",
        &(NnShape){ .rank = 1, .dim = { self->filters } }, true);
  nn_layer_add_output (layer, config, &out);
  if (nn_config_ok (config) && !nn_conv_lay_out (self))
    nn_config_fail (
        config, NN_ERROR_LIMIT, "the input is too large with its padding");
}

void
nn_conv_clear_packed (NnConv *self)
{
  for (size_t i = 0; i < self->n_packed; i++)
    nn_packed_clear (&self->packed[i]);
  g_clear_pointer (&self->packed, g_free);
  self->n_packed = 0;
}

void
nn_conv_pack (NnConv *self, const float *kernel)
{
  const size_t filters = self->filters / self->groups;

  nn_conv_clear_packed (self);
  if (self->way == NN_CONV_WINOGRAD) {
    nn_conv_winograd_pack (self, kernel);
    return;
  }
  self->n_packed = self->groups;
  self->packed = g_new0 (NnPacked, self->n_packed);
  for (size_t g = 0; g < self->groups; g++)
    nn_packed_init (&self->packed[g], nn_simd (), kernel + g * filters,
        self->filters, self->n_segments * self->segment_len, filters);
}

static void
conv_finish (NnLayer *layer)
{
  NnConv *self = (NnConv *) layer;

  nn_conv_pack (self, nn_layer_value (layer, NN_CONV_KERNEL));
  if (self->adjoint)
    nn_conv_pack_adjoint (self);
}

void
nn_conv_choose_way (NnConv *self)
{
  self->base.scratch_len = rows_scratch (self);
  if (nn_conv_suits_pooled (self)) {
    self->way = NN_CONV_POOLED;
    self->base.scratch_len = nn_conv_pooled_scratch (self);
  } else if (nn_conv_suits_winograd (self)) {
    self->way = NN_CONV_WINOGRAD;
    self->base.scratch_len = nn_conv_winograd_scratch (self);
  }
}

static void
conv_specialise (NnLayer *layer)
{
  NnConv *self = (NnConv *) layer;

  nn_conv_choose_way (self);
  if (self->way == NN_CONV_WINOGRAD) /* the others are packed alike */
    conv_finish (layer);
}

static void
conv_clear (NnLayer *layer)
{
  NnConv *self = (NnConv *) layer;

  nn_conv_clear_packed (self);
  g_clear_pointer (&self->adjoint, nn_conv_free_adjoint);
}

/* Copies the rows *next..end - 1 of the input into their slots. */
static void
fill_slots (
    const NnConv *self, const float *in, size_t *next, size_t end, float *slots)
{
  const NnWindow *const window = &self->window;
  const size_t row = window->x.in * window->channels;
  const size_t slot = self->padded_x * window->channels;

  for (; *next < end; (*next)++)
    memcpy (slots + *next % self->n_slots * slot
            + window->x.pad_before * window->channels,
        in + *next * row, row * sizeof (float));
}

void
nn_conv_find_segments (const NnConv *self, size_t oz, size_t oy, size_t n_slots,
    bool is_padded, size_t *segments)
{
  const NnWindow *const window = &self->window;
  const NnAxis *const z = &window->z, *const y = &window->y;
  const size_t runs = runs_of_row (self);

  for (size_t kz = 0; kz < z->kernel; kz++)
    for (size_t ky = 0; ky < y->kernel; ky++) {
      /* An index before the first wraps, and so is past the last. */
      const size_t iz = oz * z->stride + kz * z->dilation - z->pad_before;
      const size_t iy = oy * y->stride + ky * y->dilation - y->pad_before;
      size_t slot = n_slots;

      if (iz < z->in && iy < y->in)
        slot = is_padded ? (iz * y->in + iy) % n_slots : iz * y->in + iy;
      for (size_t kx = 0; kx < runs; kx++)
        *segments++ = (slot * self->padded_x + kx * window->x.dilation)
            * window->channels;
    }
}

/* Row (oz, oy) of the output, without its activation: row [x.out][filters] */
static void
convolve_row (
    const NnConv *self, const float *rows, const size_t *segments, float *row)
{
  const NnWindow *const window = &self->window;
  const size_t n = window->channels / self->groups;
  const size_t filters = self->filters / self->groups;
  const float *const bias = nn_conv_bias (self);

  for (size_t g = 0; g < self->groups; g++)
    nn_simd ()->product (&(NnProduct){ .m = window->x.out,
        .a = rows + g * n,
        .lda = window->x.stride * window->channels,
        .n_segments = self->n_segments,
        .segment_len = self->segment_len,
        .segments = segments,
        .b = &self->packed[g],
        .bias = bias ? bias + g * filters : NULL,
        .c = row + g * filters,
        .ldc = self->filters });
}

void
nn_conv_finish_rows (const NnConv *self, float *rows, size_t ld, float *out)
{
  const size_t x_out = self->window.x.out;
  NnFinish end = self->end;

  end.relu_before = nn_activation_is_relu (&self->activation);
  for (size_t y = 0; y < end.pool_y && !end.relu_before; y++)
    nn_activation_apply (
        &self->activation, rows + y * ld, x_out, self->filters);
  nn_simd ()->finish_row (&(NnFinishRow){ .finish = &end,
      .rows = rows,
      .ld = ld,
      .n = x_out / end.pool_x,
      .channels = self->filters,
      .out = out });
}

/* How many rows of the input, from the first on, row oy of the output needs. */
static size_t
rows_needed (const NnConv *self, size_t oy)
{
  const NnAxis *const z = &self->window.z, *const y = &self->window.y;
  const size_t end = oy * y->stride + (y->kernel - 1) * y->dilation + 1;

  if (z->in > 1)
    return z->in * y->in;
  return end > y->pad_before ? MIN (end - y->pad_before, y->in) : 0;
}

/* The parts of the scratch memory. */
typedef struct {
  size_t *segments; /* [n_segments] */
  float *rows;      /* [pool_y][x.out][filters] */
  float *slots;     /* [n_slots + 1][padded_x][channels], where padded */
} Scratch;

static void
conv_sample (
    const NnConv *self, const float *in, const Scratch *scratch, float *out)
{
  const size_t pool_y = self->end.pool_y,
               ld = self->window.x.out * self->filters;
  const bool in_place = pool_y == 1 && self->end.pool_x == 1;
  size_t next = 0;

  for (size_t oz = 0; oz < self->window.z.out; oz++)
    for (size_t y = 0; y < nn_conv_out_rows (self); y++) {
      float *const rows = in_place ? out : scratch->rows;

      for (size_t k = 0; k < pool_y; k++) {
        const size_t oy = y * pool_y + k;

        if (self->is_padded)
          fill_slots (self, in, &next, rows_needed (self, oy), scratch->slots);
        nn_conv_find_segments (
            self, oz, oy, self->n_slots, self->is_padded, scratch->segments);
        convolve_row (self, self->is_padded ? scratch->slots : in,
            scratch->segments, rows + k * ld);
      }
      nn_conv_finish_rows (self, rows, ld, out);
      out += nn_conv_out_row_len (self);
    }
}

static void
rows_run (const NnConv *self, size_t n, const float *in, size_t in_size,
    float *memory, float *out, size_t out_size)
{
  const Scratch scratch = { .segments = (size_t *) memory,
    .rows = memory + nn_conv_segments_len (self),
    .slots = memory + rows_scratch (self) - slots_len (self) };

  /* Once: only what is between the zeros changes. */
  memset (scratch.slots, 0, slots_len (self) * sizeof (float));
  for (size_t i = 0; i < n; i++)
    conv_sample (self, in + i * in_size, &scratch, out + i * out_size);
}

void
nn_conv_run (
    const NnConv *self, size_t n, const float *in, float *scratch, float *out)
{
  const NnWindow *const window = &self->window;
  const size_t in_size =
      window->z.in * window->y.in * window->x.in * window->channels;
  const size_t out_size =
      window->z.out * nn_conv_out_rows (self) * nn_conv_out_row_len (self);

  if (self->way == NN_CONV_ROWS) {
    rows_run (self, n, in, in_size, scratch, out, out_size);
    return;
  }
  for (size_t i = 0; i < n; i++)
    if (self->way == NN_CONV_WINOGRAD)
      nn_conv_winograd_run (
          self, in + i * in_size, scratch, out + i * out_size);
    else
      nn_conv_pooled_run (self, in + i * in_size, scratch, out + i * out_size);
}

static void
conv_forward (const NnLayer *layer, const NnCall *call)
{
  nn_conv_run ((const NnConv *) layer, call->n, call->in[0], call->scratch,
      call->out[0]);
}

static bool
conv_absorb (NnLayer *layer, const NnLayer *next)
{
  NnConv *self = (NnConv *) layer;
  NnFinish *const end = &self->end;
  const bool is_pooled = end->pool_y > 1 || end->pool_x > 1;

  if (is_pooled)
    return false;
  if (!end->scale && !end->relu_after
      && nn_batch_normalization_affine (next, &end->scale, &end->offset))
    return true;
  if (nn_activation_layer_is_relu (next))
    return end->relu_after = true;
  return self->window.n_axes == 2
      && nn_max_pooling_tiles (next, &end->pool_y, &end->pool_x);
}

static double
conv_flops (const NnLayer *layer)
{
  const NnConv *self = (const NnConv *) layer;

  return 2.0 * self->n_segments * self->segment_len
      * nn_shape_size (&layer->out[0]);
}

/* clang-format off */
#define CONV(n)                                                                \
  {                                                                            \
    .keras_name = "Conv" #n "D", .size = sizeof (NnConv), .n_axes = n,           \
    .setup = conv_setup, .finish = conv_finish, .forward = conv_forward,       \
    .absorb = conv_absorb, .specialise = conv_specialise, .clear = conv_clear, \
    .flops = conv_flops, .training = &nn_conv_training,                                                \
  }
/* clang-format on */

const NnLayerClass nn_conv_classes[] = {
  CONV (1),
  CONV (2),
  CONV (3),
  { NULL },
};
