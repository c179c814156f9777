/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what json-glib has read to what we write. */
#pragma once

#include <json-glib/json-glib.h>
#include "nn/json-writer.h"

/* A value with all that is in it; floats as Python writes them. */
void nn_json_add_node (NnJson *self, const char *name, JsonNode *node);
