/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From files to an NnModel: the containers, and what they hold.
 *   .h5     attribute model_config, group model_weights
 *   .keras  zip of config.json, metadata.json and model.weights.h5
 *   .json   the configuration; the weights are in a separate file, laid out as
 * in one of these
 */
#include <stdlib.h>
#include <string.h>
#include "nn/config.h"
#include "nn/error.h"
#include "nn/h5.h"
#include "nn/keras-h5.h"
#include "nn/keras-v3.h"
#include "nn/foreign-format.h"
#include "nn/limits.h"
#include "nn/metadata.h"
#include "nn/model-file.h"
#include "nn/model-private.h"
#include "nn/zip.h"

#define MODEL_WEIGHTS "model_weights"

/* An open model file. */
typedef struct {
  const NnModelFile *file;
  const char *format;
  bool is_zip;
  char *config;         /* JSON */
  NnDocument *document; /* the same, parsed */
  char *keras_version;  /* or NULL */
  NnH5 *weights;        /* of a zip: once they are needed */
} Source;

static void
source_clear (Source *source)
{
  g_free (source->config);
  nn_document_free (source->document);
  g_free (source->keras_version);
  g_clear_pointer (&source->weights, nn_h5_close);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Source, source_clear)

static void
fail_no_model (NnH5 *file, GError **error)
{
  if (nn_h5_has_attribute (file, "", "layer_names")
      || nn_keras_v3_is_weights (file))
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: holds the weights of a model without its layers; save the whole "
        "model (model.save, not model.save_weights), or put its architecture "
        "(model.to_json) beside it as NAME.json, and load that",
        nn_h5_name (file));
  else
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: no Keras model in this HDF5 file: it has no attribute "
        "“model_config”",
        nn_h5_name (file));
}

/* From the HDF5 file with the weights, or NULL. */
static char *
read_h5_version (NnH5 *weights)
{
  static const char *const groups[] = { "", MODEL_WEIGHTS };

  for (size_t i = 0; i < G_N_ELEMENTS (groups); i++)
    if (nn_h5_has_attribute (weights, groups[i], "keras_version"))
      return nn_h5_attribute_string (weights, groups[i], "keras_version", NULL);
  return NULL;
}

static bool
open_h5 (Source *source, GError **error)
{
  const NnModelFile *const file = source->file;

  source->format = "HDF5 file";
  source->weights = nn_h5_open_bytes (file->name, file->bytes, error);
  if (!source->weights)
    return false;
  if (!nn_h5_has_attribute (source->weights, "", "model_config")) {
    fail_no_model (source->weights, error);
    return false;
  }
  source->keras_version = read_h5_version (source->weights);
  source->config =
      nn_h5_attribute_string (source->weights, "", "model_config", error);
  return source->config != NULL;
}

static char *
read_text (const Source *source, const char *member, GError **error)
{
  g_autoptr (GBytes) bytes = nn_zip_read (source->file->name,
      source->file->bytes, member, NN_MAX_CONFIG_BYTES, error);
  gsize len;
  const char *data;

  if (!bytes)
    return NULL;
  data = g_bytes_get_data (bytes, &len);
  return g_strndup (data ? data : "", len);
}

/* The key "keras_version", or NULL. */
static char *
json_version (NnDocument *document)
{
  g_autoptr (GError) failure = NULL;
  const NnConfig root = nn_document_root (document, "", 3, &failure);

  return g_strdup (nn_config_string (&root, "keras_version", NULL));
}

/* metadata.json -> "3.9.2", or NULL */
static char *
read_zip_version (const Source *source)
{
  g_autofree char *text = read_text (source, "metadata.json", NULL);
  g_autoptr (NnDocument) document = text
      ? nn_document_parse (source->file->name, text, strlen (text), NULL)
      : NULL;

  return document ? json_version (document) : NULL;
}

/* Archives without a version are of Keras 3. */
static bool
open_zip (Source *source, GError **error)
{
  const NnModelFile *const file = source->file;
  g_auto (GStrv) names = nn_zip_names (file->name, file->bytes, error);
  const char *const *const list = (const char *const *) names;
  const char *kind;

  source->format = ".keras archive";
  source->is_zip = true;
  if (!names)
    return false;
  kind = g_strv_contains (list, "config.json")
      ? NULL
      : nn_foreign_format_of_members (list);
  if (kind)
    nn_foreign_format_fail (file->name, kind, error);
  else
    source->config = read_text (source, "config.json", error);
  if (!source->config)
    return false;
  source->keras_version = read_zip_version (source);
  if (!source->keras_version)
    source->keras_version = g_strdup ("3");
  return true;
}

static bool
open_architecture (Source *source, GError **error)
{
  const NnModelFile *const file = source->file;
  gsize len;
  const char *const data = g_bytes_get_data (file->bytes, &len);

  source->format = "architecture";
  if (len > NN_MAX_CONFIG_BYTES) {
    g_set_error (error, NN_ERROR, NN_ERROR_LIMIT, "%s: is larger than %zu MiB",
        file->name, NN_MAX_CONFIG_BYTES >> 20);
    return false;
  }
  if (!nn_h5_is_h5 (file->weights)) {
    nn_foreign_format_fail (
        file->weights_name, nn_foreign_format_of_bytes (file->weights), error);
    return false;
  }
  source->weights = nn_h5_open_bytes (file->weights_name, file->weights, error);
  if (!source->weights)
    return false;
  source->config = g_strndup (data, len);
  return true;
}

/* Keras 2 writes it beside the architecture; Keras 3 does not. */
static char *
architecture_version (const Source *source)
{
  char *const version = json_version (source->document);

  if (version)
    return version;
  return nn_keras_v3_is_weights (source->weights)
      ? g_strdup ("3")
      : read_h5_version (source->weights);
}

/* By the contents: file names are unreliable. */
static bool
open_container (Source *source, GError **error)
{
  const NnModelFile *const file = source->file;
  const char *kind;

  if (file->weights)
    return open_architecture (source, error);
  if (nn_zip_is_zip (file->bytes))
    return open_zip (source, error);
  if (nn_h5_is_h5 (file->bytes))
    return open_h5 (source, error);
  kind = g_bytes_get_size (file->bytes) == 0
      ? "the file is empty"
      : nn_foreign_format_of_bytes (file->bytes);
  nn_foreign_format_fail (file->name, kind, error);
  return false;
}

/* Keras 3 also runs on PyTorch, which interpolates differently. An .h5 file
 * names its backend; a .keras archive does not. */
static bool
is_of_torch (const Source *source)
{
  g_autofree char *backend =
      source->weights && nn_h5_has_attribute (source->weights, "", "backend")
      ? nn_h5_attribute_string (source->weights, "", "backend", NULL)
      : NULL;

  return backend
      ? g_str_equal (backend, "torch")
      : source->keras_version && strtol (source->keras_version, NULL, 10) >= 3;
}

static bool
open_source (Source *source, GError **error)
{
  if (open_container (source, error))
    source->document = nn_document_parse (
        source->file->name, source->config, strlen (source->config), error);
  if (!source->document)
    return false;
  if (source->file->weights)
    source->keras_version = architecture_version (source);
  nn_document_set_torch (source->document, is_of_torch (source));
  return true;
}

/* The file inside the archive, read only if the configuration is valid. */
static bool
open_weights (Source *source, GError **error)
{
  const NnModelFile *const file = source->file;
  g_autoptr (GBytes) bytes = NULL;

  if (source->weights)
    return true;
  bytes = nn_zip_read (
      file->name, file->bytes, "model.weights.h5", NN_MAX_FILE_BYTES, error);
  if (bytes)
    source->weights = nn_h5_open_bytes (file->name, bytes, error);
  if (source->weights)
    nn_h5_set_source_len (source->weights, g_bytes_get_size (file->bytes));
  return source->weights != NULL;
}

static bool
read_weights (const Source *source, NnModel *model, GError **error)
{
  const bool is_apart = source->file->weights != NULL;
  NnH5 *const weights = source->weights;
  const char *group = MODEL_WEIGHTS;

  if (source->is_zip || (is_apart && nn_keras_v3_is_weights (weights)))
    return nn_keras_v3_read_weights (weights, model->root, error);
  /* model.save_weights of Keras 2 omits the group. */
  if (is_apart && nn_h5_has_attribute (weights, "", "layer_names"))
    group = "";
  return nn_keras_h5_read_weights (weights, group, model->root, error);
}

/* The optional attribute "emotiondetect". */
static bool
read_metadata (const Source *source, NnModel *model, GError **error)
{
  char *text;

  if (!nn_h5_has_attribute (source->weights, "", "emotiondetect"))
    return true;
  text = nn_h5_attribute_string (source->weights, "", "emotiondetect", error);
  return text && nn_metadata_set (model, text, error);
}

static NnModel *
load (Source *source, const NnShape *input_shapes, size_t n_inputs,
    GError **error)
{
  g_autoptr (NnModel) model = nn_model_build_document (source->file->name,
      source->config, source->document, source->keras_version, input_shapes,
      n_inputs, error);

  if (!model || !open_weights (source, error)
      || !read_metadata (source, model, error)
      || !read_weights (source, model, error) || !nn_model_finish (model, error)
      || !nn_metadata_check (model, error))
    return NULL;
  model->format = source->format;
  model->is_torch = is_of_torch (source);
  return g_steal_pointer (&model);
}

/* Whether an input that the file leaves open can have that shape. */
static bool
is_open_to (const NnShape *input, const NnShape *shape)
{
  bool is_open = false;

  if (input->rank != shape->rank)
    return false;
  for (size_t i = 0; i < input->rank; i++) {
    is_open |= input->dim[i] == NN_DIM_UNKNOWN;
    if (input->dim[i] != NN_DIM_UNKNOWN && shape->dim[i] != NN_DIM_UNKNOWN
        && input->dim[i] != shape->dim[i])
      return false;
  }
  return is_open;
}

/* With the shape in the file, or the first of choices that fits; if the file
 * has none, all that its weights agree with. */
static NnModel *
load_fitting (
    Source *source, const NnShape *choices, size_t n_choices, GError **error)
{
  g_autoptr (GArray) inputs = nn_model_input_shapes (
      source->file->name, source->document, source->keras_version, error);
  g_autoptr (GError) first = NULL;
  NnModel *model;

  if (!inputs)
    return NULL;
  model = load (source, NULL, 0, &first);
  for (size_t i = 0; i < n_choices && !model
       && (inputs->len == 0
           || (inputs->len == 1
               && g_error_matches (first, NN_ERROR, NN_ERROR_SHAPE)));
       i++)
    if (inputs->len == 0
        || is_open_to (&g_array_index (inputs, NnShape, 0), &choices[i]))
      model = load (source, &choices[i], 1, NULL);
  if (!model)
    g_propagate_error (error, g_steal_pointer (&first));
  return model;
}

/* Names in files may be any bytes of any length; messages are text. */
static void
propagate_valid (GError **error, GError *failure)
{
  char *const message = nn_printable (failure->message, NN_MAX_MESSAGE);

  g_free (failure->message);
  failure->message = message;
  g_propagate_error (error, failure);
}

NnModel *
nn_model_file_load (const NnModelFile *file, const NnShape *input_shapes,
    size_t n_inputs, GError **error)
{
  g_auto (Source) source = { .file = file };
  GError *failure = NULL;
  NnModel *model = NULL;

  g_return_val_if_fail (file != NULL, NULL);
  if (open_source (&source, &failure))
    model = load (&source, input_shapes, n_inputs, &failure);
  if (failure)
    propagate_valid (error, failure);
  return model;
}

NnModel *
nn_model_file_load_fitting (const NnModelFile *file, const NnShape *choices,
    size_t n_choices, GError **error)
{
  g_auto (Source) source = { .file = file };
  GError *failure = NULL;
  NnModel *model = NULL;

  g_return_val_if_fail (file != NULL, NULL);
  if (open_source (&source, &failure))
    model = load_fitting (&source, choices, n_choices, &failure);
  if (failure)
    propagate_valid (error, failure);
  return model;
}

NnModel *
nn_model_load_bytes (const char *name, GBytes *bytes,
    const NnShape *input_shapes, size_t n_inputs, GError **error)
{
  g_autoptr (NnModelFile) file = nn_model_file_new (name, bytes);

  return nn_model_file_load (file, input_shapes, n_inputs, error);
}

NnModel *
nn_model_load (const char *path, const NnShape *input_shapes, size_t n_inputs,
    GError **error)
{
  g_autoptr (NnModelFile) file = nn_model_file_open (path, error);

  return file ? nn_model_file_load (file, input_shapes, n_inputs, error) : NULL;
}

bool
nn_model_file_inputs (
    const NnModelFile *file, NnShape **shapes, size_t *n_inputs, GError **error)
{
  g_auto (Source) source = { .file = file };
  g_autoptr (GArray) found = NULL;
  GError *failure = NULL;

  g_return_val_if_fail (file && shapes && n_inputs, false);
  if (open_source (&source, &failure))
    found = nn_model_input_shapes (
        file->name, source.document, source.keras_version, &failure);
  if (failure) {
    propagate_valid (error, failure);
    return false;
  }
  *n_inputs = found->len;
  *shapes = (NnShape *) g_array_free (g_steal_pointer (&found), FALSE);
  return true;
}
