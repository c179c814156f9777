/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conv1D, Conv2D, Conv3D: cross-correlation.
 *   in [z][y][x][c]  kernel [kz][ky][kx][c / groups][filters]  bias [filters]
 *   -> out [z'][y'][x'][filters]
 * A few output positions of one row at a time: the patches under them are
 * gathered into a matrix that stays in the cache, and multiplied by the kernel.
 */
#include <string.h>
#include "nn/activation.h"
#include "nn/blas.h"
#include "nn/layers/layers.h"
#include "nn/layers/window.h"

enum { KERNEL, BIAS };

/* Floats of patches at once: 128 kB, half of a small second-level cache. */
#define PATCHES_LEN ((size_t) 32768)

typedef struct {
  NnLayer base;
  NnWindow window;
  size_t filters, groups;
  size_t depth; /* elements of a patch of one group: taps * c / groups */
  size_t block; /* output positions of a row at once */
  bool use_bias;
  bool is_pointwise; /* the input is its own patch matrix */
  NnActivation activation;
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
  if (!nn_config_ok (config)) /* bounds the products below */
    return;
  self->depth = nn_window_taps (window) * window->channels / self->groups;
  self->block = CLAMP (PATCHES_LEN / self->depth, 1, window->x.out);
  self->is_pointwise = nn_window_taps (window) == 1 && self->groups == 1
      && window->z.stride == 1 && window->y.stride == 1
      && window->x.stride == 1;
  if (!self->is_pointwise)
    layer->scratch_len = self->block * self->depth;
}

/* Taps (kz, ky) of output row (oz, oy), position ox, n channels of each.
 * row: input row, first channel; NULL: outside the input. */
static float *
gather_taps (
    const NnWindow *window, const float *row, size_t ox, size_t n, float *patch)
{
  const NnAxis *const x = &window->x;
  const size_t first =
      row ? MIN (nn_axis_first_tap (x, ox), x->kernel) : x->kernel;
  const size_t end = row ? MAX (nn_axis_end_tap (x, ox), first) : x->kernel;

  memset (patch, 0, first * n * sizeof (float));
  for (size_t k = first; k < end; k++) {
    const size_t ix = ox * x->stride + k * x->dilation - x->pad_before;

    memcpy (patch + k * n, row + ix * window->channels, n * sizeof (float));
  }
  memset (patch + end * n, 0, (x->kernel - end) * n * sizeof (float));
  return patch + x->kernel * n;
}

/* The patches under the output positions ox...ox + n_positions of row (oz, oy),
 * n channels from the first on:
 *   patches [n_positions][kz][ky][kx][n]
 */
static void
gather (const NnWindow *window, const float *in, size_t oz, size_t oy,
    size_t ox, size_t n_positions, size_t first, size_t n, float *patches)
{
  const NnAxis *const z = &window->z, *const y = &window->y;
  const size_t row = window->x.in * window->channels;

  for (size_t i = 0; i < n_positions; i++)
    for (size_t kz = 0; kz < z->kernel; kz++) {
      const size_t iz = oz * z->stride + kz * z->dilation - z->pad_before;

      for (size_t ky = 0; ky < y->kernel; ky++) {
        /* An index before the first wraps, and so is past the last. */
        const size_t iy = oy * y->stride + ky * y->dilation - y->pad_before;
        const bool inside = iz < z->in && iy < y->in;

        patches = gather_taps (window,
            inside ? in + (iz * y->in + iy) * row + first : NULL, ox + i, n,
            patches);
      }
    }
}

/* out [n_positions][filters] from a patch matrix of each group. */
static void
start_with_bias (const Conv *self, size_t n_positions, float *out)
{
  for (size_t i = 0; i < n_positions && self->use_bias; i++)
    memcpy (out + i * self->filters, nn_layer_value (&self->base, BIAS),
        self->filters * sizeof (float));
}

static void
conv_row (const Conv *self, const float *in, size_t oz, size_t oy,
    float *patches, float *out)
{
  const size_t n = self->window.channels / self->groups;
  const size_t filters = self->filters / self->groups;
  const float *const kernel = nn_layer_value (&self->base, KERNEL);

  for (size_t ox = 0; ox < self->window.x.out; ox += self->block) {
    const size_t n_positions = MIN (self->block, self->window.x.out - ox);
    float *const to = out + ox * self->filters;

    start_with_bias (self, n_positions, to);
    for (size_t g = 0; g < self->groups; g++) {
      gather (&self->window, in, oz, oy, ox, n_positions, g * n, n, patches);
      nn_blas_gemm (n_positions, filters, self->depth, patches, self->depth,
          kernel + g * filters, self->filters, self->use_bias, to + g * filters,
          self->filters);
    }
    nn_activation_apply (&self->activation, to, n_positions, self->filters);
  }
}

static void
pointwise (const Conv *self, const float *in, size_t n_positions, float *out)
{
  const size_t channels = self->window.channels;

  start_with_bias (self, n_positions, out);
  nn_blas_gemm (n_positions, self->filters, channels, in, channels,
      nn_layer_value (&self->base, KERNEL), self->filters, self->use_bias, out,
      self->filters);
  nn_activation_apply (&self->activation, out, n_positions, self->filters);
}

static void
conv_forward (const NnLayer *layer, const NnCall *call)
{
  const Conv *self = (const Conv *) layer;
  const NnWindow *const window = &self->window;
  const size_t in_size = nn_shape_size (&layer->in[0]);
  const size_t row = window->x.out * self->filters;
  float *out = call->out[0];

  if (self->is_pointwise) {
    pointwise (self, call->in[0], call->n * in_size / window->channels, out);
    return;
  }
  for (size_t i = 0; i < call->n; i++)
    for (size_t oz = 0; oz < window->z.out; oz++)
      for (size_t oy = 0; oy < window->y.out; oy++, out += row)
        conv_row (self, call->in[0] + i * in_size, oz, oy, call->scratch, out);
}

static double
conv_flops (const NnLayer *layer)
{
  return 2.0 * ((const Conv *) layer)->depth * nn_shape_size (&layer->out[0]);
}

/* clang-format off */
#define CONV(n)                                                                \
  {                                                                            \
    .keras_name = "Conv" #n "D", .size = sizeof (Conv), .n_axes = n,           \
    .setup = conv_setup, .forward = conv_forward, .flops = conv_flops,         \
  }
/* clang-format on */

const NnLayerClass nn_conv1d_class = CONV (1);
const NnLayerClass nn_conv2d_class = CONV (2);
const NnLayerClass nn_conv3d_class = CONV (3);
