/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/transfer.h"

#include <json-glib/json-glib.h>
#include <string.h>
#include "nn/error.h"
#include "nn/json-node.h"
#include "nn/model-private.h"

/* The layers of a Sequential or functional model. Files of Keras before 2.2.3
 * have no object around those of a Sequential. */
static JsonArray *
layers_of (JsonNode *root)
{
  JsonNode *const config =
      json_object_get_member (json_node_get_object (root), "config");

  return JSON_NODE_HOLDS_ARRAY (config)
      ? json_node_get_array (config)
      : json_object_get_array_member (json_node_get_object (config), "layers");
}

/* Has no weights and leaves the number of values. */
static bool
is_transparent (const char *class_name)
{
  static const char *const names[] = { "Activation", "Softmax", "Dropout",
    NULL };

  return g_strv_contains (names, class_name);
}

/* The last Dense, or NULL. */
static JsonObject *
find_last_dense (JsonArray *layers)
{
  for (guint i = json_array_get_length (layers); i-- > 0;) {
    JsonObject *const layer = json_array_get_object_element (layers, i);
    const char *const name =
        json_object_get_string_member (layer, "class_name");

    if (g_str_equal (name, "Dense"))
      return json_object_get_object_member (layer, "config");
    if (!is_transparent (name))
      return NULL;
  }
  return NULL;
}

/* model->config with another number of units in the last layer, or NULL. The
 * model was built from it, so it is what it seems. */
static char *
config_with_classes (const NnModel *model, size_t n_classes)
{
  g_autoptr (JsonNode) root = json_from_string (model->config, NULL);
  JsonObject *const dense = root ? find_last_dense (layers_of (root)) : NULL;
  g_autoptr (NnJson) json = nn_json_new (false);

  if (!dense)
    return NULL;
  json_object_set_int_member (dense, "units", n_classes);
  nn_json_add_node (json, NULL, root);
  return g_strdup (nn_json_text (json));
}

/* Those of equal shapes; the others begin at zero, so that the first outputs
 * are all alike, and the first loss is log (n_classes), however large the
 * values are that the model puts into its last layer. */
static void
copy_fitting (const NnWeights *from, NnWeights *to)
{
  for (guint i = 0; i < to->params->len; i++) {
    const NnParam *const source = g_ptr_array_index (from->params, i);
    NnParam *const param = g_ptr_array_index (to->params, i);

    if (param->value) /* shared layers come again */
      continue;
    param->value = source->size == param->size
        ? g_memdup2 (source->value, param->size * sizeof (float))
        : g_new0 (float, param->size);
  }
}

NnModel *
nn_model_with_classes (const NnModel *model, size_t n_classes, GError **error)
{
  g_autofree char *config = NULL;
  g_autoptr (NnModel) result = NULL;

  g_return_val_if_fail (model != NULL && n_classes > 0, NULL);
  config = config_with_classes (model, n_classes);
  if (!config) {
    g_set_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED,
        "%s: its last layer is not a Dense, so it cannot be given "
        "%" G_GSIZE_FORMAT " classes; train with the labels that it has",
        model->name, n_classes);
    return NULL;
  }
  result = nn_model_build (model->name, config, model->keras_version,
      nn_model_input_shape (model, 0), 1, error);
  if (!result)
    return NULL;
  for (guint i = 0; i < result->graph->nodes->len; i++)
    copy_fitting (nn_graph_node (model->graph, i)->layer->weights,
        nn_graph_node (result->graph, i)->layer->weights);
  return nn_model_finish (result, error) ? g_steal_pointer (&result) : NULL;
}

/* The last layer, where it is a Dense, or NULL. */
static const NnKerasLayer *
last_dense (const NnModel *model)
{
  for (guint i = model->layers->len; i-- > 0;) {
    const NnKerasLayer *const layer = g_ptr_array_index (model->layers, i);

    if (g_str_equal (layer->class_name, "Dense"))
      return layer;
    if (!is_transparent (layer->class_name))
      return NULL;
  }
  return NULL;
}

NnModel *
nn_model_cool (const NnModel *model, double temperature, GError **error)
{
  g_autoptr (NnModel) result = NULL;
  const NnKerasLayer *last;

  g_return_val_if_fail (model != NULL && temperature > 0, NULL);
  result = nn_model_copy (model, error);
  if (!result)
    return NULL;
  last = last_dense (result);
  if (!last) {
    g_set_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED,
        "%s: its last layer is no Dense, so it cannot hold a temperature",
        model->name);
    return NULL;
  }
  for (guint i = 0; i < last->weights->params->len; i++) {
    NnParam *const param = g_ptr_array_index (last->weights->params, i);

    for (size_t k = 0; k < param->size; k++)
      param->value[k] = (float) (param->value[k] / temperature);
  }
  return nn_model_finish (result, error) ? g_steal_pointer (&result) : NULL;
}

/* How many layers from the first on are to be frozen; G_MAXUINT: no such. */
static guint
find_end (const GPtrArray *layers, const char *which)
{
  guint64 n, found = 0;
  const bool is_number =
      g_ascii_string_to_unsigned (which, 10, 1, G_MAXUINT32, &n, NULL);

  for (guint i = 0; i < layers->len; i++) {
    const NnKerasLayer *const layer = g_ptr_array_index (layers, i);

    if (!is_number && g_strcmp0 (layer->name, which) == 0)
      return i + 1;
    if (is_number && nn_keras_layer_n_params (layer) > 0 && ++found == n)
      return i + 1;
  }
  return G_MAXUINT;
}

static bool
has_weights_from (const GPtrArray *layers, guint first)
{
  for (guint i = first; i < layers->len; i++)
    if (nn_keras_layer_n_params (g_ptr_array_index (layers, i)) > 0)
      return true;
  return false;
}

bool
nn_model_freeze (NnModel *model, const char *which, GError **error)
{
  guint end;

  g_return_val_if_fail (model != NULL && which != NULL, false);
  end = find_end (model->layers, which);
  if (end == G_MAXUINT || !has_weights_from (model->layers, end)) {
    g_set_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED,
        end == G_MAXUINT ? "%s: no layer “%s” to freeze; emotion-analyze "
                           "--show-model lists the layers"
                         : "%s: with “%s” frozen, no layer is left to train",
        model->name, which);
    return false;
  }
  for (guint i = 0; i < end; i++) {
    NnKerasLayer *const layer = g_ptr_array_index (model->layers, i);

    layer->trainable = false;
  }
  return true;
}
