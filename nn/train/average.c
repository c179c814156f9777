/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/average.h"

NnAverage *
nn_average_new (NnWeightList *weights, double decay)
{
  NnAverage *average;

  g_return_val_if_fail (decay > 0 && decay < 1, NULL);
  average = g_new0 (NnAverage, 1);
  average->weights = weights;
  average->decay = decay;
  average->values = g_new (float, weights->n_values);
  nn_weight_list_get (weights, average->values);
  return average;
}

void
nn_average_free (NnAverage *average)
{
  if (!average)
    return;
  g_free (average->values);
  g_free (average);
}

void
nn_average_update (NnAverage *average, guint64 t)
{
  const double decay = MIN (average->decay, t / (t + 9.0));
  float *values = average->values;

  for (size_t i = 0; i < average->weights->n; i++) {
    const NnParam *const param = average->weights->items[i].param;

    for (size_t k = 0; k < param->size; k++)
      values[k] += (1 - decay) * (param->value[k] - values[k]);
    values += param->size;
  }
}

void
nn_average_exchange (NnAverage *average)
{
  float *values = average->values;

  for (size_t i = 0; i < average->weights->n; i++) {
    const NnParam *const param = average->weights->items[i].param;

    for (size_t k = 0; k < param->size; k++) {
      const float value = values[k];

      values[k] = param->value[k];
      param->value[k] = value;
    }
    values += param->size;
  }
}
