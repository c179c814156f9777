/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a file to an NnModel: the containers, and what they hold. */
#include "nn/error.h"
#include "nn/h5.h"
#include "nn/keras-h5.h"
#include "nn/model-private.h"

static NnModel *
load_h5 (
    NnH5 *file, const NnShape *input_shapes, size_t n_inputs, GError **error)
{
  const char *const name = nn_h5_name (file);
  g_autoptr (NnModel) model = NULL;
  g_autofree char *json = NULL, *keras_version = NULL;

  if (!nn_h5_has_attribute (file, "", "model_config")) {
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: no Keras model in this HDF5 file: it has no attribute "
        "“model_config” (weights alone are not enough)",
        name);
    return NULL;
  }
  json = nn_h5_attribute_string (file, "", "model_config", error);
  if (!json)
    return NULL;
  if (nn_h5_has_attribute (file, "", "keras_version"))
    keras_version = nn_h5_attribute_string (file, "", "keras_version", NULL);
  model =
      nn_model_build (name, json, keras_version, input_shapes, n_inputs, error);
  if (!model)
    return NULL;
  if (nn_h5_has_attribute (file, "", "emotiondetect"))
    model->metadata = nn_h5_attribute_string (file, "", "emotiondetect", NULL);
  if (!nn_keras_h5_read_weights (file, "model_weights", model->root, error)
      || !nn_model_finish (model, error))
    return NULL;
  return g_steal_pointer (&model);
}

NnModel *
nn_model_load (const char *path, const NnShape *input_shapes, size_t n_inputs,
    GError **error)
{
  g_autoptr (NnH5) file = NULL;

  g_return_val_if_fail (path != NULL, NULL);
  file = nn_h5_open (path, error);
  return file ? load_h5 (file, input_shapes, n_inputs, error) : NULL;
}

NnModel *
nn_model_load_bytes (const char *name, GBytes *bytes,
    const NnShape *input_shapes, size_t n_inputs, GError **error)
{
  g_autoptr (NnH5) file = NULL;

  g_return_val_if_fail (name != NULL && bytes != NULL, NULL);
  file = nn_h5_open_bytes (name, bytes, error);
  return file ? load_h5 (file, input_shapes, n_inputs, error) : NULL;
}
