/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dropout: nothing while a model runs. */
#include "nn/layers/layers.h"

static void
dropout_setup (NnLayer *self, const NnConfig *config)
{
  if (!nn_layer_expect (self, config, 1, 0, NN_MAX_RANK))
    return;
  nn_layer_add_output (self, config, &self->in[0]);
  self->is_view = true;
}

const NnLayerClass nn_dropout_classes[] = {
  {
      .keras_name = "Dropout",
      .size = sizeof (NnLayer),
      .mask_rule = NN_MASK_PASS,
      .setup = dropout_setup,
  },
  { NULL },
};
