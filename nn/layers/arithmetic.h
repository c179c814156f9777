/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions of two numbers, for merging layers and operators. */
#pragma once

#include "nn/layers/broadcast.h"

/* By Keras' name: "Add", "TrueDivide", "LogicalOr", ...; NULL if there is none.
 * Comparisons and logic give 1 and 0, and take any number other than 0 as true.
 */
NnBroadcastRow nn_arithmetic_find (const char *name);
