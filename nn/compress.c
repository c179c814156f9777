/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/compress.h"

#include <math.h>
#include <string.h>
#include "nn/model-private.h"

/* Half floats. */
#define MOST 65504.0f
#define LEAST 0x1p-24 /* and what all of them are multiples of */
#define BITS 11

#define MOST_STEPS 127 /* of 8 bits with a sign */
#define FEW 16         /* numbers in a channel */

static float
to_half (float x)
{
  int exponent;
  double unit;

  frexp (x, &exponent);
  unit = fmax (ldexp (1, exponent - BITS), LEAST);
  return rint (x / unit) * unit;
}

bool
nn_are_halves (const float *values, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (!(fabsf (values[i]) <= MOST) || to_half (values[i]) != values[i])
      return false;
  return true;
}

/* The least power of two that reaches `largest` in 127 steps. Scales between
 * would make steps a quarter smaller on average, but of the same numbers in
 * two channels other half floats: deflate then takes a third more. */
static double
scale_for (double largest)
{
  int exponent;
  const double fraction = frexp (largest / MOST_STEPS, &exponent);

  return fmax (ldexp (1, fraction > 0.5 ? exponent : exponent - 1), LEAST);
}

/* Each n_channels-th value belongs to the same channel. */
static void
round_channel (float *values, size_t n, size_t n_channels)
{
  float largest = 0;
  double scale;

  for (size_t i = 0; i < n; i += n_channels)
    largest = MAX (largest, fabsf (values[i]));
  scale = scale_for (largest);
  for (size_t i = 0; i < n; i += n_channels)
    values[i] = rint (values[i] / scale) * scale;
}

/* The errors of few numbers do not cancel each other: of a first convolution, 9
 * for each output, 8 bits changed more answers than all other layers together
 * (tests/bench/SPEED.md). They take little room anyway. */
static void
round_values (float *values, size_t n, size_t n_channels, NnStorage storage)
{
  const bool by_channel = storage == NN_STORAGE_INT8 && n / n_channels >= FEW;

  for (size_t i = 0; i < n && !by_channel; i++)
    values[i] = to_half (values[i]);
  for (size_t c = 0; c < n_channels && by_channel; c++)
    round_channel (values + c, n - c, n_channels);
}

static size_t
count_channels (const NnKerasLayer *layer, const NnParam *param)
{
  const NnShape *const shape = &param->shape;
  const bool is_depthwise = strstr (layer->class_name, "Depthwise")
      || strstr (param->name, "depthwise");
  const size_t last = shape->dim[shape->rank - 1];

  return is_depthwise ? last * shape->dim[shape->rank - 2] : last;
}

static void
round_param (const NnKerasLayer *layer, NnParam *param, NnStorage storage)
{
  /* The bias of a GRU has two axes. */
  if (param->shape.rank < 2 || param->size == 0 || strstr (param->name, "bias"))
    return;
  for (size_t i = 0; i < param->size; i++)
    if (!(fabsf (param->value[i]) < MOST / 2))
      return;
  round_values (
      param->value, param->size, count_channels (layer, param), storage);
}

static void
round_layer (const NnKerasLayer *layer, NnStorage storage)
{
  for (guint i = 0; layer->weights && i < layer->weights->params->len; i++)
    round_param (layer, g_ptr_array_index (layer->weights->params, i), storage);
  for (guint i = 0; layer->children && i < layer->children->len; i++)
    round_layer (g_ptr_array_index (layer->children, i), storage);
}

NnModel *
nn_model_compress (const NnModel *model, NnStorage storage, GError **error)
{
  g_autoptr (NnModel) copy = NULL;

  g_return_val_if_fail (model != NULL, NULL);
  copy = nn_model_copy (model, error);
  if (!copy)
    return NULL;
  copy->storage = storage;
  if (storage != NN_STORAGE_FLOAT32)
    round_layer (copy->root, storage);
  return nn_model_finish (copy, error) ? g_steal_pointer (&copy) : NULL;
}
