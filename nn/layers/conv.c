/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conv1D, Conv2D, Conv3D: cross-correlation.
 *   in [z][y][x][c]  kernel [kz][ky][kx][c / groups][filters]  bias [filters]
 *   -> out [z'][y'][x'][filters]
 * Activation, batch normalisation and maximum pooling that follow in the model
 * are applied to a row of the output while it is in the cache: see nn/fuse.h.
 */
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
  if (!nn_config_ok (config))
    return;
  if (nn_conv_lay_out (self))
    nn_conv_use_rows (self);
  else
    nn_config_fail (
        config, NN_ERROR_LIMIT, "the input is too large with its padding");
}

static bool
conv_finish (NnLayer *layer)
{
  NnConv *self = (NnConv *) layer;

  return self->way->pack (self, nn_layer_value (layer, NN_CONV_KERNEL))
      && (!self->adjoint || nn_conv_pack_adjoint (self));
}

static bool
conv_specialise (NnLayer *layer)
{
  NnConv *self = (NnConv *) layer;
  bool (*const packed_by) (NnConv *, const float *) = self->way->pack;

  nn_conv_use_fastest (self);
  return self->way->pack == packed_by || conv_finish (layer);
}

static void
conv_clear (NnLayer *layer)
{
  NnConv *self = (NnConv *) layer;

  nn_conv_resize_packed (self, 0);
  g_clear_pointer (&self->adjoint, nn_conv_free_adjoint);
}

static void
conv_forward (const NnLayer *layer, const NnCall *call)
{
  const NnConv *const self = (const NnConv *) layer;

  self->way->run (self, call->n, call->in[0], call->scratch, call->out[0]);
}

/* In place of no activation, or behind a batch normalisation. */
static bool
absorb_activation (NnConv *self, const NnActivation *activation)
{
  NnFinish *const end = &self->end;
  float own;

  if (!end->scale && nn_activation_is_rectifier (&self->activation, &own)
      && own == 1) {
    self->activation = *activation;
    return true;
  }
  return end->slope_after == 1
      && nn_activation_is_rectifier (activation, &end->slope_after);
}

static bool
conv_absorb (NnLayer *layer, const NnLayer *next)
{
  NnConv *self = (NnConv *) layer;
  NnFinish *const end = &self->end;
  const bool is_pooled = end->pool_y > 1 || end->pool_x > 1;
  const NnActivation *const activation = nn_activation_of_elements (next);

  if (is_pooled)
    return false;
  if (!end->scale && end->slope_after == 1
      && nn_batch_normalization_affine (next, &end->scale, &end->offset))
    return true;
  if (activation)
    return absorb_activation (self, activation);
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
