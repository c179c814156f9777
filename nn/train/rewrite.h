/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What it takes to make one Keras configuration out of others, as JSON: which
 * layer takes what, and new layers.
 */
#pragma once

#include "nn/json-node.h"
#include "nn/shape.h"

/* Of an entry of a model's "layers"; "" where it has none. */
const char *nn_rewrite_layer_name (JsonObject *layer);

/* name: a node that holds the name of a layer, which may be set. */
typedef void (*NnReferenceFunc) (JsonNode *name, gpointer data);

/* Calls func for each reference to what a layer gives: [name, call, tensor], in
 * Keras 2 sometimes with {...} behind, in Keras 3 a "keras_history". node: what
 * nn/config.c let pass, and so not too deep. */
void nn_rewrite_references (
    JsonNode *node, NnReferenceFunc func, gpointer data);

/* The "inbound_nodes" of a layer that is called once, with what layers give
 * that are called once: [[[source, 0, 0, {}], ...]]; n 0: []. */
JsonArray *nn_rewrite_call (const char *const *sources, size_t n);

/* Appends a layer; takes inbound. Returns its configuration, which is
 * borrowed. */
JsonObject *nn_rewrite_add_layer (JsonArray *layers, const char *class_name,
    const char *name, JsonArray *inbound);
void nn_rewrite_add_input (
    JsonArray *layers, const char *name, const NnShape *shape);

/* [[name, 0, 0]]: inputs or outputs of a model. */
JsonArray *nn_rewrite_ends (const char *name);

/* The text of a functional model; takes layers and outputs. Free with
 * g_free. */
char *nn_rewrite_functional (
    const char *name, JsonArray *layers, const char *input, JsonArray *outputs);
