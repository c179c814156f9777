/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layers and operators that do nothing while a model runs. */
#include "nn/layers/layers.h"

static void
identity_setup (NnLayer *self, const NnConfig *config)
{
  if (!nn_layer_expect (self, config, 1, 0, NN_MAX_RANK))
    return;
  nn_layer_add_output (self, config, &self->in[0]);
  self->is_view = true;
}

/* clang-format off */
#define IDENTITY(name)                                                         \
  {                                                                            \
    .keras_name = name, .size = sizeof (NnLayer), .mask_rule = NN_MASK_PASS,   \
    .setup = identity_setup,                                                   \
  }
/* clang-format on */

const NnLayerClass nn_dropout_classes[] = {
  IDENTITY ("Dropout"),
  IDENTITY ("AlphaDropout"),
  IDENTITY ("GaussianDropout"),
  IDENTITY ("GaussianNoise"),
  IDENTITY ("SpatialDropout1D"),
  IDENTITY ("SpatialDropout2D"),
  IDENTITY ("SpatialDropout3D"),
  IDENTITY ("ActivityRegularization"),
  IDENTITY ("Identity"),
  IDENTITY ("ops.Copy"),
  IDENTITY ("ops.Identity"),
  IDENTITY ("ops.StopGradient"),
  { NULL },
};
