/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A part of a sample, or its axes in another order: where each element of the
 * result comes from.
 *   out [shape], element (i, j, ...) is in[offset + i * step[0] + ...]
 */
#pragma once

#include "nn/shape.h"

typedef struct {
  NnShape shape;
  size_t offset;
  gssize step[NN_MAX_RANK];
} NnStrided;

/* Elements between two neighbours along an axis of shape. */
size_t nn_shape_step (const NnShape *shape, size_t axis);

/* Copies what view shows of one sample. */
void nn_strided_copy (const NnStrided *view, const float *in, float *out);
