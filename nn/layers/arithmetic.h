/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions of two numbers, for the merging layers and the operators. */
#pragma once

#include "nn/layers/broadcast.h"

/* By Keras' name: "Add", "TrueDivide", "LogicalOr", ...; NULL where there is
 * none. Comparisons and logic give 1 and 0, and take any other number than 0
 * for true. */
NnBroadcastRow nn_arithmetic_find (const char *name);
