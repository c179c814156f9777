/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UnitNormalization: to the Euclidean length 1 along an axis, or neighbouring
 * ones. Zeros stay zeros. In Keras 2 it is TensorFlow's l2_normalize, where the
 * square of a length counts as no less than epsilon. */
#include <math.h>
#include "nn/layers/layers.h"
#include "nn/layers/split.h"

typedef struct {
  NnLayer base;
  NnSplit split;
  double min_length;
} UnitNormalization;

static void
unit_normalization_setup (NnLayer *layer, const NnConfig *config)
{
  UnitNormalization *self = (UnitNormalization *) layer;
  const NnConfig axis = nn_config_get (config, "axis");
  bool axes[NN_MAX_RANK];
  double epsilon;

  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK)
      || !nn_axes_read (config, &axis, -1, layer->in[0].rank, axes))
    return;
  self->split = nn_split_axes (config, &layer->in[0], axes);
  epsilon = nn_config_double (
      config, "epsilon", config->keras_major >= 3 ? 0 : 1e-12);
  self->min_length = fmax (sqrt (fmax (epsilon, 0)), 1e-12);
  nn_layer_add_output (layer, config, &layer->in[0]);
}

static void
unit_normalization_forward (const NnLayer *layer, const NnCall *call)
{
  const UnitNormalization *self = (const UnitNormalization *) layer;
  const NnSplit *const split = &self->split;

  for (size_t o = 0; o < call->n * split->outer; o++)
    for (size_t i = 0; i < split->inner; i++) {
      const size_t first = o * split->len * split->inner + i;
      const float *const in = call->in[0] + first;
      double square = 0;
      float scale;

      for (size_t k = 0; k < split->len; k++)
        square += (double) in[k * split->inner] * in[k * split->inner];
      scale = 1 / fmax (sqrt (square), self->min_length);
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
  {
      .keras_name = "ops.L2Normalize",
      .size = sizeof (UnitNormalization),
      .setup = unit_normalization_setup,
      .forward = unit_normalization_forward,
  },
  { NULL },
};
