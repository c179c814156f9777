/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Element by element over two tensors of one sample whose shapes differ by
 * NumPy's rule: axes are aligned at the end, and an axis of length 1 (or one
 * that is missing) is as long as the other's.
 */
#pragma once

#include "nn/shape.h"

/* How to walk them: rows of equal steps inside loops. Neighbouring axes that
 * can be walked as one are one. */
typedef struct {
  size_t rank;
  size_t dim[NN_MAX_RANK];    /* of the output, the last axis first: the row */
  size_t a_step[NN_MAX_RANK]; /* elements; 0 where a is repeated */
  size_t b_step[NN_MAX_RANK];
} NnBroadcast;

/* n results of one row; the steps of a and b are 0 or 1. */
typedef void (*NnBroadcastRow) (const float *a, size_t a_step, const float *b,
    size_t b_step, size_t n, float *out);

/* The shape of the result; false where a and b do not fit. */
bool nn_broadcast_shapes (const NnShape *a, const NnShape *b, NnShape *out);
/* a and b must fit out. */
NnBroadcast nn_broadcast_plan (
    const NnShape *a, const NnShape *b, const NnShape *out);
/* One sample. out may be a or b where that has its shape. */
void nn_broadcast_run (const NnBroadcast *plan, const float *a, const float *b,
    float *out, NnBroadcastRow row);
/* The gradient of repeating b: adds each element of a to the one of b that it
 * is walked with. */
void nn_broadcast_collect (const NnBroadcast *plan, const float *a, float *b);
