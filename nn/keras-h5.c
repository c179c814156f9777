/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/keras-h5.h"

#include <math.h>
#include "nn/limits.h"

static bool
check_finite (
    NnH5 *file, const char *path, const float *value, size_t n, GError **error)
{
  for (size_t i = 0; i < n; i++)
    if (!isfinite (value[i])) {
      g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
          "%s: weight “%s” has a value that is not a number or infinite",
          nn_h5_name (file), path);
      return false;
    }
  return true;
}

static bool
read_param (NnH5 *file, const char *path, NnParam *param, GError **error)
{
  g_autofree float *value = NULL;
  NnShape shape;

  if (!nn_h5_dataset_shape (file, path, &shape, error))
    return false;
  if (!nn_shape_equal (&shape, &param->shape)) {
    g_autofree char *found = nn_shape_to_string (&shape);
    g_autofree char *expected = nn_shape_to_string (&param->shape);

    g_set_error (error, NN_ERROR, NN_ERROR_SHAPE,
        "%s: weight “%s” has the shape %s, expected %s", nn_h5_name (file),
        path, found, expected);
    return false;
  }
  value = nn_h5_read_floats (file, path, NULL, error);
  if (!value || !check_finite (file, path, value, param->size, error))
    return false;
  g_free (param->value);
  param->value = g_steal_pointer (&value);
  return true;
}

/* Trainable weights first, then the others: the order of a layer's group. */
static bool
read_layer (NnH5 *file, const char *group, char **names, NnKerasLayer *layer,
    GError **error)
{
  const GPtrArray *const params = layer->weights->params;
  size_t next = 0;

  if (g_strv_length (names) != params->len) {
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: layer “%s” has %u weights in the file, expected %u",
        nn_h5_name (file), layer->name, g_strv_length (names), params->len);
    return false;
  }
  for (int pass = 0; pass < 2; pass++)
    for (guint i = 0; i < params->len; i++) {
      NnParam *const param = g_ptr_array_index (params, i);
      const bool early = param->trainable || !layer->trainable;

      if (early == (pass == 0)) {
        g_autofree char *path = g_strdup_printf ("%s/%s", group, names[next++]);

        if (!read_param (file, path, param, error))
          return false;
      }
    }
  return true;
}

/* The next layer, from *i on, that owns weights. */
static NnKerasLayer *
next_with_weights (GPtrArray *layers, guint *i)
{
  while (*i < layers->len) {
    NnKerasLayer *const layer = g_ptr_array_index (layers, (*i)++);

    if (layer->weights->params->len > 0)
      return layer;
  }
  return NULL;
}

bool
nn_keras_h5_read_weights (NnH5 *file, GPtrArray *layers, GError **error)
{
  g_auto (GStrv) groups =
      nn_h5_attribute_strings (file, "model_weights", "layer_names", error);
  NnKerasLayer *layer;
  guint next = 0;

  if (!groups)
    return false;
  for (size_t g = 0; groups[g]; g++) {
    g_autofree char *path = g_strdup_printf ("model_weights/%s", groups[g]);
    g_auto (GStrv) names =
        nn_h5_attribute_strings (file, path, "weight_names", error);

    if (!names)
      return false;
    if (!names[0])
      continue;
    layer = next_with_weights (layers, &next);
    if (!layer) {
      g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
          "%s: the file has weights for more layers than the model",
          nn_h5_name (file));
      return false;
    }
    if (!read_layer (file, path, names, layer, error))
      return false;
  }
  layer = next_with_weights (layers, &next);
  if (layer) {
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: the file has no weights for layer “%s”", nn_h5_name (file),
        layer->name);
    return false;
  }
  return true;
}
