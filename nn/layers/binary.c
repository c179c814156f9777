/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operators of two operands: tensors, or a tensor and a constant, with NumPy's
 * broadcasting; and Where, which has three. */
#include <string.h>
#include "nn/layers/arithmetic.h"
#include "nn/layers/layers.h"
#include "nn/layers/numbers.h"
#include "nn/layers/op.h"

typedef struct {
  size_t input;  /* index of the input, or n_in: a constant */
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
read_operand (const NnLayer *layer, const NnConfig *config, const char *name,
    size_t position, Operand *operand)
{
  const NnArg *const arg = nn_layer_arg (layer, name, position);

  operand->input = layer->n_in;
  if (arg && arg->n == 1) {
    operand->input = arg->first;
    operand->shape = layer->in[arg->first];
  } else if (arg && arg->n == 0) {
    read_constant (operand, config, &arg->value, layer->in[0].rank);
  } else {
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "an operand is missing, or is several tensors");
  }
}

static void
binary_setup (NnLayer *layer, const NnConfig *config)
{
  static const char *const names[] = { "x1", "x2" };
  Binary *self = (Binary *) layer;
  const Operand *const a = &self->operand[0], *const b = &self->operand[1];
  NnShape out;

  if (layer->n_in < 1 || layer->n_in > 2) {
    nn_config_fail (config, NN_ERROR_SHAPE, "expected one or two tensors");
    return;
  }
  for (size_t i = 0; i < 2 && nn_config_ok (config); i++)
    read_operand (layer, config, names[i], i, &self->operand[i]);
  if (!nn_config_ok (config))
    return;
  /* With unequal ranks, the batch of one would align with an axis of the other.
   */
  if ((layer->n_in == 2 && a->shape.rank != b->shape.rank)
      || !nn_broadcast_shapes (&a->shape, &b->shape, &out)) {
    g_autofree char *left = nn_shape_to_string (&a->shape);
    g_autofree char *right = nn_shape_to_string (&b->shape);

    nn_config_fail (config, NN_ERROR_SHAPE,
        "operands of shapes %s and %s cannot be broadcast together", left,
        right);
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

/* Where (condition, x1, x2): x1 where the condition is not 0, else x2. */
typedef struct {
  NnLayer base;
  Operand operand[3];
  NnBroadcast broadcast[3]; /* of each to the output */
} Where;

static void
where_setup (NnLayer *layer, const NnConfig *config)
{
  static const char *const names[] = { "condition", "x1", "x2" };
  Where *self = (Where *) layer;
  NnShape out = { .rank = 0 };

  if (layer->n_in < 1 || layer->n_in > 3) {
    nn_config_fail (config, NN_ERROR_SHAPE, "expected one to three tensors");
    return;
  }
  for (size_t i = 0; i < 3 && nn_config_ok (config); i++) {
    const Operand *const operand = &self->operand[i];
    const NnShape so_far = out;

    read_operand (layer, config, names[i], i, &self->operand[i]);
    if (nn_config_ok (config)
        && ((!operand->values && operand->shape.rank != layer->in[0].rank)
            || !nn_broadcast_shapes (&so_far, &operand->shape, &out)))
      nn_config_fail (
          config, NN_ERROR_SHAPE, "the operands cannot be broadcast together");
  }
  if (!nn_config_ok (config))
    return;
  for (size_t i = 0; i < 3; i++)
    self->broadcast[i] =
        nn_broadcast_plan (&self->operand[i].shape, &out, &out);
  nn_layer_add_output (layer, config, &out);
  if (nn_config_ok (config))
    layer->scratch_len = nn_shape_size (&out);
}

/* out = a, but unchanged where b is 0. */
static void
copy_row (const float *a, size_t a_step, const float *b, size_t b_step,
    size_t n, float *out)
{
  for (size_t i = 0; i < n; i++)
    if (b[i * b_step] != 0)
      out[i] = a[i * a_step];
}

static void
where_forward (const NnLayer *layer, const NnCall *call)
{
  const Where *self = (const Where *) layer;
  const size_t size = nn_shape_size (&layer->out[0]);
  float *const which = call->scratch;

  for (size_t s = 0; s < call->n; s++) {
    float *const out = call->out[0] + s * size;

    for (size_t i = 0; i < size; i++)
      out[i] = 1;
    memcpy (which, out, size * sizeof *which);
    nn_broadcast_run (&self->broadcast[0],
        operand_of (call, &self->operand[0], s), out, which, copy_row);
    nn_broadcast_run (&self->broadcast[2],
        operand_of (call, &self->operand[2], s), out, out, copy_row);
    nn_broadcast_run (&self->broadcast[1],
        operand_of (call, &self->operand[1], s), which, out, copy_row);
  }
}

static void
where_clear (NnLayer *layer)
{
  for (size_t i = 0; i < 3; i++)
    g_clear_pointer (&((Where *) layer)->operand[i].values, g_free);
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
  BINARY ("Arctan2"),
  BINARY ("Divide"),
  BINARY ("DivideNoNan"),
  BINARY ("Equal"),
  BINARY ("FloorDivide"),
  BINARY ("Greater"),
  BINARY ("GreaterEqual"),
  BINARY ("Less"),
  BINARY ("LessEqual"),
  BINARY ("Logaddexp"),
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
  {
      .keras_name = "ops.Where",
      .size = sizeof (Where),
      .setup = where_setup,
      .forward = where_forward,
      .clear = where_clear,
  },
  { NULL },
};
