/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tensor seen around some of its axes, which lie side by side:
 *   [outer][len][inner]
 * and how Keras numbers axes: the batch counts as axis 0, numbers below 0 count
 * from the end.
 */
#pragma once

#include "nn/layer.h"

typedef struct {
  size_t outer, len, inner;
} NnSplit;

/* The axis of a sample of the given rank; fails through config where it is
 * outside, or the batch. */
size_t nn_axis_index (const NnConfig *config, gint64 axis, size_t rank);

/* The axes that value says: a number, a list, or unset for fallback. set:
 * [NN_MAX_RANK]. false where config failed. */
bool nn_axes_read (const NnConfig *config, const NnConfig *value,
    gint64 fallback, size_t rank, bool *set);

/* Around axis first ... end - 1. */
NnSplit nn_split (const NnShape *shape, size_t first, size_t end);
/* Around the axes of a set; fails through config where others lie between. */
NnSplit nn_split_axes (
    const NnConfig *config, const NnShape *shape, const bool *set);
