/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/* Prints what a built-in model or a model file is: layers, shapes, parameters;
 * and what it is here, with recipe and labels as the element's properties
 * (NULL: none): features, labels, output. False, and the reason on stderr,
 * where it cannot be loaded. */
bool tool_show_model (
    const char *nick_or_path, const char *recipe, const char *labels);

/* Prints the layers and operators of Keras that run, one in a line. */
void tool_list_layers (void);
