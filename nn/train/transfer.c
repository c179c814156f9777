/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/transfer.h"

#include <json-glib/json-glib.h>
#include <string.h>
#include "nn/error.h"
#include "nn/json-node.h"
#include "nn/model-private.h"

/* Has no weights and keeps the number of values. */
static bool
is_transparent (const char *class_name)
{
  static const char *const names[] = { "Activation", "Softmax", "Dropout",
    NULL };

  return g_strv_contains (names, class_name);
}

static JsonObject *
config_at (JsonArray *layers, guint i, const char **class_name)
{
  JsonObject *const layer = json_array_get_object_element (layers, i);

  *class_name = json_object_get_string_member (layer, "class_name");
  return json_object_get_object_member (layer, "config");
}

/* The place of the last Dense; false if something else comes last. */
static bool
find_last_dense (JsonArray *layers, guint *dense)
{
  for (guint i = json_array_get_length (layers); i-- > 0;) {
    const char *name;

    config_at (layers, i, &name);
    *dense = i;
    if (g_str_equal (name, "Dense"))
      return true;
    if (!is_transparent (name))
      return false;
  }
  return false;
}

/* The last activation makes probabilities of what the Dense layer computes. */
static void
end_in_softmax (JsonArray *layers, guint dense)
{
  const char *last = "softmax", *name;

  for (guint i = json_array_get_length (layers); i-- > dense;) {
    JsonObject *const config = config_at (layers, i, &name);

    if (i > dense && !g_str_equal (name, "Activation"))
      continue;
    json_object_set_string_member (config, "activation", last);
    last = "linear";
  }
}

/* model->config with another number of units in the last layer, and a softmax,
 * or NULL. It is valid, since the model was built from it. */
static char *
config_with_classes (const NnModel *model, size_t n_classes)
{
  g_autoptr (JsonNode) root = json_from_string (model->config, NULL);
  g_autoptr (NnJson) json = nn_json_new (false);
  JsonArray *const layers = root ? nn_json_layers (root) : NULL;
  const char *name;
  guint dense;

  if (!layers || !find_last_dense (layers, &dense))
    return NULL;
  json_object_set_int_member (
      config_at (layers, dense, &name), "units", n_classes);
  if (g_strcmp0 (nn_model_output_activation (model, 0), "softmax") != 0)
    end_in_softmax (layers, dense);
  nn_json_add_node (json, NULL, root);
  return g_strdup (nn_json_text (json));
}

/* Copies weights of equal shapes; others get the constant of Keras'
 * initialiser, or zero if it is random: the first outputs are all equal, and
 * the first loss is log (n_classes), however large the inputs of the last layer
 * are. from: NULL for a new layer. */
static void
copy_fitting (const NnWeights *from, NnWeights *to)
{
  for (guint i = 0; i < to->params->len; i++) {
    const NnParam *const source =
        from ? g_ptr_array_index (from->params, i) : NULL;
    NnParam *const param = g_ptr_array_index (to->params, i);

    if (param->value) /* shared layers occur more than once */
      continue;
    if (source && source->size == param->size) {
      param->value = g_memdup2 (source->value, param->size * sizeof (float));
      continue;
    }
    param->value = g_new0 (float, param->size);
    if (param->initializer.kind == NN_INIT_CONSTANT)
      for (size_t k = 0; k < param->size; k++)
        param->value[k] = param->initializer.a;
  }
}

/* The first n nodes are those of another model; the rest is new. */
static void
copy_weights (const NnModel *from, size_t n, NnModel *to)
{
  for (guint i = 0; i < to->graph->nodes->len; i++)
    copy_fitting (i < n ? nn_graph_node (from->graph, i)->layer->weights : NULL,
        nn_graph_node (to->graph, i)->layer->weights);
}

/* config: NULL if there is no such layer. Where a functional model lists its
 * layers in another order, that which was changed may not be its output. */
static NnModel *
build_with_classes (
    const NnModel *model, size_t n_classes, const char *config, GError **error)
{
  g_autoptr (NnModel) result = NULL;

  if (config) {
    result = nn_model_build (model->name, config, model->keras_version,
        nn_model_input_shape (model, 0), 1, error);
    if (!result
        || (nn_shape_size (nn_model_output_shape (result, 0)) == n_classes
            && g_strcmp0 (nn_model_output_activation (result, 0), "softmax")
                == 0))
      return g_steal_pointer (&result);
  }
  g_set_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED,
      "%s: its last layer is not a Dense, so it cannot be given "
      "%" G_GSIZE_FORMAT " classes and a softmax; train a model that ends in "
      "a softmax, with the labels that it has",
      model->name, n_classes);
  return NULL;
}

NnModel *
nn_model_with_classes (const NnModel *model, size_t n_classes, GError **error)
{
  g_autofree char *config = NULL;
  g_autoptr (NnModel) result = NULL;

  g_return_val_if_fail (model != NULL && n_classes > 0, NULL);
  config = config_with_classes (model, n_classes);
  result = build_with_classes (model, n_classes, config, error);
  if (!result)
    return NULL;
  copy_weights (model, model->graph->nodes->len, result);
  return nn_model_finish (result, error) ? g_steal_pointer (&result) : NULL;
}

static JsonObject *
add_layer (JsonArray *layers, const char *class_name, const char *name)
{
  JsonObject *const layer = json_object_new ();
  JsonObject *const config = json_object_new ();

  json_object_set_string_member (layer, "class_name", class_name);
  json_object_set_string_member (config, "name", name);
  json_object_set_string_member (config, "dtype", "float32");
  json_object_set_object_member (layer, "config", config);
  json_array_add_object_element (layers, layer);
  return config;
}

/* After an output of shape [bands][time][channels] or [time][channels]. */
static void
add_mean_over_time (JsonArray *layers, const NnShape *shape)
{
  const size_t time = shape->dim[shape->rank - 2];
  JsonObject *const pool = add_layer (layers,
      shape->rank == 3 ? "AveragePooling2D" : "AveragePooling1D",
      "mean_over_time");

  for (guint i = 0; i < 2; i++) {
    const char *const member = i == 0 ? "pool_size" : "strides";
    JsonArray *const sizes = json_array_new ();

    if (shape->rank == 3)
      json_array_add_int_element (sizes, 1);
    json_array_add_int_element (sizes, time);
    json_object_set_array_member (pool, member, sizes);
  }
  json_object_set_string_member (pool, "padding", "valid");
  json_object_set_string_member (pool, "data_format", "channels_last");
  add_layer (layers, "Flatten", "flatten");
}

/* Removes all layers after one of them; FALSE if there is none of that name. */
static bool
cut_behind (JsonArray *layers, const char *name)
{
  guint i = 0;

  for (; i < json_array_get_length (layers); i++) {
    JsonObject *const layer = json_array_get_object_element (layers, i);
    JsonObject *const config = json_object_get_object_member (layer, "config");

    if (g_strcmp0 (
            json_object_get_string_member_with_default (config, "name", NULL),
            name)
        == 0)
      break;
  }
  if (i == json_array_get_length (layers))
    return false;
  while (json_array_get_length (layers) > i + 1)
    json_array_remove_element (layers, i + 1);
  return true;
}

/* The number of nodes up to the layer of that name; 0: no such layer. */
static size_t
nodes_up_to (const NnModel *model, const char *name)
{
  for (guint i = 0; i < model->graph->nodes->len; i++)
    if (g_strcmp0 (nn_graph_node (model->graph, i)->layer->name, name) == 0)
      return i + 1;
  return 0;
}

static char *
trunk_config (
    const NnModel *model, const char *layer, size_t n_classes, double dropout)
{
  g_autoptr (JsonNode) root = json_from_string (model->config, NULL);
  const size_t n = nodes_up_to (model, layer);
  const NnShape *const shape =
      n > 0 ? &nn_graph_node (model->graph, n - 1)->layer->out[0] : NULL;
  JsonArray *const layers = root ? nn_json_layers (root) : NULL;
  g_autoptr (NnJson) json = nn_json_new (false);
  JsonObject *dense;

  if (!shape || shape->rank < 2 || shape->rank > 3 || !layers
      || !cut_behind (layers, layer))
    return NULL;
  add_mean_over_time (layers, shape);
  json_object_set_boolean_member (
      add_layer (layers, "BatchNormalization", "normalization"), "trainable",
      FALSE);
  json_object_set_double_member (
      add_layer (layers, "Dropout", "dropout"), "rate", dropout);
  dense = add_layer (layers, "Dense", "classes");
  json_object_set_int_member (dense, "units", n_classes);
  json_object_set_string_member (dense, "activation", "softmax");
  json_object_set_boolean_member (dense, "use_bias", TRUE);
  nn_json_add_node (json, NULL, root);
  return g_strdup (nn_json_text (json));
}

static bool
is_sequential (const NnModel *model)
{
  g_autoptr (JsonNode) root = json_from_string (model->config, NULL);

  return root
      && g_strcmp0 (json_object_get_string_member_with_default (
                        json_node_get_object (root), "class_name", NULL),
             "Sequential")
      == 0;
}

static char *
config_up_to (const NnModel *model, const char *layer)
{
  g_autoptr (JsonNode) root = json_from_string (model->config, NULL);
  g_autoptr (NnJson) json = nn_json_new (false);

  if (!root || !cut_behind (nn_json_layers (root), layer))
    return NULL;
  nn_json_add_node (json, NULL, root);
  return g_strdup (nn_json_text (json));
}

/* config: NULL if there is no such layer, or it cannot be changed so. */
static NnModel *
build_up_to (
    const NnModel *model, const char *layer, const char *config, GError **error)
{
  g_autoptr (NnModel) result = NULL;

  if (!config) {
    g_set_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED,
        "%s: no trunk up to “%s”: a layer of a Sequential model is needed "
        "whose output is over time; emotion-analyze --show-model lists the "
        "layers",
        model->name, layer);
    return NULL;
  }
  result = nn_model_build (model->name, config, model->keras_version,
      nn_model_input_shape (model, 0), 1, error);
  if (!result)
    return NULL;
  copy_weights (model, nodes_up_to (model, layer), result);
  return nn_model_finish (result, error) ? g_steal_pointer (&result) : NULL;
}

NnModel *
nn_model_trunk (const NnModel *model, const char *layer, size_t n_classes,
    double dropout, GError **error)
{
  g_autofree char *config = NULL;

  g_return_val_if_fail (model != NULL && layer != NULL && n_classes > 0, NULL);
  if (is_sequential (model))
    config = trunk_config (model, layer, n_classes, dropout);
  return build_up_to (model, layer, config, error);
}

NnModel *
nn_model_up_to (const NnModel *model, const char *layer, GError **error)
{
  g_autofree char *config = NULL;

  g_return_val_if_fail (model != NULL && layer != NULL, NULL);
  if (is_sequential (model))
    config = config_up_to (model, layer);
  return build_up_to (model, layer, config, error);
}

/* Whether logits may be divided before it: it makes probabilities of them, or
 * nothing. */
static bool
takes_logits (const NnLayer *layer)
{
  static const char *const names[] = { "linear", "softmax", "log_softmax",
    "sigmoid", NULL };

  return !layer->last_activation
      || g_strv_contains (names, nn_activation_name (layer->last_activation));
}

/* The weights of the Dense layer that computes the logits of the output, or
 * NULL: by the graph, since a file may list layers in any order. */
static NnWeights *
weights_of_logits (const NnModel *model)
{
  size_t tensor = g_array_index (model->graph->outputs, size_t, 0);

  for (guint i = model->graph->nodes->len; i-- > 0;) {
    const NnNode *const node = nn_graph_node (model->graph, i);
    const NnLayer *const layer = node->layer;

    if (node->out[0] != tensor)
      continue;
    if (!takes_logits (layer))
      return NULL;
    if (g_str_equal (layer->klass->keras_name, "Dense"))
      return layer->weights;
    if (!layer->is_view && !is_transparent (layer->klass->keras_name))
      return NULL;
    tensor = node->in[0];
  }
  return NULL;
}

NnModel *
nn_model_cool (const NnModel *model, double temperature, GError **error)
{
  g_autoptr (NnModel) result = NULL;
  NnWeights *last;

  g_return_val_if_fail (model != NULL && temperature > 0, NULL);
  result = nn_model_copy (model, error);
  if (!result)
    return NULL;
  last = weights_of_logits (result);
  if (!last) {
    g_set_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED,
        "%s: its last layer is no Dense, so it cannot hold a temperature",
        model->name);
    return NULL;
  }
  for (guint i = 0; i < last->params->len; i++) {
    NnParam *const param = g_ptr_array_index (last->params, i);

    for (size_t k = 0; k < param->size; k++)
      param->value[k] = (float) (param->value[k] / temperature);
  }
  return nn_model_finish (result, error) ? g_steal_pointer (&result) : NULL;
}

/* The number of layers to freeze, from the first on; G_MAXUINT: no such layer.
 */
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
