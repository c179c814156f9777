/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a file to an NnModel: the containers, and what they hold.
 *   .h5     attribute model_config, group model_weights
 *   .keras  zip of config.json, metadata.json and model.weights.h5
 */
#include <string.h>
#include "nn/config.h"
#include "nn/error.h"
#include "nn/file.h"
#include "nn/h5.h"
#include "nn/keras-h5.h"
#include "nn/keras-v3.h"
#include "nn/limits.h"
#include "nn/model-private.h"
#include "nn/zip.h"

/* What nn_model_load was asked for. */
typedef struct {
  const char *name;
  GBytes *bytes;
  const NnShape *input_shapes;
  size_t n_inputs;
} Request;

/* The optional attribute "emotiondetect". */
static bool
read_metadata (NnModel *model, NnH5 *file, GError **error)
{
  if (!nn_h5_has_attribute (file, "", "emotiondetect"))
    return true;
  model->metadata = nn_h5_attribute_string (file, "", "emotiondetect", error);
  return model->metadata != NULL;
}

static void
fail_no_model (NnH5 *file, GError **error)
{
  if (nn_h5_has_attribute (file, "", "layer_names")
      || nn_keras_v3_is_weights (file))
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: holds the weights of a model without its layers; save the whole "
        "model (model.save, not model.save_weights)",
        nn_h5_name (file));
  else
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: no Keras model in this HDF5 file: it has no attribute "
        "“model_config”",
        nn_h5_name (file));
}

static NnModel *
load_h5 (const Request *request, GError **error)
{
  g_autoptr (NnH5) file =
      nn_h5_open_bytes (request->name, request->bytes, error);
  g_autoptr (NnModel) model = NULL;
  g_autofree char *json = NULL, *keras_version = NULL;

  if (!file)
    return NULL;
  if (!nn_h5_has_attribute (file, "", "model_config")) {
    fail_no_model (file, error);
    return NULL;
  }
  json = nn_h5_attribute_string (file, "", "model_config", error);
  if (!json)
    return NULL;
  if (nn_h5_has_attribute (file, "", "keras_version"))
    keras_version = nn_h5_attribute_string (file, "", "keras_version", NULL);
  model = nn_model_build (request->name, json, keras_version,
      request->input_shapes, request->n_inputs, error);
  if (!model || !read_metadata (model, file, error)
      || !nn_keras_h5_read_weights (file, "model_weights", model->root, error)
      || !nn_model_finish (model, error))
    return NULL;
  return g_steal_pointer (&model);
}

static char *
read_text (const Request *request, const char *member, GError **error)
{
  g_autoptr (GBytes) bytes = nn_zip_read (
      request->name, request->bytes, member, NN_MAX_CONFIG_BYTES, error);
  gsize len;
  const char *data;

  if (!bytes)
    return NULL;
  data = g_bytes_get_data (bytes, &len);
  return g_strndup (data ? data : "", len);
}

/* metadata.json -> "3.9.2". Archives without it are of Keras 3. */
static char *
read_keras_version (const Request *request)
{
  g_autofree char *text = read_text (request, "metadata.json", NULL);
  g_autoptr (NnDocument) document = NULL;
  g_autoptr (GError) failure = NULL;
  NnConfig root;

  if (text)
    document = nn_document_parse (request->name, text, strlen (text), NULL);
  if (!document)
    return g_strdup ("3");
  root = nn_document_root (document, "metadata.json", 3, &failure);
  return g_strdup (nn_config_string (&root, "keras_version", "3"));
}

static NnModel *
load_zip (const Request *request, GError **error)
{
  g_autofree char *json = read_text (request, "config.json", error);
  g_autofree char *keras_version = NULL;
  g_autoptr (GBytes) weights = NULL;
  g_autoptr (NnModel) model = NULL;
  g_autoptr (NnH5) file = NULL;

  if (!json)
    return NULL;
  keras_version = read_keras_version (request);
  model = nn_model_build (request->name, json, keras_version,
      request->input_shapes, request->n_inputs, error);
  if (!model)
    return NULL;
  weights = nn_zip_read (request->name, request->bytes, "model.weights.h5",
      NN_MAX_FILE_BYTES, error);
  if (!weights)
    return NULL;
  file = nn_h5_open_bytes (request->name, weights, error);
  if (!file || !read_metadata (model, file, error)
      || !nn_keras_v3_read_weights (file, model->root, error)
      || !nn_model_finish (model, error))
    return NULL;
  return g_steal_pointer (&model);
}

static NnModel *
load (const Request *request, GError **error)
{
  gsize len;
  const char *const data = g_bytes_get_data (request->bytes, &len);

  if (nn_zip_is_zip (request->bytes))
    return load_zip (request, error);
  if (len == 0) {
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT, "%s: the file is empty",
        request->name);
    return NULL;
  }
  if (g_strstr_len (data, MIN (len, 200), "git-lfs")) {
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: a pointer of Git LFS; the model itself was not downloaded",
        request->name);
    return NULL;
  }
  return load_h5 (request, error);
}

NnModel *
nn_model_load (const char *path, const NnShape *input_shapes, size_t n_inputs,
    GError **error)
{
  g_autoptr (GBytes) bytes = NULL;

  g_return_val_if_fail (path != NULL, NULL);
  bytes = nn_file_read (path, NN_MAX_FILE_BYTES, error);
  return bytes
      ? nn_model_load_bytes (path, bytes, input_shapes, n_inputs, error)
      : NULL;
}

/* Names in files may be any bytes; messages are text. */
static void
propagate_valid (GError **error, GError *failure)
{
  char *const valid = g_utf8_make_valid (failure->message, -1);

  g_free (failure->message);
  failure->message = valid;
  g_propagate_error (error, failure);
}

NnModel *
nn_model_load_bytes (const char *name, GBytes *bytes,
    const NnShape *input_shapes, size_t n_inputs, GError **error)
{
  GError *failure = NULL;
  NnModel *model;

  g_return_val_if_fail (name != NULL && bytes != NULL, NULL);
  model = load (&(Request){ name, bytes, input_shapes, n_inputs }, &failure);
  if (failure)
    propagate_valid (error, failure);
  return model;
}
