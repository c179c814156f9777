/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "nn/config.h"
#include "nn/train/network-private.h"

static void
layer_free (gpointer data)
{
  NnNetworkLayer *const layer = data;

  nn_json_free (layer->config);
  g_free (layer);
}

NnNetwork *
nn_network_new (const char *name, const NnArchitectureOptions *options)
{
  NnNetwork *self = g_new0 (NnNetwork, 1);

  self->name = g_strdup (name);
  self->options = *options;
  self->layers = g_ptr_array_new_with_free_func (layer_free);
  self->graph = nn_graph_new ();
  nn_graph_add_tensor (self->graph, &options->input, 1);
  return self;
}

void
nn_network_free (NnNetwork *self)
{
  if (!self)
    return;
  g_free (self->name);
  g_ptr_array_unref (self->layers);
  nn_graph_free (self->graph);
  g_clear_error (&self->error);
  g_free (self);
}

static const NnNetworkLayer *
layer_at (const NnNetwork *self, size_t i)
{
  return g_ptr_array_index (self->layers, i);
}

static size_t
tensor_of (const NnNetwork *self, NnValue value)
{
  return value == 0 ? 0 : layer_at (self, value - 1)->tensor;
}

NnShape
nn_network_shape (const NnNetwork *self, NnValue value)
{
  const size_t tensor = tensor_of (self, value);
  NnShape shape = { .rank = 1 };

  if (tensor != NN_NO_TENSOR)
    shape = nn_graph_tensor (self->graph, tensor)->shape;
  for (size_t i = shape.rank; i < NN_MAX_RANK; i++)
    shape.dim[i] = 1;
  return shape;
}

/* "dense", "dense_1", "dense_2", ... */
static char *
layer_name (const NnNetworkLayer *layer)
{
  return layer->number == 0
      ? g_strdup (layer->stem)
      : g_strdup_printf ("%s_%" G_GSIZE_FORMAT, layer->stem, layer->number);
}

NnNetworkLayer *
nn_network_begin (
    NnNetwork *self, const char *class_name, const char *stem, NnValue x)
{
  NnNetworkLayer *const layer = g_new0 (NnNetworkLayer, 1);
  g_autofree char *name = NULL;

  g_assert (x <= self->layers->len);
  layer->class_name = class_name;
  layer->stem = stem;
  for (size_t i = 0; i < self->layers->len; i++)
    layer->number += g_str_equal (layer_at (self, i)->stem, stem);
  layer->in[layer->n_in++] = x;
  name = layer_name (layer);
  layer->config = nn_json_new (false);
  nn_json_begin_object (layer->config, NULL);
  nn_json_add_string (layer->config, "name", name);
  nn_json_add_boolean (layer->config, "trainable", true);
  nn_json_add_string (layer->config, "dtype", "float32");
  g_ptr_array_add (self->layers, layer);
  return layer;
}

/* Keras 3 writes the call of a layer with separate inputs differently. */
static bool
is_keras_3 (const NnNetwork *self)
{
  for (size_t i = 0; i < self->layers->len; i++)
    if (layer_at (self, i)->is_apart)
      return true;
  return false;
}

/* Adds a call of the layer to the graph. */
static void
place (NnNetwork *self, NnNetworkLayer *layer)
{
  const char *const json = nn_json_text (layer->config);
  g_autoptr (NnDocument) document =
      nn_document_parse (self->name, json, strlen (json), &self->error);
  g_autofree char *name = layer_name (layer);
  g_autofree char *where =
      g_strdup_printf ("layer “%s” (%s)", name, layer->class_name);
  const NnArg apart[NN_NETWORK_MAX_IN] = {
    { .position = 0, .first = 0, .n = 1 },
    { .position = 1, .first = 1, .n = 1 },
  };
  size_t in[NN_NETWORK_MAX_IN];
  const NnNode *node;

  g_assert (document != NULL);
  for (size_t i = 0; i < layer->n_in; i++)
    in[i] = tensor_of (self, layer->in[i]);
  const NnConfig config = nn_document_root (document, where, 2, &self->error);
  node = nn_graph_add_node (self->graph,
      nn_layer_class_find (layer->class_name), name, NULL, &config,
      &(NnGraphCall){ .in = in,
          .n_in = layer->n_in,
          .args = layer->is_apart ? apart : NULL,
          .n_args = layer->n_in });
  if (node)
    layer->tensor = node->out[0];
}

NnValue
nn_network_end (NnNetwork *self)
{
  NnNetworkLayer *const layer =
      g_ptr_array_index (self->layers, self->layers->len - 1);

  nn_json_end_object (layer->config);
  layer->tensor = NN_NO_TENSOR;
  if (!self->error)
    place (self, layer);
  return self->layers->len;
}

/* Whether each layer reads the one before it. */
static bool
is_straight (const NnNetwork *self, NnValue output)
{
  for (size_t i = 0; i < self->layers->len; i++)
    if (layer_at (self, i)->n_in != 1 || layer_at (self, i)->in[0] != i)
      return false;
  return output == self->layers->len;
}

static char *
value_name (const NnNetwork *self, NnValue value)
{
  return value == 0 ? g_strdup ("features")
                    : layer_name (layer_at (self, value - 1));
}

static void
append_keras_2 (GString *json, const NnNetwork *self, NnValue value)
{
  g_autofree char *name = value_name (self, value);

  g_string_append_printf (json, "[\"%s\", 0, 0, {}]", name);
}

static void
append_keras_3 (GString *json, const NnNetwork *self, NnValue value)
{
  g_autofree char *name = value_name (self, value);
  const NnShape shape = nn_network_shape (self, value);

  g_string_append (json,
      "{\"class_name\": \"__keras_tensor__\", \"config\": {\"shape\": [null");
  for (size_t i = 0; i < shape.rank; i++)
    g_string_append_printf (json, ", %" G_GSIZE_FORMAT, shape.dim[i]);
  g_string_append_printf (json,
      "], \"dtype\": \"float32\", \"keras_history\": [\"%s\", 0, 0]}}", name);
}

static void
append_call (GString *json, const NnNetwork *self, const NnNetworkLayer *layer)
{
  const bool is_new = is_keras_3 (self);
  const bool is_list = !is_new || (layer->n_in > 1 && !layer->is_apart);

  g_string_append (json, is_new ? "{\"args\": [" : "");
  g_string_append (json, is_list ? "[" : "");
  for (size_t i = 0; i < layer->n_in; i++) {
    g_string_append (json, i > 0 ? ", " : "");
    (is_new ? append_keras_3 : append_keras_2) (json, self, layer->in[i]);
  }
  g_string_append (json, is_list ? "]" : "");
  g_string_append (json, is_new ? "], \"kwargs\": {}}" : "");
}

static void
append_layer (GString *json, const NnNetwork *self, const NnNetworkLayer *layer,
    bool is_functional)
{
  g_autofree char *name = layer_name (layer);

  g_string_append_printf (json, ", {\"class_name\": \"%s\", \"config\": %s",
      layer->class_name, nn_json_text (layer->config));
  if (is_functional) {
    g_string_append_printf (
        json, ", \"name\": \"%s\", \"inbound_nodes\": [", name);
    append_call (json, self, layer);
    g_string_append_c (json, ']');
  }
  g_string_append_c (json, '}');
}

static void
append_input (GString *json, const NnNetwork *self, bool is_functional)
{
  const NnShape *const input = &self->options.input;

  g_string_append (json,
      "{\"class_name\": \"InputLayer\", \"config\": {\"batch_input_shape\": "
      "[null");
  for (size_t i = 0; i < input->rank; i++)
    g_string_append_printf (json, ", %" G_GSIZE_FORMAT, input->dim[i]);
  g_string_append (json,
      "], \"dtype\": \"float32\", \"sparse\": false, \"ragged\": false, "
      "\"name\": \"features\"}");
  if (is_functional)
    g_string_append (json, ", \"name\": \"features\", \"inbound_nodes\": []");
  g_string_append_c (json, '}');
}

static char *
write_config (const NnNetwork *self, NnValue output)
{
  const bool is_functional = !is_straight (self, output);
  g_autofree char *last = value_name (self, output);
  GString *json = g_string_new (NULL);

  g_string_append_printf (json,
      "{\"class_name\": \"%s\", \"config\": {\"name\": \"%s\", %s\"layers\": [",
      is_functional ? "Functional" : "Sequential", self->name,
      is_functional ? "\"trainable\": true, " : "");
  append_input (json, self, is_functional);
  for (size_t i = 0; i < self->layers->len; i++)
    append_layer (json, self, layer_at (self, i), is_functional);
  g_string_append_c (json, ']');
  if (is_functional)
    g_string_append_printf (json,
        ", \"input_layers\": [[\"features\", 0, 0]], "
        "\"output_layers\": [[\"%s\", 0, 0]]",
        last);
  g_string_append (json, "}}");
  return g_string_free (json, FALSE);
}

NnModel *
nn_network_build (NnNetwork *self, NnValue output, guint64 seed, GError **error)
{
  g_autofree char *json = NULL;

  if (self->error) {
    g_propagate_prefixed_error (
        error, g_steal_pointer (&self->error), "%s: ", self->name);
    return NULL;
  }
  json = write_config (self, output);
  return nn_model_new_from_config (
      self->name, json, is_keras_3 (self) ? "3.9.2" : "2.10.0", seed, error);
}
