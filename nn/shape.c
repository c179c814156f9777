/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/shape.h"

#include "nn/limits.h"

bool
nn_shape_equal (const NnShape *a, const NnShape *b)
{
  if (a->rank != b->rank)
    return false;
  for (size_t i = 0; i < a->rank; i++)
    if (a->dim[i] != b->dim[i])
      return false;
  return true;
}

bool
nn_shape_checked_size (const NnShape *shape, size_t *size)
{
  size_t n = 1;

  for (size_t i = 0; i < shape->rank; i++)
    if (shape->dim[i] == 0 || shape->dim[i] > NN_MAX_DIM
        || !g_size_checked_mul (&n, n, shape->dim[i]) || n > NN_MAX_ELEMENTS)
      return false;
  *size = n;
  return true;
}

char *
nn_shape_to_string (const NnShape *shape)
{
  GString *text = g_string_new ("(");

  for (size_t i = 0; i < shape->rank; i++) {
    if (i > 0)
      g_string_append (text, ", ");
    if (shape->dim[i] == NN_DIM_UNKNOWN)
      g_string_append (text, "None");
    else
      g_string_append_printf (text, "%" G_GSIZE_FORMAT, shape->dim[i]);
  }
  g_string_append (text, shape->rank == 1 ? ",)" : ")");
  return g_string_free (text, FALSE);
}
