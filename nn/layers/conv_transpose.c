/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conv1DTranspose to Conv3DTranspose: the gradient of a convolution, with
 * TensorFlow's rule for "same".
 *   in [z][y][x][c]  kernel [kz][ky][kx][filters][c]  bias [filters]
 *   -> out [z'][y'][x'][filters]
 * Each row of the input times the kernel gives the contributions of all taps,
 * which are then added to the output. */
#include <string.h>
#include "nn/activation.h"
#include "nn/blas.h"
#include "nn/layers/layers.h"
#include "nn/layers/window.h"

enum { KERNEL, BIAS };

typedef struct {
  NnLayer base;
  NnWindow
      window; /* in and out are swapped in the equation of nn/layers/axis.h */
  size_t filters;
  bool use_bias;
  NnActivation activation;
  float *packed; /* [c][taps * filters] */
} ConvTranspose;

static void
resolve (ConvTranspose *self, const NnConfig *config)
{
  const NnConfig given = nn_config_get (config, "output_padding");
  const NnPadding padding = nn_padding_read (config, false);
  NnWindow *const window = &self->window;
  NnAxis *const axes[] = { &window->z, &window->y, &window->x };
  const size_t skip = G_N_ELEMENTS (axes) - window->n_axes;

  for (size_t i = skip; i < G_N_ELEMENTS (axes); i++) {
    const NnConfig item = nn_config_at (&given, i - skip);
    const gint64 extra =
        nn_config_as_int (nn_config_is_list (&given) ? &item : &given, 0);

    if (extra < 0 || (guint64) extra >= axes[i]->stride)
      nn_config_fail (
          config, NN_ERROR_SHAPE, "“output_padding” is not below the stride");
    nn_axis_resolve_transposed (axes[i], padding,
        nn_config_is_set (&given) ? (size_t) extra : G_MAXSIZE, config);
  }
}

static void
conv_transpose_setup (NnLayer *layer, const NnConfig *config)
{
  ConvTranspose *self = (ConvTranspose *) layer;
  NnShape kernel, out;

  if (!nn_window_read (&self->window, layer, config, "kernel_size"))
    return;
  resolve (self, config);
  self->filters = nn_config_size (config, "filters", 0);
  self->use_bias = nn_config_bool (config, "use_bias", true);
  self->activation = nn_activation_read (config, "activation", "linear");
  layer->last_activation = &self->activation;
  kernel = nn_window_kernel_shape (
      &self->window, self->filters, self->window.channels);
  out = nn_window_out_shape (&self->window, self->filters);
  nn_layer_add_param (layer, config, "", "kernel", &kernel, true);
  if (self->use_bias)
    nn_layer_add_param (layer, config, "", "bias",
        &(NnShape){ .rank = 1, .dim = { self->filters } }, true);
  nn_layer_add_output (layer, config, &out);
  if (nn_config_ok (config))
    layer->scratch_len =
        self->window.x.in * nn_window_taps (&self->window) * self->filters;
}

static bool
conv_transpose_finish (NnLayer *layer)
{
  ConvTranspose *self = (ConvTranspose *) layer;
  const float *const kernel = nn_layer_value (layer, KERNEL);
  const size_t c = self->window.channels;
  const size_t columns = nn_window_taps (&self->window) * self->filters;

  if (!self->packed)
    self->packed = g_try_new (float, c *columns);
  if (!self->packed)
    return false;
  for (size_t i = 0; i < c; i++)
    for (size_t j = 0; j < columns; j++)
      self->packed[i * columns + j] = kernel[j * c + i];
  return true;
}

/* Adds column tap (kz, ky, ...) of the products of row (iz, iy). */
static void
scatter_row (const ConvTranspose *self, const float *products, size_t kz,
    size_t ky, float *out_row)
{
  const NnAxis *const x = &self->window.x;
  const size_t filters = self->filters;
  const size_t columns = nn_window_taps (&self->window) * filters;
  const size_t tap = (kz * self->window.y.kernel + ky) * x->kernel;

  for (size_t ix = 0; ix < x->in; ix++)
    for (size_t kx = 0; kx < x->kernel; kx++) {
      const size_t ox = ix * x->stride + kx * x->dilation - x->pad_before;
      const float *const from = products + ix * columns + (tap + kx) * filters;

      for (size_t f = 0; f < filters && ox < x->out; f++)
        out_row[ox * filters + f] += from[f];
    }
}

static void
transpose_row (const ConvTranspose *self, const float *in, size_t iz, size_t iy,
    float *products, float *out)
{
  const NnAxis *const z = &self->window.z, *const y = &self->window.y,
                      *const x = &self->window.x;
  const size_t c = self->window.channels;
  const size_t columns = nn_window_taps (&self->window) * self->filters;

  nn_blas_gemm (x->in, columns, c, in + (iz * y->in + iy) * x->in * c, c,
      self->packed, columns, false, products, columns);
  for (size_t kz = 0; kz < z->kernel; kz++)
    for (size_t ky = 0; ky < y->kernel; ky++) {
      /* An index before the first wraps, so it is beyond the last. */
      const size_t oz = iz * z->stride + kz * z->dilation - z->pad_before;
      const size_t oy = iy * y->stride + ky * y->dilation - y->pad_before;

      if (oz < z->out && oy < y->out)
        scatter_row (self, products, kz, ky,
            out + (oz * y->out + oy) * x->out * self->filters);
    }
}

static void
conv_transpose_forward (const NnLayer *layer, const NnCall *call)
{
  const ConvTranspose *self = (const ConvTranspose *) layer;
  const size_t in_size = nn_shape_size (&layer->in[0]);
  const size_t out_size = nn_shape_size (&layer->out[0]);
  const size_t positions = call->n * out_size / self->filters;
  float *const out = call->out[0];

  memset (out, 0, call->n * out_size * sizeof (float));
  for (size_t i = 0; i < positions && self->use_bias; i++)
    memcpy (out + i * self->filters, nn_layer_value (layer, BIAS),
        self->filters * sizeof (float));
  for (size_t i = 0; i < call->n; i++)
    for (size_t iz = 0; iz < self->window.z.in; iz++)
      for (size_t iy = 0; iy < self->window.y.in; iy++)
        transpose_row (self, call->in[0] + i * in_size, iz, iy, call->scratch,
            out + i * out_size);
  nn_activation_apply (&self->activation, out, positions, self->filters);
}

static void
conv_transpose_clear (NnLayer *layer)
{
  g_clear_pointer (&((ConvTranspose *) layer)->packed, g_free);
}

static double
conv_transpose_flops (const NnLayer *layer)
{
  const ConvTranspose *self = (const ConvTranspose *) layer;

  return 2.0 * nn_shape_size (&layer->in[0]) * nn_window_taps (&self->window)
      * self->filters;
}

/* clang-format off */
#define CONV_TRANSPOSE(n)                                                      \
  {                                                                            \
    .keras_name = "Conv" #n "DTranspose", .size = sizeof (ConvTranspose),      \
    .n_axes = n, .setup = conv_transpose_setup,                                \
    .finish = conv_transpose_finish, .forward = conv_transpose_forward,        \
    .clear = conv_transpose_clear, .flops = conv_transpose_flops,              \
  }
/* clang-format on */

const NnLayerClass nn_conv_transpose_classes[] = {
  CONV_TRANSPOSE (1),
  CONV_TRANSPOSE (2),
  CONV_TRANSPOSE (3),
  { NULL },
};
