/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/* Prints what a built-in model or a model file is: layers, shapes, parameters,
 * labels, recipe. False, and the reason on stderr, where it cannot be loaded.
 */
bool tool_show_model (const char *nick_or_path);
