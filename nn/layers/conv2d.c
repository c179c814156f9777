/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conv2D: cross-correlation over height and width.
 *   in [h][w][c]  kernel [kh][kw][c / groups][filters]  ->  out
 * [h'][w'][filters] One output row at a time: its patches are gathered into a
 * matrix that stays in the cache, and multiplied by the kernel.
 */
#include <string.h>
#include "nn/activation.h"
#include "nn/blas.h"
#include "nn/layers/axis.h"
#include "nn/layers/layers.h"

enum { KERNEL, BIAS };

typedef struct {
  NnLayer base;
  NnAxis y, x;
  size_t channels, filters, groups;
  bool use_bias;
  NnActivation activation;
} Conv2D;

static void
conv2d_read (Conv2D *self, const NnConfig *config)
{
  static const char *const formats[] = { "channels_last", NULL };
  size_t kernel[2], strides[2], dilation[2];
  const NnPadding padding = nn_padding_read (config, false);

  nn_config_choice (config, "data_format", formats, 0);
  nn_config_sizes (config, "kernel_size", 0, 2, kernel);
  nn_config_sizes (config, "strides", 1, 2, strides);
  nn_config_sizes (config, "dilation_rate", 1, 2, dilation);
  self->filters = nn_config_size (config, "filters", 0);
  self->groups = nn_config_size (config, "groups", 1);
  self->use_bias = nn_config_bool (config, "use_bias", true);
  self->activation = nn_activation_read (config, "activation", "linear");
  nn_layer_refuse (config, "lora_rank");
  self->y = (NnAxis){ .in = self->base.in[0].dim[0],
    .kernel = kernel[0],
    .stride = strides[0],
    .dilation = dilation[0] };
  self->x = (NnAxis){ .in = self->base.in[0].dim[1],
    .kernel = kernel[1],
    .stride = strides[1],
    .dilation = dilation[1] };
  self->channels = self->base.in[0].dim[2];
  nn_axis_resolve (&self->y, padding, config);
  nn_axis_resolve (&self->x, padding, config);
}

static void
conv2d_setup (NnLayer *layer, const NnConfig *config)
{
  Conv2D *self = (Conv2D *) layer;

  if (!nn_layer_expect (layer, config, 1, 3, 3))
    return;
  conv2d_read (self, config);
  if (nn_config_ok (config)
      && (self->channels % self->groups || self->filters % self->groups))
    nn_config_fail (config, NN_ERROR_SHAPE,
        "%" G_GSIZE_FORMAT " channels and %" G_GSIZE_FORMAT
        " filters do not divide into %" G_GSIZE_FORMAT " groups",
        self->channels, self->filters, self->groups);
  if (!nn_config_ok (config))
    return;
  nn_layer_add_param (layer, config, "", "kernel",
      &(NnShape){ .rank = 4,
          .dim = { self->y.kernel, self->x.kernel,
              self->channels / self->groups, self->filters } },
      true);
  if (self->use_bias)
    nn_layer_add_param (layer, config, "", "bias",
        &(NnShape){ .rank = 1, .dim = { self->filters } }, true);
  nn_layer_add_output (layer, config,
      &(NnShape){
          .rank = 3, .dim = { self->y.out, self->x.out, self->filters } });
  if (nn_config_ok (config))
    layer->scratch_len = self->x.out * self->y.kernel * self->x.kernel
        * (self->channels / self->groups);
}

/* The patches under output row oy, channels first..first + n of each position:
 *   patches [x.out][y.kernel][x.kernel][n]
 */
static void
gather_row (const Conv2D *self, const float *in, size_t oy, size_t first,
    size_t n, float *patches)
{
  for (size_t ox = 0; ox < self->x.out; ox++)
    for (size_t ky = 0; ky < self->y.kernel; ky++) {
      const size_t iy = oy * self->y.stride + ky * self->y.dilation
          - self->y.pad_before; /* wraps: then past the end */

      for (size_t kx = 0; kx < self->x.kernel; kx++, patches += n) {
        const size_t ix =
            ox * self->x.stride + kx * self->x.dilation - self->x.pad_before;

        if (iy < self->y.in && ix < self->x.in)
          memcpy (patches, in + (iy * self->x.in + ix) * self->channels + first,
              n * sizeof (float));
        else
          memset (patches, 0, n * sizeof (float));
      }
    }
}

static void
conv2d_row (
    const Conv2D *self, const float *in, size_t oy, float *patches, float *out)
{
  const NnLayer *const layer = &self->base;
  const size_t n = self->channels / self->groups;
  const size_t filters = self->filters / self->groups;
  const size_t k = self->y.kernel * self->x.kernel * n;

  for (size_t x = 0; x < self->x.out && self->use_bias; x++)
    memcpy (out + x * self->filters, nn_layer_value (layer, BIAS),
        self->filters * sizeof (float));
  for (size_t g = 0; g < self->groups; g++) {
    gather_row (self, in, oy, g * n, n, patches);
    nn_blas_gemm (self->x.out, filters, k, patches, k,
        nn_layer_value (layer, KERNEL) + g * filters, self->filters,
        self->use_bias, out + g * filters, self->filters);
  }
  nn_activation_apply (&self->activation, out, self->x.out, self->filters);
}

static void
conv2d_forward (const NnLayer *layer, const NnCall *call)
{
  const Conv2D *self = (const Conv2D *) layer;
  const size_t in_size = nn_shape_size (&layer->in[0]);
  const size_t row = self->x.out * self->filters;
  float *out = call->out[0];

  for (size_t i = 0; i < call->n; i++)
    for (size_t oy = 0; oy < self->y.out; oy++, out += row)
      conv2d_row (self, call->in[0] + i * in_size, oy, call->scratch, out);
}

const NnLayerClass nn_conv2d_class = {
  .keras_name = "Conv2D",
  .size = sizeof (Conv2D),
  .setup = conv2d_setup,
  .forward = conv2d_forward,
};
