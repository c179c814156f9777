/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/save.h"

#include <string.h>
#include "nn/error.h"
#include "nn/file-write.h"
#include "nn/h5-write.h"
#include "nn/keras-h5.h"
#include "nn/model-private.h"
#include "nn/save-config.h"

/* The layer, at or below the given one, that owns a weight array. */
static const NnKerasLayer *
find_owner (const NnKerasLayer *layer, const NnParam *param)
{
  for (guint i = 0; i < layer->weights->params->len; i++)
    if (g_ptr_array_index (layer->weights->params, i) == param)
      return layer;
  for (guint i = 0; layer->children && i < layer->children->len; i++) {
    const NnKerasLayer *const found =
        find_owner (g_ptr_array_index (layer->children, i), param);

    if (found)
      return found;
  }
  return NULL;
}

/* "dense/kernel:0", "gru/gru_cell/kernel:0" as Keras 2 has them. Keras matches
 * arrays by order, so a name only has to be unique: n is appended if it occurs
 * again. */
static char *
weight_name (const NnKerasLayer *owner, const NnParam *param, guint n)
{
  const NnLayerClass *const klass = nn_layer_class_find (owner->class_name);
  const char *scope = param->scope;
  GString *name = g_string_new (owner->name);

  if (g_str_equal (scope, "cell") && klass && klass->saved_scope)
    scope = klass->saved_scope;
  if (*scope)
    g_string_append_printf (name, "/%s", scope);
  g_string_append_printf (name, "/%s", param->name);
  if (n > 0)
    g_string_append_printf (name, "_%u", n);
  g_string_append (name, ":0");
  return g_string_free (name, FALSE);
}

static char *
unique_name (const NnKerasLayer *owner, const NnParam *param, GHashTable *names)
{
  guint n = 0;
  char *name = weight_name (owner, param, n);

  while (g_hash_table_contains (names, name)) {
    g_free (name);
    name = weight_name (owner, param, ++n);
  }
  g_hash_table_add (names, name);
  return name;
}

static void
write_layer (NnH5Writer *writer, const NnKerasLayer *layer, NnStorage storage)
{
  g_autofree char *group = g_strdup_printf ("model_weights/%s", layer->name);
  g_autoptr (GPtrArray) params = nn_keras_h5_params (layer);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autoptr (GHashTable) seen =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  nn_h5_write_group (writer, group);
  for (guint i = 0; i < params->len; i++) {
    const NnParam *const param = g_ptr_array_index (params, i);
    char *const name = unique_name (find_owner (layer, param), param, seen);
    g_autofree char *path = g_strdup_printf ("%s/%s", group, name);

    g_ptr_array_add (names, name);
    if (storage == NN_STORAGE_FLOAT32 || param->shape.rank < 2
        || !nn_are_halves (param->value, param->size))
      nn_h5_write_floats (writer, path, &param->shape, param->value);
    else
      nn_h5_write_halves (writer, path, &param->shape, param->value);
  }
  nn_h5_write_strings_attribute (writer, group, "weight_names",
      (const char *const *) names->pdata, names->len);
}

/* Whether it is in Keras' model.layers. */
static bool
is_listed (const NnModel *model, const NnKerasLayer *layer)
{
  return !layer->is_operator
      && !(g_str_equal (model->root->class_name, "Sequential")
          && g_str_equal (layer->class_name, "InputLayer"));
}

static void
write_weights (NnH5Writer *writer, const NnModel *model, const char *version)
{
  static const char empty[] = "model_weights/top_level_model_weights";
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  nn_h5_write_group (writer, "model_weights");
  for (guint i = 0; i < model->layers->len; i++) {
    const NnKerasLayer *const layer = g_ptr_array_index (model->layers, i);

    if (!is_listed (model, layer))
      continue;
    write_layer (writer, layer, model->storage);
    g_ptr_array_add (names, layer->name);
  }
  nn_h5_write_strings_attribute (writer, "model_weights", "layer_names",
      (const char *const *) names->pdata, names->len);
  nn_h5_write_string_attribute (
      writer, "model_weights", "backend", "tensorflow", false);
  if (version)
    nn_h5_write_string_attribute (
        writer, "model_weights", "keras_version", version, false);
  nn_h5_write_group (writer, empty);
  nn_h5_write_strings_attribute (writer, empty, "weight_names", NULL, 0);
}

/* In an .h5, an operator (a + b) cannot be distinguished from the layer with
 * its name; and weights that were never set have no values. */
static bool
check_model (const NnModel *model, GError **error)
{
  for (guint i = 0; i < model->layers->len; i++) {
    const NnKerasLayer *const layer = g_ptr_array_index (model->layers, i);

    if (layer->is_operator) {
      g_set_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED,
          "%s: the operator “%s” cannot be saved in an .h5 file", model->name,
          layer->name);
      return false;
    }
  }
  return true;
}

GBytes *
nn_model_save_bytes (const NnModel *model, const char *metadata, GError **error)
{
  g_autoptr (NnH5Writer) writer = NULL;
  g_autofree char *config = NULL;

  g_return_val_if_fail (model != NULL, NULL);
  if (!check_model (model, error))
    return NULL;
  config = nn_save_config (model->config, error);
  if (!config)
    return NULL;
  if (!metadata)
    metadata = model->metadata;
  writer = model->storage == NN_STORAGE_FLOAT32 ? nn_h5_writer_new ()
                                                : nn_h5_writer_new_packed ();
  if (model->keras_version)
    nn_h5_write_string_attribute (
        writer, "", "keras_version", model->keras_version, true);
  nn_h5_write_string_attribute (writer, "", "backend", "tensorflow", true);
  nn_h5_write_string_attribute (writer, "", "model_config", config, false);
  if (metadata)
    nn_h5_write_string_attribute (writer, "", "emotiondetect", metadata, true);
  write_weights (writer, model, model->keras_version);
  return nn_h5_writer_finish (writer, error);
}

bool
nn_model_save (const NnModel *model, const char *path, const char *metadata,
    GError **error)
{
  g_autoptr (GBytes) bytes = NULL;

  g_return_val_if_fail (model != NULL && path != NULL, false);
  bytes = nn_model_save_bytes (model, metadata, error);
  return bytes && nn_file_write (path, bytes, error);
}
