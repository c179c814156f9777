/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Activation: any function of nn/activation.c as a layer; and the layers and
 * operators named after one. */
#include "nn/activation.h"

#include <string.h>
#include "nn/fuse.h"
#include "nn/layers/layers.h"
#include "nn/training.h"

typedef struct {
  NnLayer base;
  NnActivation activation;
} Activation;

static void
activation_setup (NnLayer *layer, const NnConfig *config)
{
  Activation *self = (Activation *) layer;

  if (!nn_layer_expect (layer, config, 1, 0, NN_MAX_RANK))
    return;
  if (!nn_activation_read_object (
          config, layer->klass->keras_name, &self->activation))
    self->activation = nn_activation_read (config, "activation", "linear");
  layer->last_activation = &self->activation;
  nn_layer_add_output (layer, config, &layer->in[0]);
}

/* Elements that are still in the first cache when they have been copied. */
#define BLOCK ((size_t) 2048)

static void
activation_forward (const NnLayer *layer, const NnCall *call)
{
  const Activation *self = (const Activation *) layer;
  const NnShape *const shape = &layer->out[0];
  const size_t size = nn_shape_size (shape);
  const size_t len = shape->rank > 0 ? shape->dim[shape->rank - 1] : 1;
  const size_t end = call->n * size / len;
  const size_t block = MAX (BLOCK / len, 1);

  for (size_t row = 0; row < end; row += block) {
    const size_t n = MIN (block, end - row);

    memcpy (call->out[0] + row * len, call->in[0] + row * len,
        n * len * sizeof (float));
    nn_activation_apply (&self->activation, call->out[0] + row * len, n, len);
  }
}

const NnActivation *
nn_activation_of_elements (const NnLayer *layer)
{
  const NnActivation *const activation =
      &((const Activation *) layer)->activation;

  return layer->klass->forward == activation_forward
          && !nn_activation_is_of_rows (activation)
      ? activation
      : NULL;
}

/* The trainer applies the activation itself: NnLayer.last_activation. */
static void
activation_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  if (call->in_grad[0])
    memcpy (call->in_grad[0], call->out_grad[0],
        call->forward.n * nn_shape_size (&layer->out[0]) * sizeof (float));
}

static const NnTraining activation_training = { .backward =
                                                    activation_backward };

/* Keras 3 reads both. */
static const NnSavedKey leaky_relu_keys[] = {
  { "negative_slope", "alpha" },
  { NULL },
};

/* clang-format off */
#define ACTIVATION(name, ...)                                                  \
  {                                                                            \
    .keras_name = name, .size = sizeof (Activation),                           \
    .mask_rule = NN_MASK_PASS,                                                 \
    .setup = activation_setup, .forward = activation_forward,                  \
    .training = &activation_training, __VA_ARGS__                              \
  }
/* clang-format on */

const NnLayerClass nn_activation_classes[] = {
  ACTIVATION ("Activation"),
  ACTIVATION ("ReLU"),
  ACTIVATION ("LeakyReLU", .saved_keys = leaky_relu_keys),
  ACTIVATION ("ELU"),
  ACTIVATION ("ThresholdedReLU"),
  ACTIVATION ("Mish"),
  ACTIVATION ("ops.Celu"),
  ACTIVATION ("ops.Elu"),
  ACTIVATION ("ops.Gelu"),
  ACTIVATION ("ops.HardShrink"),
  ACTIVATION ("ops.HardSigmoid"),
  ACTIVATION ("ops.HardSilu"),
  ACTIVATION ("ops.HardTanh"),
  ACTIVATION ("ops.LeakyRelu"),
  ACTIVATION ("ops.LogSigmoid"),
  ACTIVATION ("ops.Mish"),
  ACTIVATION ("ops.ReLU"),
  ACTIVATION ("ops.Relu"),
  ACTIVATION ("ops.Relu6"),
  ACTIVATION ("ops.Selu"),
  ACTIVATION ("ops.Sigmoid"),
  ACTIVATION ("ops.Silu"),
  ACTIVATION ("ops.SoftShrink"),
  ACTIVATION ("ops.Softplus"),
  ACTIVATION ("ops.Softsign"),
  ACTIVATION ("ops.SparsePlus"),
  ACTIVATION ("ops.SparseSigmoid"),
  ACTIVATION ("ops.Squareplus"),
  ACTIVATION ("ops.Tanh"),
  ACTIVATION ("ops.TanhShrink"),
  ACTIVATION ("ops.Threshold"),
  { NULL },
};
