/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a file to an NnModel: container, configuration, graph, weights. */
#include <string.h>
#include "nn/config.h"
#include "nn/keras-h5.h"
#include "nn/keras.h"
#include "nn/limits.h"
#include "nn/model-private.h"

/* Weights are in: layers pack them, and memory is laid out. */
static bool
finish_model (NnModel *model, GError **error)
{
  for (size_t i = 0; i < model->graph->nodes->len; i++) {
    NnLayer *const layer = nn_graph_node (model->graph, i)->layer;

    if (layer->klass->finish)
      layer->klass->finish (layer);
  }
  model->plan = nn_plan_new (model->graph, model->name, error);
  return model->plan != NULL;
}

static bool
build_graph (NnModel *model, const char *json, const NnShape *input_shapes,
    size_t n_inputs, GPtrArray *layers, GError **error)
{
  g_autoptr (NnDocument) document =
      nn_document_parse (model->name, json, strlen (json), error);
  g_autoptr (GError) failure = NULL;
  const int major =
      model->keras_version && model->keras_version[0] >= '3' ? 3 : 2;
  NnConfig root;

  if (!document)
    return false;
  root = nn_document_root (document, "the model", major, &failure);
  nn_keras_build (model->graph, &root, input_shapes, n_inputs, layers);
  if (!failure)
    return true;
  g_propagate_prefixed_error (
      error, g_steal_pointer (&failure), "%s: ", model->name);
  return false;
}

static NnModel *
load_h5 (
    NnH5 *file, const NnShape *input_shapes, size_t n_inputs, GError **error)
{
  g_autoptr (NnModel) model = g_new0 (NnModel, 1);
  g_autoptr (GPtrArray) layers = nn_keras_layers_new ();
  g_autofree char *json = NULL;

  g_atomic_ref_count_init (&model->refs);
  model->name = g_strdup (nn_h5_name (file));
  model->graph = nn_graph_new ();
  if (!nn_h5_has_attribute (file, "", "model_config")) {
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: no Keras model in this HDF5 file: it has no attribute "
        "“model_config” (weights alone are not enough)",
        model->name);
    return NULL;
  }
  json = nn_h5_attribute_string (file, "", "model_config", error);
  if (!json)
    return NULL;
  if (nn_h5_has_attribute (file, "", "keras_version"))
    model->keras_version =
        nn_h5_attribute_string (file, "", "keras_version", NULL);
  if (nn_h5_has_attribute (file, "", "emotiondetect"))
    model->metadata = nn_h5_attribute_string (file, "", "emotiondetect", NULL);
  if (!build_graph (model, json, input_shapes, n_inputs, layers, error)
      || !nn_keras_h5_read_weights (file, layers, error)
      || !finish_model (model, error))
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
