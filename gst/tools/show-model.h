/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/* Prints a built-in model or a model file: layers, shapes, parameters; and how
 * it is used, with recipe and labels as the element's properties (NULL: none):
 * features, labels, output. False, with the reason on stderr, if it cannot be
 * loaded. */
bool tool_show_model (
    const char *nick_or_path, const char *recipe, const char *labels);

/* Prints the supported layers and operators of Keras, one per line. */
void tool_list_layers (void);
