/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/* Prints what a model file is: layers, shapes, parameters, labels, recipe.
 * False, and the reason on stderr, where it cannot be loaded. */
bool show_model (const char *path);
