/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PReLU (He et al. 2015): a learned slope below zero, one for each element, or
 * shared along given axes.
 *   in [...]  alpha [... with 1 for a shared axis] */
#include "nn/layers/broadcast.h"
#include "nn/layers/layers.h"
#include "nn/layers/split.h"

typedef struct {
  NnLayer base;
  NnBroadcast broadcast; /* of in and alpha */
} PReLU;

static void
prelu_setup (NnLayer *layer, const NnConfig *config)
{
  PReLU *self = (PReLU *) layer;
  const NnConfig shared = nn_config_get (config, "shared_axes");
  NnShape alpha, out;
  bool axes[NN_MAX_RANK] = { false };

  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK))
    return;
  alpha = layer->in[0];
  if (nn_config_is_set (&shared)
      && !nn_axes_read (config, &shared, 0, alpha.rank, axes))
    return;
  for (size_t i = 0; i < alpha.rank; i++)
    if (axes[i])
      alpha.dim[i] = 1;
  nn_layer_add_param (layer, config, "", "alpha", &alpha, true);
  nn_broadcast_shapes (&layer->in[0], &alpha, &out);
  self->broadcast = nn_broadcast_plan (&layer->in[0], &alpha, &out);
  nn_layer_add_output (layer, config, &out);
}

static void
rectify_row (const float *x, size_t x_step, const float *alpha,
    size_t alpha_step, size_t n, float *out)
{
  for (size_t i = 0; i < n; i++) {
    const float value = x[i * x_step];

    out[i] = value > 0 ? value : alpha[i * alpha_step] * value;
  }
}

static void
prelu_forward (const NnLayer *layer, const NnCall *call)
{
  const PReLU *self = (const PReLU *) layer;
  const size_t size = nn_shape_size (&layer->in[0]);

  for (size_t i = 0; i < call->n; i++)
    nn_broadcast_run (&self->broadcast, call->in[0] + i * size,
        nn_layer_value (layer, 0), call->out[0] + i * size, rectify_row);
}

const NnLayerClass nn_prelu_classes[] = {
  {
      .keras_name = "PReLU",
      .size = sizeof (PReLU),
      .mask_rule = NN_MASK_PASS,
      .setup = prelu_setup,
      .forward = prelu_forward,
  },
  { NULL },
};
