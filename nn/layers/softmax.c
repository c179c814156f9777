/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Softmax and LogSoftmax over any axis, or over neighbouring axes at once. */
#include <string.h>
#include "nn/activation.h"
#include "nn/layers/layers.h"
#include "nn/layers/split.h"

typedef struct {
  NnLayer base;
  NnActivation activation;
  NnSplit split;
} Softmax;

static void
softmax_setup (NnLayer *layer, const NnConfig *config)
{
  Softmax *self = (Softmax *) layer;
  const NnConfig axis = nn_config_get (config, "axis");
  bool axes[NN_MAX_RANK];

  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK))
    return;
  nn_activation_read_object (
      config, layer->klass->keras_name, &self->activation);
  if (!nn_axes_read (config, &axis, -1, layer->in[0].rank, axes))
    return;
  self->split = nn_split_axes (config, &layer->in[0], axes);
  if (layer->has_mask[0] && layer->in[0].rank > 1)
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "a mask over steps reaches a softmax over features");
  nn_layer_add_output (layer, config, &layer->in[0]);
  layer->scratch_len = self->split.len;
}

/* Rows that are inner apart: through a row in scratch. */
static void
apply_strided (const Softmax *self, float *x, float *row)
{
  const NnSplit *const split = &self->split;

  for (size_t k = 0; k < split->inner; k++) {
    for (size_t i = 0; i < split->len; i++)
      row[i] = x[i * split->inner + k];
    nn_activation_apply (&self->activation, row, 1, split->len);
    for (size_t i = 0; i < split->len; i++)
      x[i * split->inner + k] = row[i];
  }
}

static void
softmax_forward (const NnLayer *layer, const NnCall *call)
{
  const Softmax *self = (const Softmax *) layer;
  const NnSplit *const split = &self->split;
  const size_t n = call->n * nn_shape_size (&layer->in[0]);
  const float *const mask = call->in_mask[0];
  float *const out = call->out[0];

  memcpy (out, call->in[0], n * sizeof (float));
  for (size_t i = 0; i < n && mask; i++)
    out[i] = mask[i] != 0 ? out[i] : -1e9f;
  if (split->inner == 1)
    nn_activation_apply (&self->activation, out, n / split->len, split->len);
  else
    for (size_t i = 0; i < n; i += split->len * split->inner)
      apply_strided (self, out + i, call->scratch);
}

/* clang-format off */
#define SOFTMAX(name)                                                          \
  {                                                                            \
    .keras_name = name, .size = sizeof (Softmax), .mask_rule = NN_MASK_PASS,   \
    .setup = softmax_setup, .forward = softmax_forward,                        \
  }
/* clang-format on */

const NnLayerClass nn_softmax_classes[] = {
  SOFTMAX ("Softmax"),
  SOFTMAX ("ops.Softmax"),
  SOFTMAX ("ops.LogSoftmax"),
  SOFTMAX ("ops.Sparsemax"),
  { NULL },
};
