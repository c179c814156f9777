/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A strided view of a sample: a section of it, or its axes in another order.
 *   out [shape], element (i, j, ...) is in[offset + i * stride[0] + ...] */
#pragma once

#include "nn/shape.h"

typedef struct {
  NnShape shape;
  size_t offset;
  gssize stride[NN_MAX_RANK];
} NnStrided;

/* The distance of neighbours along an axis of shape, in elements. */
size_t nn_shape_stride (const NnShape *shape, size_t axis);

/* Copies the elements of the view of one sample. */
void nn_strided_copy (const NnStrided *view, const float *in, float *out);
