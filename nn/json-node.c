/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/json-node.h"

static void
add_value (NnJson *self, const char *name, JsonNode *node)
{
  switch (json_node_get_value_type (node)) {
    case G_TYPE_INT64:
      nn_json_add_int (self, name, json_node_get_int (node));
      break;
    case G_TYPE_DOUBLE:
      nn_json_add_python_float (self, name, json_node_get_double (node));
      break;
    case G_TYPE_BOOLEAN:
      nn_json_add_boolean (self, name, json_node_get_boolean (node));
      break;
    default:
      nn_json_add_string (self, name, json_node_get_string (node));
      break;
  }
}

void
nn_json_add_node (NnJson *self, const char *name, JsonNode *node)
{
  if (JSON_NODE_HOLDS_OBJECT (node)) {
    JsonObjectIter iter;
    const char *member;
    JsonNode *value;

    nn_json_begin_object (self, name);
    json_object_iter_init_ordered (&iter, json_node_get_object (node));
    while (json_object_iter_next_ordered (&iter, &member, &value))
      nn_json_add_node (self, member, value);
    nn_json_end_object (self);
  } else if (JSON_NODE_HOLDS_ARRAY (node)) {
    JsonArray *const array = json_node_get_array (node);

    nn_json_begin_array (self, name);
    for (guint i = 0; i < json_array_get_length (array); i++)
      nn_json_add_node (self, NULL, json_array_get_element (array, i));
    nn_json_end_array (self);
  } else if (JSON_NODE_HOLDS_NULL (node)) {
    nn_json_add_string (self, name, NULL);
  } else {
    add_value (self, name, node);
  }
}

/* In files of Keras before 2.2.3, those of a Sequential are not in an object.
 */
JsonArray *
nn_json_layers (JsonNode *root)
{
  JsonNode *const config =
      json_object_get_member (json_node_get_object (root), "config");

  return JSON_NODE_HOLDS_ARRAY (config)
      ? json_node_get_array (config)
      : json_object_get_array_member (json_node_get_object (config), "layers");
}
