/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Element-wise operations on two tensors of one sample, broadcast by NumPy's
 * rule: axes are aligned at the end, and an axis of length 1 (or a missing one)
 * is repeated. */
#pragma once

#include "nn/shape.h"

/* The iteration: rows of constant strides inside loops. Adjacent axes are
 * joined where possible. */
typedef struct {
  size_t rank;
  size_t dim[NN_MAX_RANK];    /* of the output, the last axis first: the row */
  size_t a_step[NN_MAX_RANK]; /* elements; 0 where a is repeated */
  size_t b_step[NN_MAX_RANK];
} NnBroadcast;

/* n results of one row; the strides of a and b are 0 or 1. */
typedef void (*NnBroadcastRow) (const float *a, size_t a_step, const float *b,
    size_t b_step, size_t n, float *out);

/* The shape of the result; false if a and b are incompatible. */
bool nn_broadcast_shapes (const NnShape *a, const NnShape *b, NnShape *out);
/* a and b must be compatible with out. */
NnBroadcast nn_broadcast_plan (
    const NnShape *a, const NnShape *b, const NnShape *out);
/* One sample. out may be a or b if that has the same shape. */
void nn_broadcast_run (const NnBroadcast *plan, const float *a, const float *b,
    float *out, NnBroadcastRow row);
/* The gradient of broadcasting b: adds each element of a to the matching one of
 * b. */
void nn_broadcast_collect (const NnBroadcast *plan, const float *a, float *b);
