/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DepthwiseConv: every channel by itself has its own kernels.
 *   in [z][y][x][c]  depthwise_kernel [kz][ky][kx][c][m]
 *   -> out [z'][y'][x'][c * m]
 * SeparableConv: that, and then a product over channels at each position.
 *   pointwise_kernel [1][1][1][c * m][filters]  -> out [z'][y'][x'][filters]
 */
#include <string.h>
#include "nn/activation.h"
#include "nn/blas.h"
#include "nn/layers/layers.h"
#include "nn/layers/window.h"

typedef struct {
  NnLayer base;
  NnWindow window;
  size_t multiplier; /* kernels of each channel */
  size_t filters;    /* of the output; channels * multiplier if depthwise */
  bool is_separable, use_bias;
  NnActivation activation;
} Depthwise;

enum { DEPTHWISE, POINTWISE };

static size_t
bias_index (const Depthwise *self)
{
  return self->is_separable ? POINTWISE + 1 : DEPTHWISE + 1;
}

static bool
depthwise_read (Depthwise *self, const NnConfig *config)
{
  NnWindow *const window = &self->window;

  if (!nn_window_read (window, &self->base, config, "kernel_size"))
    return false;
  nn_window_resolve (window, config);
  self->multiplier = nn_config_size (config, "depth_multiplier", 1);
  self->use_bias = nn_config_bool (config, "use_bias", true);
  self->activation = nn_activation_read (config, "activation", "linear");
  self->base.last_activation = &self->activation;
  self->is_separable =
      g_str_has_prefix (self->base.klass->keras_name, "Separable");
  self->filters = self->is_separable ? nn_config_size (config, "filters", 0)
                                     : window->channels * self->multiplier;
  return nn_config_ok (config);
}

static void
depthwise_setup (NnLayer *layer, const NnConfig *config)
{
  Depthwise *self = (Depthwise *) layer;
  const NnWindow *const window = &self->window;
  NnShape kernel, pointwise, out;

  if (!depthwise_read (self, config))
    return;
  kernel = nn_window_kernel_shape (window, window->channels, self->multiplier);
  pointwise = nn_window_kernel_shape (
      window, window->channels * self->multiplier, self->filters);
  for (size_t i = 0; i < window->n_axes; i++)
    pointwise.dim[i] = 1;
  out = nn_window_out_shape (window, self->filters);
  nn_layer_add_param (layer, config, "",
      self->is_separable ? "depthwise_kernel" : "kernel", &kernel, true);
  if (self->is_separable)
    nn_layer_add_param (
        layer, config, "", "pointwise_kernel", &pointwise, true);
  if (self->use_bias)
    nn_layer_add_param (layer, config, "", "bias",
        &(NnShape){ .rank = 1, .dim = { self->filters } }, true);
  nn_layer_add_output (layer, config, &out);
  if (self->is_separable && nn_config_ok (config))
    layer->scratch_len = window->x.out * window->channels * self->multiplier;
}

/* out [c * m] += in [c] * kernel [c][m] */
static void
multiply_add (
    const float *in, const float *kernel, size_t c, size_t m, float *out)
{
  if (m == 1) {
    for (size_t i = 0; i < c; i++)
      out[i] += in[i] * kernel[i];
    return;
  }
  for (size_t i = 0; i < c; i++)
    for (size_t j = 0; j < m; j++)
      out[i * m + j] += in[i] * kernel[i * m + j];
}

/* out [c * m] += what lies under output position (oz, oy, ox) */
static void
add_window (const Depthwise *self, const float *in, size_t oz, size_t oy,
    size_t ox, float *out)
{
  const NnAxis *const z = &self->window.z, *const y = &self->window.y,
                      *const x = &self->window.x;
  const size_t c = self->window.channels, m = self->multiplier;
  const size_t end_z = nn_axis_end_tap (z, oz), end_y = nn_axis_end_tap (y, oy),
               end_x = nn_axis_end_tap (x, ox);
  const float *const kernel = nn_layer_value (&self->base, DEPTHWISE);

  for (size_t kz = nn_axis_first_tap (z, oz); kz < end_z; kz++)
    for (size_t ky = nn_axis_first_tap (y, oy); ky < end_y; ky++)
      for (size_t kx = nn_axis_first_tap (x, ox); kx < end_x; kx++) {
        const size_t iz = oz * z->stride + kz * z->dilation - z->pad_before;
        const size_t iy = oy * y->stride + ky * y->dilation - y->pad_before;
        const size_t ix = ox * x->stride + kx * x->dilation - x->pad_before;
        const size_t tap = (kz * y->kernel + ky) * x->kernel + kx;

        multiply_add (in + ((iz * y->in + iy) * x->in + ix) * c,
            kernel + tap * c * m, c, m, out);
      }
}

/* Row (oz, oy): wide [x.out][c * m] is where the sums go, out [x.out][filters]
 * the result (the same memory if depthwise). */
static void
depthwise_row (const Depthwise *self, const float *in, size_t oz, size_t oy,
    float *wide, float *out)
{
  const NnLayer *const layer = &self->base;
  const size_t n = self->window.x.out;
  const size_t width = self->window.channels * self->multiplier;
  const float *const bias =
      self->use_bias ? nn_layer_value (layer, bias_index (self)) : NULL;

  if (self->is_separable || !bias)
    memset (wide, 0, n * width * sizeof (float));
  for (size_t i = 0; i < n && bias; i++)
    memcpy (out + i * self->filters, bias, self->filters * sizeof (float));
  for (size_t ox = 0; ox < n; ox++)
    add_window (self, in, oz, oy, ox, wide + ox * width);
  if (self->is_separable)
    nn_blas_gemm (n, self->filters, width, wide, width,
        nn_layer_value (layer, POINTWISE), self->filters, bias != NULL, out,
        self->filters);
  nn_activation_apply (&self->activation, out, n, self->filters);
}

static void
depthwise_forward (const NnLayer *layer, const NnCall *call)
{
  const Depthwise *self = (const Depthwise *) layer;
  const size_t in_size = nn_shape_size (&layer->in[0]);
  const size_t row = self->window.x.out * self->filters;
  float *out = call->out[0];

  for (size_t i = 0; i < call->n; i++)
    for (size_t oz = 0; oz < self->window.z.out; oz++)
      for (size_t oy = 0; oy < self->window.y.out; oy++, out += row)
        depthwise_row (self, call->in[0] + i * in_size, oz, oy,
            self->is_separable ? call->scratch : out, out);
}

static double
depthwise_flops (const NnLayer *layer)
{
  const Depthwise *self = (const Depthwise *) layer;
  const double positions = nn_shape_size (&layer->out[0]) / self->filters;
  const double width = self->window.channels * self->multiplier;

  return 2 * positions * width
      * (nn_window_taps (&self->window)
          + (self->is_separable ? self->filters : 0));
}

/* clang-format off */
#define DEPTHWISE_CONV(name, n)                                                \
  {                                                                            \
    .keras_name = name "Conv" #n "D", .size = sizeof (Depthwise), .n_axes = n, \
    .setup = depthwise_setup, .forward = depthwise_forward,                    \
    .flops = depthwise_flops,                                                  \
  }
/* clang-format on */

const NnLayerClass nn_depthwise_classes[] = {
  DEPTHWISE_CONV ("Depthwise", 1),
  DEPTHWISE_CONV ("Depthwise", 2),
  DEPTHWISE_CONV ("Separable", 1),
  DEPTHWISE_CONV ("Separable", 2),
  { NULL },
};
