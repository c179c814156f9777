/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/samples.h"

#include <string.h>

static void
make_from_array (gpointer data, const NnSampleRequest *request, float *x,
    float *target, float *weight)
{
  const NnArraySamples *const arrays = data;
  const int label = arrays->label[request->index];

  memcpy (
      x, arrays->x + request->index * arrays->size, arrays->size * sizeof *x);
  target[label] = 1;
  if (arrays->class_weights)
    *weight = arrays->class_weights[label];
}

NnSamples
nn_array_samples (NnArraySamples *arrays)
{
  return (NnSamples){ .n = arrays->n, .data = arrays, .make = make_from_array };
}

void
nn_balanced_class_weights (
    const int *label, size_t n, size_t n_classes, float *weights)
{
  g_autofree size_t *count = g_new0 (size_t, n_classes);

  for (size_t i = 0; i < n; i++)
    count[label[i]]++;
  for (size_t c = 0; c < n_classes; c++)
    weights[c] = count[c] > 0 ? (double) n / (n_classes * count[c]) : 0;
}
