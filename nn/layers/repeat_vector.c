/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RepeatVector: in [k] -> out [n][k], repeated n times. */
#include <string.h>
#include "nn/layers/layers.h"

static void
repeat_vector_setup (NnLayer *self, const NnConfig *config)
{
  NnShape out = { .rank = 2 };

  if (!nn_layer_expect (self, config, 1, 1, 1))
    return;
  out.dim[0] = nn_config_size (config, "n", 0);
  out.dim[1] = self->in[0].dim[0];
  nn_layer_add_output (self, config, &out);
}

static void
repeat_vector_forward (const NnLayer *self, const NnCall *call)
{
  const size_t n = self->out[0].dim[0], k = self->out[0].dim[1];

  for (size_t i = 0; i < call->n; i++)
    for (size_t r = 0; r < n; r++)
      memcpy (call->out[0] + (i * n + r) * k, call->in[0] + i * k,
          k * sizeof (float));
}

const NnLayerClass nn_repeat_vector_classes[] = {
  {
      .keras_name = "RepeatVector",
      .size = sizeof (NnLayer),
      .setup = repeat_vector_setup,
      .forward = repeat_vector_forward,
  },
  { NULL },
};
