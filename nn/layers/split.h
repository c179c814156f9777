/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tensor viewed around some adjacent axes:
 *   [outer][len][inner]
 * and how Keras numbers axes: the batch counts as axis 0, numbers below 0 count
 * from the end. */
#pragma once

#include "nn/layer.h"
#include "nn/layers/strided.h"

typedef struct {
  size_t outer, len, inner;
} NnSplit;

/* The axis of a sample of the given rank; fails through config if it is out of
 * range, or the batch. */
size_t nn_axis_index (const NnConfig *config, gint64 axis, size_t rank);

/* The axes in value: a number, a list, or unset for fallback. set:
 * [NN_MAX_RANK]. False if config failed. */
bool nn_axes_read (const NnConfig *config, const NnConfig *value,
    gint64 fallback, size_t rank, bool *set);

/* Around axis first ... end - 1. */
NnSplit nn_split (const NnShape *shape, size_t first, size_t end);
/* Around any axes: if they are not adjacent, those of the set are moved to the
 * end in a copy of the sample. */
typedef struct {
  NnSplit split; /* of the sample, or of the copy */
  bool is_copied;
  NnStrided bring, restore;
} NnAxisSet;

NnAxisSet nn_axis_set (const NnShape *shape, const bool *set);
/* The sample in the layout of split: itself, or the copy, made in scratch. */
const float *nn_axis_set_bring (
    const NnAxisSet *self, const float *in, float *scratch);
/* The place for a result of the same shape, which nn_axis_set_restore then
 * moves to out. */
static inline float *
nn_axis_set_result (const NnAxisSet *self, float *out, float *scratch)
{
  return self->is_copied ? scratch : out;
}

void nn_axis_set_restore (
    const NnAxisSet *self, const float *result, float *out);
