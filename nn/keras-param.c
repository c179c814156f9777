/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/keras-param.h"

#include <math.h>

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

bool
nn_keras_param_read (
    NnH5 *file, const char *path, NnParam *param, GError **error)
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
