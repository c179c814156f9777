/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/layers/strided.h"

#include <string.h>

size_t
nn_shape_stride (const NnShape *shape, size_t axis)
{
  size_t stride = 1;

  for (size_t i = axis + 1; i < shape->rank; i++)
    stride *= shape->dim[i];
  return stride;
}

/* Copies axis i and those after it; returns the end of the output. */
static float *
copy_axis (const NnStrided *view, size_t i, const float *in, float *out)
{
  const size_t n = view->shape.dim[i];
  const gssize stride = view->stride[i];

  if (i + 1 < view->shape.rank) {
    for (size_t k = 0; k < n; k++)
      out = copy_axis (view, i + 1, in + (gssize) k * stride, out);
    return out;
  }
  if (stride == 1)
    memcpy (out, in, n * sizeof (float));
  else
    for (size_t k = 0; k < n; k++)
      out[k] = in[(gssize) k * stride];
  return out + n;
}

void
nn_strided_copy (const NnStrided *view, const float *in, float *out)
{
  in += view->offset;
  if (view->shape.rank == 0)
    *out = *in;
  else
    copy_axis (view, 0, in, out);
}
