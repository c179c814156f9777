/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operators of two operands: tensors, or a tensor and a constant, with NumPy's
 * broadcasting. */
#include <string.h>
#include "nn/layers/arithmetic.h"
#include "nn/layers/layers.h"
#include "nn/layers/numbers.h"
#include "nn/layers/op.h"

typedef struct {
  size_t input;  /* which input it is, or n_in: a constant */
  NnShape shape; /* of one sample */
  float *values; /* of a constant */
} Operand;

typedef struct {
  NnLayer base;
  Operand operand[2];
  NnBroadcast broadcast;
  NnBroadcastRow row;
} Binary;

/* A constant may have a batch axis, of length 1. */
static void
read_constant (Operand *operand, const NnConfig *config, const NnConfig *value,
    size_t rank)
{
  NnShape shape = nn_numbers_shape (config, value);

  if (shape.rank == rank + 1 && shape.dim[0] == 1) {
    for (size_t i = 1; i < shape.rank; i++)
      shape.dim[i - 1] = shape.dim[i];
    shape.rank--;
  }
  if (shape.rank > rank)
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "a constant with more axes than the input is not supported");
  operand->shape = shape;
  operand->values = g_new0 (float, nn_shape_size (&shape));
  nn_numbers_read (config, value, nn_shape_size (&shape), operand->values);
}

static void
read_operand (Binary *self, const NnConfig *config, size_t i)
{
  static const char *const names[] = { "x1", "x2" };
  const NnLayer *const layer = &self->base;
  const NnArg *const arg = nn_layer_arg (layer, names[i], i);

  self->operand[i].input = layer->n_in;
  if (arg && arg->n == 1) {
    self->operand[i].input = arg->first;
    self->operand[i].shape = layer->in[arg->first];
  } else if (arg && arg->n == 0) {
    read_constant (&self->operand[i], config, &arg->value, layer->in[0].rank);
  } else {
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "an operand is missing, or is several tensors");
  }
}

static void
binary_setup (NnLayer *layer, const NnConfig *config)
{
  Binary *self = (Binary *) layer;
  const Operand *const a = &self->operand[0], *const b = &self->operand[1];
  NnShape out;

  if (layer->n_in < 1 || layer->n_in > 2) {
    nn_config_fail (config, NN_ERROR_SHAPE, "it takes one or two tensors");
    return;
  }
  for (size_t i = 0; i < 2 && nn_config_ok (config); i++)
    read_operand (self, config, i);
  if (!nn_config_ok (config))
    return;
  /* Of unequal ranks, the batch of one would meet an axis of the other. */
  if ((layer->n_in == 2 && a->shape.rank != b->shape.rank)
      || !nn_broadcast_shapes (&a->shape, &b->shape, &out)) {
    g_autofree char *left = nn_shape_to_string (&a->shape);
    g_autofree char *right = nn_shape_to_string (&b->shape);

    nn_config_fail (config, NN_ERROR_SHAPE,
        "operands of the shapes %s and %s do not fit each other", left, right);
    return;
  }
  self->row = nn_arithmetic_find (layer->klass->keras_name + strlen ("ops."));
  self->broadcast = nn_broadcast_plan (&a->shape, &b->shape, &out);
  nn_layer_add_output (layer, config, &out);
}

static const float *
operand_of (const NnCall *call, const Operand *operand, size_t sample)
{
  return operand->values
      ? operand->values
      : call->in[operand->input] + sample * nn_shape_size (&operand->shape);
}

static void
binary_forward (const NnLayer *layer, const NnCall *call)
{
  const Binary *self = (const Binary *) layer;
  const size_t size = nn_shape_size (&layer->out[0]);

  for (size_t i = 0; i < call->n; i++)
    nn_broadcast_run (&self->broadcast, operand_of (call, &self->operand[0], i),
        operand_of (call, &self->operand[1], i), call->out[0] + i * size,
        self->row);
}

static void
binary_clear (NnLayer *layer)
{
  Binary *self = (Binary *) layer;

  for (size_t i = 0; i < 2; i++)
    g_clear_pointer (&self->operand[i].values, g_free);
}

/* clang-format off */
#define BINARY(name)                                                           \
  {                                                                            \
    .keras_name = "ops." name, .size = sizeof (Binary),                        \
    .setup = binary_setup, .forward = binary_forward, .clear = binary_clear,   \
  }
/* clang-format on */

const NnLayerClass nn_binary_classes[] = {
  BINARY ("Add"),
  BINARY ("Divide"),
  BINARY ("DivideNoNan"),
  BINARY ("Equal"),
  BINARY ("FloorDivide"),
  BINARY ("Greater"),
  BINARY ("GreaterEqual"),
  BINARY ("Less"),
  BINARY ("LessEqual"),
  BINARY ("LogicalAnd"),
  BINARY ("LogicalOr"),
  BINARY ("LogicalXor"),
  BINARY ("Maximum"),
  BINARY ("Minimum"),
  BINARY ("Mod"),
  BINARY ("Multiply"),
  BINARY ("NotEqual"),
  BINARY ("Power"),
  BINARY ("SquaredDifference"),
  BINARY ("Subtract"),
  BINARY ("TrueDivide"),
  { NULL },
};
