/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/soup.h"

#include <stdlib.h>
#include "nn/error.h"
#include "nn/keras-h5.h"
#include "nn/model-private.h"
#include "nn/train/rewrite.h"

/* ---- the same architecture ---- */

static bool
is_compared (const char *option)
{
  static const char *const ignored[] = { "name", "trainable", "seed", "rate",
    "dropout", "recurrent_dropout", "batch_input_shape", "batch_shape",
    "build_config", "shared_object_id", NULL };

  return !g_strv_contains (ignored, option)
      && !g_str_has_suffix (option, "_initializer")
      && !g_str_has_suffix (option, "_regularizer")
      && !g_str_has_suffix (option, "_constraint");
}

static void
rename_reference (JsonNode *name, gpointer names)
{
  const char *const place =
      g_hash_table_lookup (names, json_node_get_string (name));

  if (place)
    json_node_set_string (name, place);
}

static JsonArray *
layers_of (JsonObject *config)
{
  JsonNode *const layers = json_object_get_member (config, "layers");

  return layers && JSON_NODE_HOLDS_ARRAY (layers) ? json_node_get_array (layers)
                                                  : NULL;
}

/* In a functional model, layers refer to others by their names: by their
 * places, two models can be compared. The same in the models within it. */
static void
refer_by_place (JsonNode *root)
{
  JsonNode *const config =
      json_object_get_member (json_node_get_object (root), "config");
  JsonArray *const layers = config && JSON_NODE_HOLDS_OBJECT (config)
      ? layers_of (json_node_get_object (config))
      : NULL;
  const guint n = layers ? json_array_get_length (layers) : 0;
  g_autoptr (GHashTable) names =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  for (guint i = 0; i < n; i++) {
    refer_by_place (json_array_get_element (layers, i));
    g_hash_table_insert (names,
        g_strdup (
            nn_rewrite_layer_name (json_array_get_object_element (layers, i))),
        g_strdup_printf ("#%u", i));
  }
  if (n > 0)
    nn_rewrite_references (config, rename_reference, names);
}

static bool equal_nodes (JsonNode *a, JsonNode *b, const char **option);

/* *option: the outermost member that differs. */
static bool
equal_objects (JsonObject *a, JsonObject *b, const char **option)
{
  JsonObject *const both[] = { a, b };

  for (int k = 0; k < 2; k++) {
    g_autoptr (GList) members = json_object_get_members (both[k]);

    for (GList *member = members; member; member = member->next) {
      const char *const name = member->data;
      JsonNode *const x = json_object_get_member (a, name);
      JsonNode *const y = json_object_get_member (b, name);
      const char *inner;

      if (!is_compared (name) || (x && y && equal_nodes (x, y, &inner)))
        continue;
      *option = name;
      return false;
    }
  }
  return true;
}

static bool
equal_nodes (JsonNode *a, JsonNode *b, const char **option)
{
  if (JSON_NODE_HOLDS_OBJECT (a) && JSON_NODE_HOLDS_OBJECT (b))
    return equal_objects (
        json_node_get_object (a), json_node_get_object (b), option);
  if (JSON_NODE_HOLDS_ARRAY (a) && JSON_NODE_HOLDS_ARRAY (b)) {
    JsonArray *const x = json_node_get_array (a),
                     *const y = json_node_get_array (b);
    const guint n = json_array_get_length (x);

    if (json_array_get_length (y) != n)
      return false;
    for (guint i = 0; i < n; i++)
      if (!equal_nodes (json_array_get_element (x, i),
              json_array_get_element (y, i), option))
        return false;
    return true;
  }
  return json_node_equal (a, b);
}

/* "units 64 and 32" of a member of two objects. */
static char *
difference_text (JsonObject *a, JsonObject *b, const char *option)
{
  JsonNode *const x = json_object_get_member (a, option);
  JsonNode *const y = json_object_get_member (b, option);
  g_autofree char *x_text = x ? json_to_string (x, FALSE) : g_strdup ("none");
  g_autofree char *y_text = y ? json_to_string (y, FALSE) : g_strdup ("none");

  return g_strdup_printf ("%s %.60s and %.60s", option, x_text, y_text);
}

/* What differs between two layers; NULL: nothing that matters. */
static char *
layer_difference (JsonObject *a, JsonObject *b)
{
  static const char *const parts[] = { "class_name", "config",
    "inbound_nodes" };

  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++) {
    JsonNode *const x = json_object_get_member (a, parts[i]);
    JsonNode *const y = json_object_get_member (b, parts[i]);
    const char *option = NULL;

    if (x == y || (x && y && equal_nodes (x, y, &option)))
      continue;
    if (option && JSON_NODE_HOLDS_OBJECT (x) && JSON_NODE_HOLDS_OBJECT (y))
      return difference_text (
          json_node_get_object (x), json_node_get_object (y), option);
    return g_str_equal (parts[i], "inbound_nodes")
        ? g_strdup ("they take what different layers give")
        : difference_text (a, b, parts[i]);
  }
  return NULL;
}

static bool
refuse (const NnModel *first, const NnModel *model, const char *what,
    GError **error)
{
  g_set_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED,
      "%s and %s: %s; the mean of weights is one of files of the same "
      "architecture (--ensemble takes others, too)",
      first->name, model->name, what);
  return false;
}

static bool
check_layers (const NnModel *first, const NnModel *model, JsonArray *a,
    JsonArray *b, GError **error)
{
  const guint n_a = json_array_get_length (a), n_b = json_array_get_length (b);

  for (guint i = 0; i < MIN (n_a, n_b); i++) {
    JsonObject *const x = json_array_get_object_element (a, i);
    JsonObject *const y = json_array_get_object_element (b, i);
    g_autofree char *difference = layer_difference (x, y);
    g_autofree char *what = difference
        ? g_strdup_printf ("layer %u (“%s” and “%s”) differs: %s", i + 1,
            nn_rewrite_layer_name (x), nn_rewrite_layer_name (y), difference)
        : NULL;

    if (what)
      return refuse (first, model, what, error);
  }
  if (n_a != n_b) {
    JsonArray *const longer = n_a > n_b ? a : b;
    g_autofree char *what = g_strdup_printf ("only %s has layer %u (“%s”)",
        n_a > n_b ? first->name : model->name, MIN (n_a, n_b) + 1,
        nn_rewrite_layer_name (
            json_array_get_object_element (longer, MIN (n_a, n_b))));

    return refuse (first, model, what, error);
  }
  return true;
}

static bool
check_inputs (const NnModel *first, const NnModel *model, GError **error)
{
  bool are_equal = nn_model_n_inputs (first) == nn_model_n_inputs (model);

  for (size_t i = 0; are_equal && i < nn_model_n_inputs (first); i++) {
    const NnShape *const a = nn_model_input_shape (first, i);
    const NnShape *const b = nn_model_input_shape (model, i);
    g_autofree char *a_text = nn_shape_to_string (a);
    g_autofree char *b_text = nn_shape_to_string (b);

    if (nn_shape_equal (a, b))
      continue;
    g_set_error (error, NN_ERROR, NN_ERROR_SHAPE,
        "%s takes %s, and %s takes %s; the mean of weights is one of models "
        "of the same input",
        first->name, a_text, model->name, b_text);
    return false;
  }
  return are_equal
      || refuse (first, model, "they have different numbers of inputs", error);
}

/* The part of the version that decides what options mean. */
static long
generation (const NnModel *model)
{
  return model->keras_version ? strtol (model->keras_version, NULL, 10) : 1;
}

/* What is not in a layer: which are the inputs and outputs. */
static bool
check_ends (const NnModel *first, const NnModel *model, JsonNode *a,
    JsonNode *b, GError **error)
{
  static const char *const ends[] = { "input_layers", "output_layers" };
  JsonNode *const x = json_object_get_member (
                      json_node_get_object (a), "config"),
                  *const y = json_object_get_member (
                      json_node_get_object (b), "config");

  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++) {
    JsonNode *const p = JSON_NODE_HOLDS_OBJECT (x)
        ? json_object_get_member (json_node_get_object (x), ends[i])
        : NULL;
    JsonNode *const q = JSON_NODE_HOLDS_OBJECT (y)
        ? json_object_get_member (json_node_get_object (y), ends[i])
        : NULL;

    if (p != q && !(p && q && json_node_equal (p, q)))
      return refuse (first, model, "their inputs or outputs differ", error);
  }
  return true;
}

static bool
check_architecture (const NnModel *first, const NnModel *model, GError **error)
{
  g_autoptr (JsonNode) a = json_from_string (first->config, NULL);
  g_autoptr (JsonNode) b = json_from_string (model->config, NULL);

  if (!check_inputs (first, model, error))
    return false;
  if (generation (first) != generation (model)
      || first->is_torch != model->is_torch)
    return refuse (first, model,
        "they were written by different generations of Keras", error);
  refer_by_place (a);
  refer_by_place (b);
  return check_layers (
             first, model, nn_json_layers (a), nn_json_layers (b), error)
      && check_ends (first, model, a, b, error);
}

/* ---- the mean ---- */

static void
average_param (const GPtrArray *all, guint k, NnParam *mean)
{
  for (size_t i = 0; i < mean->size; i++) {
    double sum = 0;

    for (guint m = 0; m < all->len; m++) {
      const GPtrArray *const params = g_ptr_array_index (all, m);
      const NnParam *const param = g_ptr_array_index (params, k);

      sum += param->value[i];
    }
    mean->value[i] = sum / all->len;
  }
}

/* The model itself as a layer: all its params. */
static bool
check_params (const NnModel *first, const NnModel *model, const GPtrArray *a,
    const GPtrArray *b, GError **error)
{
  bool are_equal = a->len == b->len;

  for (guint k = 0; are_equal && k < a->len; k++) {
    const NnParam *const x = g_ptr_array_index (a, k);
    const NnParam *const y = g_ptr_array_index (b, k);

    are_equal = nn_shape_equal (&x->shape, &y->shape);
  }
  return are_equal
      || refuse (first, model, "their weights have other shapes", error);
}

NnModel *
nn_model_soup (const NnModel *const *models, size_t n, GError **error)
{
  g_autoptr (GPtrArray) all =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  g_autoptr (GPtrArray) means = NULL;
  g_autoptr (NnModel) result = NULL;

  g_return_val_if_fail (models != NULL && n > 1, NULL);
  for (size_t i = 0; i < n; i++) {
    g_ptr_array_add (all, nn_keras_h5_params (models[i]->root));
    if (i > 0
        && (!check_architecture (models[0], models[i], error)
            || !check_params (models[0], models[i], g_ptr_array_index (all, 0),
                g_ptr_array_index (all, i), error)))
      return NULL;
  }
  result = nn_model_copy (models[0], error);
  if (!result)
    return NULL;
  result->storage = NN_STORAGE_FLOAT32;
  means = nn_keras_h5_params (result->root);
  for (guint k = 0; k < means->len; k++)
    average_param (all, k, g_ptr_array_index (means, k));
  return nn_model_finish (result, error) ? g_steal_pointer (&result) : NULL;
}
