/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UnitNormalization: to the Euclidean length 1 along an axis, or neighbouring
 * ones. Zeros stay zeros. */
#include <math.h>
#include "nn/layers/layers.h"
#include "nn/layers/split.h"

typedef struct {
  NnLayer base;
  NnSplit split;
} UnitNormalization;

static void
unit_normalization_setup (NnLayer *layer, const NnConfig *config)
{
  UnitNormalization *self = (UnitNormalization *) layer;
  const NnConfig axis = nn_config_get (config, "axis");
  bool axes[NN_MAX_RANK];

  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK)
      || !nn_axes_read (config, &axis, -1, layer->in[0].rank, axes))
    return;
  self->split = nn_split_axes (config, &layer->in[0], axes);
  nn_layer_add_output (layer, config, &layer->in[0]);
}

static void
unit_normalization_forward (const NnLayer *layer, const NnCall *call)
{
  const NnSplit *const split = &((const UnitNormalization *) layer)->split;

  for (size_t o = 0; o < call->n * split->outer; o++)
    for (size_t i = 0; i < split->inner; i++) {
      const size_t first = o * split->len * split->inner + i;
      const float *const in = call->in[0] + first;
      double square = 0;
      float scale;

      for (size_t k = 0; k < split->len; k++)
        square += (double) in[k * split->inner] * in[k * split->inner];
      scale = 1 / fmax (sqrt (square), 1e-12);
      for (size_t k = 0; k < split->len; k++)
        call->out[0][first + k * split->inner] = in[k * split->inner] * scale;
    }
}

const NnLayerClass nn_unit_normalization_classes[] = {
  {
      .keras_name = "UnitNormalization",
      .size = sizeof (UnitNormalization),
      .mask_rule = NN_MASK_PASS,
      .setup = unit_normalization_setup,
      .forward = unit_normalization_forward,
  },
  { NULL },
};
