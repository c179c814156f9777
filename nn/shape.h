/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The shape of one sample of a tensor, without Keras' batch axis. Row-major,
 * channels last. Rank 0 is a scalar. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define NN_MAX_RANK 7

typedef struct {
  size_t rank;
  size_t dim[NN_MAX_RANK];
} NnShape;

/* An axis whose length a file leaves open ("None"). Only in inputs as a file
 * states them: all tensors of a loaded model have known shapes. */
#define NN_DIM_UNKNOWN ((size_t) 0)

/* Number of elements; 1 for a scalar. The product was checked against
 * NN_MAX_ELEMENTS when the shape was made. */
static inline size_t
nn_shape_size (const NnShape *shape)
{
  size_t n = 1;

  for (size_t i = 0; i < shape->rank; i++)
    n *= shape->dim[i];
  return n;
}

/* The same for a shape from a file: false if an axis is zero or above
 * NN_MAX_DIM, or the product is above NN_MAX_ELEMENTS. */
bool nn_shape_checked_size (const NnShape *shape, size_t *size);

bool nn_shape_equal (const NnShape *a, const NnShape *b);

/* "(64, 94, 1)", for messages. Free with g_free. */
char *nn_shape_to_string (const NnShape *shape);
