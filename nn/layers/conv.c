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
#include "nn/layers/layers.h"
#include "nn/layers/window.h"
#include "nn/simd.h"

enum { KERNEL, BIAS };

typedef struct {
  NnLayer base;
  NnWindow window;
  size_t filters, groups;
  bool use_bias;
  NnActivation activation;

  /* The input with its zeros around it: [z][y][x][channels]. */
  size_t padded_z, padded_y, padded_x;
  bool is_padded;
  /* Where the runs of a patch begin, and how long they are. */
  size_t n_segments, segment_len;
  size_t *segments;
  NnPacked *packed; /* [groups], by conv_finish */

  /* Absorbed from the layers that follow. */
  bool relu_after;
  const float *scale, *offset; /* borrowed from the BatchNormalization */
  size_t pool_y, pool_x;       /* 1: none */
} Conv;

static bool
conv_read (Conv *self, const NnConfig *config)
{
  NnWindow *const window = &self->window;

  if (!nn_window_read (window, &self->base, config, "kernel_size"))
    return false;
  nn_window_resolve (window, config);
  self->filters = nn_config_size (config, "filters", 0);
  self->groups = nn_config_size (config, "groups", 1);
  self->use_bias = nn_config_bool (config, "use_bias", true);
  self->activation = nn_activation_read (config, "activation", "linear");
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

/* A patch is contiguous over channels, and over taps of x too where all
 * channels are taken and no column is left out. */
static void
find_segments (Conv *self)
{
  const NnWindow *const window = &self->window;
  const bool whole_rows = self->groups == 1 && window->x.dilation == 1;
  const size_t taps_x = whole_rows ? 1 : window->x.kernel;
  size_t *segment;

  self->segment_len =
      window->channels / self->groups * (whole_rows ? window->x.kernel : 1);
  self->n_segments = window->z.kernel * window->y.kernel * taps_x;
  segment = self->segments = g_new (size_t, self->n_segments);
  for (size_t z = 0; z < window->z.kernel; z++)
    for (size_t y = 0; y < window->y.kernel; y++)
      for (size_t x = 0; x < taps_x; x++)
        *segment++ =
            ((z * window->z.dilation * self->padded_y + y * window->y.dilation)
                    * self->padded_x
                + x * window->x.dilation)
            * window->channels;
}

static void
conv_lay_out (Conv *self, const NnConfig *config)
{
  const NnWindow *const window = &self->window;
  NnShape padded;
  size_t size;

  self->padded_z = padded_length (&window->z);
  self->padded_y = padded_length (&window->y);
  self->padded_x = padded_length (&window->x);
  self->pool_y = self->pool_x = 1;
  padded = (NnShape){ .rank = 4,
    .dim = {
        self->padded_z, self->padded_y, self->padded_x, window->channels } };
  if (!nn_shape_checked_size (&padded, &size)) {
    nn_config_fail (
        config, NN_ERROR_LIMIT, "the input is too large with its padding");
    return;
  }
  self->is_padded = self->padded_z > window->z.in
      || self->padded_y > window->y.in || self->padded_x > window->x.in;
  find_segments (self);
  self->base.scratch_len =
      (self->is_padded ? size : 0) + window->x.out * self->filters;
}

static void
conv_setup (NnLayer *layer, const NnConfig *config)
{
  Conv *self = (Conv *) layer;
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
  if (nn_config_ok (config))
    conv_lay_out (self, config);
}

static void
clear_packed (Conv *self)
{
  for (size_t g = 0; g < self->groups && self->packed; g++)
    nn_packed_clear (&self->packed[g]);
  g_clear_pointer (&self->packed, g_free);
}

static void
conv_finish (NnLayer *layer)
{
  Conv *self = (Conv *) layer;
  const size_t filters = self->filters / self->groups;

  clear_packed (self);
  self->packed = g_new0 (NnPacked, self->groups);
  for (size_t g = 0; g < self->groups; g++)
    nn_packed_init (&self->packed[g], nn_simd (),
        nn_layer_value (layer, KERNEL) + g * filters, self->filters,
        self->n_segments * self->segment_len, filters);
}

static void
conv_clear (NnLayer *layer)
{
  Conv *self = (Conv *) layer;

  clear_packed (self);
  g_clear_pointer (&self->segments, g_free);
}

/* in [z][y][x][c] -> padded [padded_z][padded_y][padded_x][c] */
static void
pad (const Conv *self, const float *in, float *padded)
{
  const NnWindow *const window = &self->window;
  const size_t row = window->x.in * window->channels;
  const size_t padded_row = self->padded_x * window->channels;

  memset (
      padded, 0, self->padded_z * self->padded_y * padded_row * sizeof (float));
  padded += window->x.pad_before * window->channels;
  for (size_t z = 0; z < window->z.in; z++)
    for (size_t y = 0; y < window->y.in; y++, in += row) {
      const size_t pz = z + window->z.pad_before;
      const size_t py = y + window->y.pad_before;

      memcpy (padded + (pz * self->padded_y + py) * padded_row, in,
          row * sizeof (float));
    }
}

/* Row (oz, oy) of the output, without its activation: row [x.out][filters] */
static void
convolve_row (
    const Conv *self, const float *in, size_t oz, size_t oy, float *row)
{
  const NnWindow *const window = &self->window;
  const size_t n = window->channels / self->groups;
  const size_t filters = self->filters / self->groups;
  const float *const corner = in
      + (oz * window->z.stride * self->padded_y + oy * window->y.stride)
          * self->padded_x * window->channels;

  for (size_t g = 0; g < self->groups; g++)
    nn_simd ()->product (&(NnProduct){ .m = window->x.out,
        .a = corner + g * n,
        .lda = window->x.stride * window->channels,
        .n_segments = self->n_segments,
        .segment_len = self->segment_len,
        .segments = self->segments,
        .b = &self->packed[g],
        .bias = self->use_bias
            ? nn_layer_value (&self->base, BIAS) + g * filters
            : NULL,
        .c = row + g * filters,
        .ldc = self->filters });
}

/* Activation and what was absorbed; out [x.out / pool_x][filters] */
static void
finish_row (const Conv *self, float *row, bool is_first, float *out)
{
  const bool is_relu = nn_activation_is_relu (&self->activation);

  if (!is_relu)
    nn_activation_apply (
        &self->activation, row, self->window.x.out, self->filters);
  nn_simd ()->finish_row (&(NnFinishRow){ .row = row,
      .n = self->window.x.out / self->pool_x,
      .pool = self->pool_x,
      .channels = self->filters,
      .relu_before = is_relu,
      .scale = self->scale,
      .offset = self->offset,
      .relu_after = self->relu_after,
      .add = !is_first,
      .out = out });
}

static void
conv_sample (const Conv *self, const float *in, float *row, float *out)
{
  const size_t n_rows = self->window.y.out / self->pool_y;
  const size_t out_row = self->window.x.out / self->pool_x * self->filters;
  const bool in_place = self->pool_y == 1 && self->pool_x == 1;

  for (size_t oz = 0; oz < self->window.z.out; oz++)
    for (size_t y = 0; y < n_rows; y++, out += out_row)
      for (size_t k = 0; k < self->pool_y; k++) {
        float *const here = in_place ? out : row;

        convolve_row (self, in, oz, y * self->pool_y + k, here);
        finish_row (self, here, k == 0, out);
      }
}

static void
conv_forward (const NnLayer *layer, const NnCall *call)
{
  const Conv *self = (const Conv *) layer;
  const NnWindow *const window = &self->window;
  const size_t in_size = nn_shape_size (&layer->in[0]);
  const size_t out_size = window->z.out * (window->y.out / self->pool_y)
      * (window->x.out / self->pool_x) * self->filters;
  float *const row = call->scratch;
  float *const padded = row + window->x.out * self->filters;

  for (size_t i = 0; i < call->n; i++) {
    const float *in = call->in[0] + i * in_size;

    if (self->is_padded) {
      pad (self, in, padded);
      in = padded;
    }
    conv_sample (self, in, row, call->out[0] + i * out_size);
  }
}

static bool
conv_absorb (NnLayer *layer, const NnLayer *next)
{
  Conv *self = (Conv *) layer;
  const bool is_pooled = self->pool_y > 1 || self->pool_x > 1;
  size_t pool_y, pool_x;

  if (is_pooled)
    return false;
  if (!self->scale && !self->relu_after
      && nn_batch_normalization_affine (next, &self->scale, &self->offset))
    return true;
  if (nn_activation_layer_is_relu (next))
    return self->relu_after = true;
  if (self->window.n_axes == 2
      && nn_max_pooling_tiles (next, &pool_y, &pool_x)) {
    self->pool_y = pool_y;
    self->pool_x = pool_x;
    return true;
  }
  return false;
}

static double
conv_flops (const NnLayer *layer)
{
  const Conv *self = (const Conv *) layer;

  return 2.0 * self->n_segments * self->segment_len
      * nn_shape_size (&layer->out[0]);
}

/* clang-format off */
#define CONV(n)                                                                \
  {                                                                            \
    .keras_name = "Conv" #n "D", .size = sizeof (Conv), .n_axes = n,           \
    .setup = conv_setup, .finish = conv_finish, .forward = conv_forward,       \
    .absorb = conv_absorb, .clear = conv_clear, .flops = conv_flops,           \
  }
/* clang-format on */

const NnLayerClass nn_conv_classes[] = {
  CONV (1),
  CONV (2),
  CONV (3),
  { NULL },
};
