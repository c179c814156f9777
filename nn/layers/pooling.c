/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pooling: the maximum or mean of what a window of positions holds, for each
 * channel. Positions outside the input do not count. */
#include <math.h>
#include "nn/layers/axis.h"
#include "nn/layers/layers.h"

typedef struct {
  NnLayer base;
  NnAxis y, x;
  size_t channels;
} Pooling;

static void
pooling2d_setup (NnLayer *layer, const NnConfig *config)
{
  static const char *const formats[] = { "channels_last", NULL };
  Pooling *self = (Pooling *) layer;
  const NnConfig stride = nn_config_get (config, "strides");
  const NnPadding padding = nn_padding_read (config, false);
  size_t size[2], strides[2];

  if (!nn_layer_expect (layer, config, 1, 3, 3))
    return;
  nn_config_choice (config, "data_format", formats, 0);
  nn_config_sizes (config, "pool_size", 2, 2, size);
  nn_config_sizes (config, nn_config_is_set (&stride) ? "strides" : "pool_size",
      2, 2, strides);
  self->y = (NnAxis){ .in = layer->in[0].dim[0],
    .kernel = size[0],
    .stride = strides[0],
    .dilation = 1 };
  self->x = (NnAxis){ .in = layer->in[0].dim[1],
    .kernel = size[1],
    .stride = strides[1],
    .dilation = 1 };
  self->channels = layer->in[0].dim[2];
  nn_axis_resolve (&self->y, padding, config);
  nn_axis_resolve (&self->x, padding, config);
  if (nn_config_ok (config))
    nn_layer_add_output (layer, config,
        &(NnShape){
            .rank = 3, .dim = { self->y.out, self->x.out, self->channels } });
}

static void
take_max (const float *in, size_t n, float *out)
{
  for (size_t c = 0; c < n; c++)
    out[c] = in[c] > out[c] ? in[c] : out[c];
}

static void
max_pooling_at (
    const Pooling *self, const float *in, size_t oy, size_t ox, float *out)
{
  for (size_t c = 0; c < self->channels; c++)
    out[c] = -INFINITY;
  for (size_t ky = 0; ky < self->y.kernel; ky++) {
    const size_t iy = oy * self->y.stride + ky - self->y.pad_before;

    for (size_t kx = 0; kx < self->x.kernel && iy < self->y.in; kx++) {
      const size_t ix = ox * self->x.stride + kx - self->x.pad_before;

      if (ix < self->x.in)
        take_max (
            in + (iy * self->x.in + ix) * self->channels, self->channels, out);
    }
  }
}

static void
max_pooling_forward (const NnLayer *layer, const NnCall *call)
{
  const Pooling *self = (const Pooling *) layer;
  const size_t in_size = nn_shape_size (&layer->in[0]);
  float *out = call->out[0];

  for (size_t i = 0; i < call->n; i++)
    for (size_t oy = 0; oy < self->y.out; oy++)
      for (size_t ox = 0; ox < self->x.out; ox++, out += self->channels)
        max_pooling_at (self, call->in[0] + i * in_size, oy, ox, out);
}

const NnLayerClass nn_max_pooling2d_class = {
  .keras_name = "MaxPooling2D",
  .size = sizeof (Pooling),
  .setup = pooling2d_setup,
  .forward = max_pooling_forward,
};
