/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A part of a sample, or its axes in another order: where each element of the
 * result comes from.
 *   out [shape], element (i, j, ...) is in[offset + i * stride[0] + ...]
 */
#pragma once

#include "nn/shape.h"

typedef struct {
  NnShape shape;
  size_t offset;
  gssize stride[NN_MAX_RANK];
} NnStrided;

/* Elements between two neighbours along an axis of shape. */
size_t nn_shape_stride (const NnShape *shape, size_t axis);

/* Copies what view shows of one sample. */
void nn_strided_copy (const NnStrided *view, const float *in, float *out);
