/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From json-glib's tree to our JSON writer. */
#pragma once

#include <json-glib/json-glib.h>
#include "nn/json-writer.h"

/* A value with all its members; floats as Python writes them. */
void nn_json_add_node (NnJson *self, const char *name, JsonNode *node);

/* The layers of a Sequential or functional model, of which root is the
 * configuration; it was read as such before. Borrowed. */
JsonArray *nn_json_layers (JsonNode *root);
