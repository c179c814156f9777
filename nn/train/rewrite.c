/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/rewrite.h"

const char *
nn_rewrite_layer_name (JsonObject *layer)
{
  const char *const name =
      json_object_get_string_member_with_default (layer, "name", NULL);

  return name ? name
              : json_object_get_string_member_with_default (
                  json_object_get_object_member (layer, "config"), "name", "");
}

static bool
holds_int (JsonArray *array, guint i)
{
  JsonNode *const node = json_array_get_element (array, i);

  return JSON_NODE_HOLDS_VALUE (node)
      && json_node_get_value_type (node) == G_TYPE_INT64;
}

/* Keras 2: [name, call, tensor] or with {...} behind; Keras 3: the same as
 * "keras_history". */
static bool
is_reference (JsonNode *node)
{
  JsonArray *const array =
      JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  const guint n = array ? json_array_get_length (array) : 0;

  return n >= 3 && n <= 4
      && JSON_NODE_HOLDS_VALUE (json_array_get_element (array, 0))
      && json_node_get_value_type (json_array_get_element (array, 0))
      == G_TYPE_STRING
      && holds_int (array, 1) && holds_int (array, 2);
}

void
nn_rewrite_references (JsonNode *node, NnReferenceFunc func, gpointer data)
{
  if (is_reference (node))
    func (json_array_get_element (json_node_get_array (node), 0), data);
  if (JSON_NODE_HOLDS_ARRAY (node)) {
    JsonArray *const array = json_node_get_array (node);

    for (guint i = 0; i < json_array_get_length (array); i++)
      nn_rewrite_references (json_array_get_element (array, i), func, data);
  } else if (JSON_NODE_HOLDS_OBJECT (node)) {
    JsonObjectIter iter;
    JsonNode *value;

    json_object_iter_init (&iter, json_node_get_object (node));
    while (json_object_iter_next (&iter, NULL, &value))
      nn_rewrite_references (value, func, data);
  }
}

JsonArray *
nn_rewrite_call (const char *const *sources, size_t n)
{
  JsonArray *const nodes = json_array_new (), *const call = json_array_new ();

  for (size_t i = 0; i < n; i++) {
    JsonArray *const source = json_array_new ();

    json_array_add_string_element (source, sources[i]);
    json_array_add_int_element (source, 0);
    json_array_add_int_element (source, 0);
    json_array_add_object_element (source, json_object_new ());
    json_array_add_array_element (call, source);
  }
  if (n > 0)
    json_array_add_array_element (nodes, call);
  return nodes;
}

JsonObject *
nn_rewrite_add_layer (JsonArray *layers, const char *class_name,
    const char *name, JsonArray *inbound)
{
  JsonObject *const layer = json_object_new ();
  JsonObject *const config = json_object_new ();

  json_object_set_string_member (layer, "class_name", class_name);
  json_object_set_string_member (layer, "name", name);
  json_object_set_string_member (config, "name", name);
  json_object_set_string_member (config, "dtype", "float32");
  json_object_set_object_member (layer, "config", config);
  json_object_set_array_member (layer, "inbound_nodes", inbound);
  json_array_add_object_element (layers, layer);
  return config;
}

void
nn_rewrite_add_input (JsonArray *layers, const char *name, const NnShape *shape)
{
  JsonObject *const config =
      nn_rewrite_add_layer (layers, "InputLayer", name, json_array_new ());
  JsonArray *const dims = json_array_new ();

  json_array_add_null_element (dims);
  for (size_t i = 0; i < shape->rank; i++)
    json_array_add_int_element (dims, shape->dim[i]);
  json_object_set_array_member (config, "batch_input_shape", dims);
}

JsonArray *
nn_rewrite_ends (const char *name)
{
  JsonArray *const ends = json_array_new (), *const end = json_array_new ();

  json_array_add_string_element (end, name);
  json_array_add_int_element (end, 0);
  json_array_add_int_element (end, 0);
  json_array_add_array_element (ends, end);
  return ends;
}

char *
nn_rewrite_functional (
    const char *name, JsonArray *layers, const char *input, JsonArray *outputs)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *const model = json_object_new ();
  JsonObject *const config = json_object_new ();
  g_autoptr (NnJson) json = nn_json_new (false);

  json_object_set_string_member (config, "name", name);
  json_object_set_array_member (config, "layers", layers);
  json_object_set_array_member (
      config, "input_layers", nn_rewrite_ends (input));
  json_object_set_array_member (config, "output_layers", outputs);
  json_object_set_string_member (model, "class_name", "Functional");
  json_object_set_object_member (model, "config", config);
  json_node_take_object (root, model);
  nn_json_add_node (json, NULL, root);
  return g_strdup (nn_json_text (json));
}
