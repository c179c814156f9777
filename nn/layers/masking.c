/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Masking: masks steps whose features all have a given value, and sets them to
 * zero.
 *
 *   in [steps][k]  ->  out [steps][k], mask [steps]
 *
 * There may be several axes of steps. A vector gets no mask, only zeros. */
#include "nn/layers/layers.h"

typedef struct {
  NnLayer base;
  float value;
} Masking;

static void
masking_setup (NnLayer *layer, const NnConfig *config)
{
  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK))
    return;
  ((Masking *) layer)->value = nn_config_double (config, "mask_value", 0);
  layer->mask_rule = layer->in[0].rank >= 2 ? NN_MASK_MAKE : NN_MASK_STOP;
  layer->mask_rank = layer->in[0].rank - 1;
  nn_layer_add_output (layer, config, &layer->in[0]);
}

static void
masking_forward (const NnLayer *layer, const NnCall *call)
{
  const float value = ((const Masking *) layer)->value;
  const size_t k = layer->in[0].dim[layer->in[0].rank - 1];
  const size_t steps = call->n * nn_shape_size (&layer->in[0]) / k;

  for (size_t t = 0; t < steps; t++) {
    const float *const in = call->in[0] + t * k;
    float *const out = call->out[0] + t * k;
    bool use = false;

    for (size_t i = 0; i < k; i++)
      use = use || in[i] != value;
    for (size_t i = 0; i < k; i++)
      out[i] = use ? in[i] : 0;
    if (call->out_mask)
      call->out_mask[t] = use;
  }
}

const NnLayerClass nn_masking_classes[] = {
  {
      .keras_name = "Masking",
      .size = sizeof (Masking),
      .setup = masking_setup,
      .forward = masking_forward,
  },
  { NULL },
};
