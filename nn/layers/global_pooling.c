/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Global pooling: one number for each channel, over all positions. */
#include "nn/layers/layers.h"

static void
global_average1d_setup (NnLayer *self, const NnConfig *config)
{
  NnShape out = { .rank = 1 };

  if (!nn_layer_expect (self, config, 1, 2, 2))
    return;
  if (nn_config_bool (config, "keepdims", false))
    out.dim[out.rank++ - 1] = 1;
  out.dim[out.rank - 1] = self->in[0].dim[1];
  nn_layer_add_output (self, config, &out);
}

/* mask: [n_steps], or NULL. */
static void
mean_of_steps (const float *in, const float *mask, size_t n_steps,
    size_t channels, float *out)
{
  float count = 0;

  for (size_t c = 0; c < channels; c++)
    out[c] = 0;
  for (size_t t = 0; t < n_steps; t++, in += channels) {
    const float weight = mask ? mask[t] : 1;

    count += weight;
    for (size_t c = 0; c < channels; c++)
      out[c] += weight * in[c];
  }
  for (size_t c = 0; c < channels; c++)
    out[c] /= count;
}

static void
global_average1d_forward (const NnLayer *self, const NnCall *call)
{
  const size_t n_steps = self->in[0].dim[0], channels = self->in[0].dim[1];
  const float *const mask = call->in_mask[0];

  for (size_t i = 0; i < call->n; i++)
    mean_of_steps (call->in[0] + i * n_steps * channels,
        mask ? mask + i * n_steps : NULL, n_steps, channels,
        call->out[0] + i * channels);
}

const NnLayerClass nn_global_pooling_classes[] = {
  {
      .keras_name = "GlobalAveragePooling1D",
      .size = sizeof (NnLayer),
      .setup = global_average1d_setup,
      .forward = global_average1d_forward,
  },
  { NULL },
};
