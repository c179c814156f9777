/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DepthwiseConv: each channel has its own kernels.
 *   in [z][y][x][c]  depthwise_kernel [kz][ky][kx][c][m]
 *   -> out [z'][y'][x'][c * m]
 * SeparableConv: that, and then a product over channels at each position.
 *   pointwise_kernel [1][1][1][c * m][filters]  -> out [z'][y'][x'][filters] */
#include <string.h>
#include "nn/activation.h"
#include "nn/blas.h"
#include "nn/layers/layers.h"
#include "nn/layers/window.h"
#include "nn/loops.h"
#include "nn/simd.h"
#include "nn/training.h"

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

/* out [c * m] += the products of the window of output position (oz, oy, ox) */
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

/* Row (oz, oy): wide [x.out][c * m] receives the sums, out [x.out][filters] the
 * result (the same memory if depthwise). */
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

/* ---- training ---- */

/* With dy [c * m]: dkernel [c][m] += in [c] * dy, din [c] += kernel * dy, of
 * which either may be NULL. */
static void
multiply_back (const float *in, const float *kernel, const float *dy, size_t c,
    size_t m, float *kernel_grad, float *in_grad)
{
  if (m == 1) {
    if (kernel_grad)
      nn_loops ()->multiply_add (c, in, dy, kernel_grad);
    if (in_grad)
      nn_loops ()->multiply_add (c, kernel, dy, in_grad);
    return;
  }
  for (size_t i = 0; i < c; i++)
    for (size_t j = 0; j < m; j++) {
      if (kernel_grad)
        kernel_grad[i * m + j] += in[i] * dy[i * m + j];
      if (in_grad)
        in_grad[i] += kernel[i * m + j] * dy[i * m + j];
    }
}

/* Of output position (oz, oy, ox): see add_window. */
static void
window_back (const Depthwise *self, const float *in, size_t oz, size_t oy,
    size_t ox, const float *dy, float *kernel_grad, float *in_grad)
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
        const size_t tap = ((kz * y->kernel + ky) * x->kernel + kx) * c * m;
        const size_t at = ((iz * y->in + iy) * x->in + ix) * c;

        multiply_back (in + at, kernel + tap, dy, c, m,
            kernel_grad ? kernel_grad + tap : NULL,
            in_grad ? in_grad + at : NULL);
      }
}

/* Row (oz, oy) of a separable convolution: dy [x.out][filters] of the product
 * over channels -> wide [x.out][c * m], the gradient of what went into it. That
 * is computed again for the gradient of the kernel. packed: scratch. */
static void
pointwise_back (const Depthwise *self, const NnTrainingCall *call,
    const float *in, size_t oz, size_t oy, const float *dy, float *wide,
    float *packed)
{
  const size_t n = self->window.x.out, filters = self->filters;
  const size_t width = self->window.channels * self->multiplier;

  if (call->param_grad[POINTWISE]) {
    memset (wide, 0, n * width * sizeof *wide);
    for (size_t ox = 0; ox < n; ox++)
      add_window (self, in, oz, oy, ox, wide + ox * width);
    nn_simd ()->transposed_product (&(NnTransposedProduct){ .m = n,
        .k = width,
        .n = filters,
        .a = wide,
        .lda = width,
        .n_segments = 1,
        .b = dy,
        .ldb = filters,
        .c = call->param_grad[POINTWISE],
        .ldc = filters });
  }
  nn_training_product (n, filters, width, dy, filters,
      nn_layer_value (&self->base, POINTWISE), 1, filters, false, wide, width,
      packed);
}

static void
depthwise_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  const Depthwise *self = (const Depthwise *) layer;
  const NnWindow *const window = &self->window;
  const size_t n = window->x.out, width = window->channels * self->multiplier;
  const size_t in_size = nn_shape_size (&layer->in[0]);
  const size_t positions = nn_shape_size (&layer->out[0]) / self->filters;
  float *const wide = call->forward.scratch, *const packed = wide + n * width;
  const float *dy = call->out_grad[0];

  if (self->use_bias && call->param_grad[bias_index (self)])
    nn_loops ()->add_rows (call->forward.n * positions, self->filters, dy,
        self->filters, call->param_grad[bias_index (self)]);
  if (call->in_grad[0])
    memset (call->in_grad[0], 0, call->forward.n * in_size * sizeof (float));
  for (size_t i = 0; i < call->forward.n; i++)
    for (size_t r = 0; r < window->z.out * window->y.out;
         r++, dy += n * self->filters) {
      const size_t oz = r / window->y.out, oy = r % window->y.out;
      const float *const in = call->forward.in[0] + i * in_size;

      if (self->is_separable)
        pointwise_back (self, call, in, oz, oy, dy, wide, packed);
      for (size_t ox = 0; ox < n; ox++)
        window_back (self, in, oz, oy, ox,
            (self->is_separable ? wide : dy) + ox * width,
            call->param_grad[DEPTHWISE],
            call->in_grad[0] ? call->in_grad[0] + i * in_size : NULL);
    }
}

static void
depthwise_measure (const NnLayer *layer, NnTrainingNeeds *needs)
{
  const Depthwise *self = (const Depthwise *) layer;
  const size_t width = self->window.channels * self->multiplier;

  needs->forgets_out = true;
  if (self->is_separable)
    needs->scratch = self->window.x.out * width
        + nn_training_product_len (self->filters, width);
}

static const NnTraining depthwise_training = {
  .is_by_sample = true,
  .measure = depthwise_measure,
  .backward = depthwise_backward,
};

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
    .flops = depthwise_flops, .training = &depthwise_training,                 \
  }
/* clang-format on */

const NnLayerClass nn_depthwise_classes[] = {
  DEPTHWISE_CONV ("Depthwise", 1),
  DEPTHWISE_CONV ("Depthwise", 2),
  DEPTHWISE_CONV ("Separable", 1),
  DEPTHWISE_CONV ("Separable", 2),
  { NULL },
};
