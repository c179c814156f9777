/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/layers/split.h"

size_t
nn_axis_index (const NnConfig *config, gint64 axis, size_t rank)
{
  const gint64 positive = axis < 0 ? axis + (gint64) rank + 1 : axis;

  if (positive >= 1 && (guint64) positive <= rank)
    return positive - 1;
  nn_config_fail (config, NN_ERROR_UNSUPPORTED,
      "axis %" G_GINT64_FORMAT
      " is the batch, or outside an input of %" G_GSIZE_FORMAT " axes",
      axis, rank + 1);
  return 0;
}

bool
nn_axes_read (const NnConfig *config, const NnConfig *value, gint64 fallback,
    size_t rank, bool *set)
{
  for (size_t i = 0; i < NN_MAX_RANK; i++)
    set[i] = false;
  if (rank == 0) {
    nn_config_fail (config, NN_ERROR_SHAPE, "the input has no axes");
    return false;
  }
  if (!nn_config_is_list (value))
    set[nn_axis_index (config, nn_config_as_int (value, fallback), rank)] =
        true;
  for (size_t i = 0; i < nn_config_length (value); i++) {
    const NnConfig item = nn_config_at (value, i);

    set[nn_axis_index (config, nn_config_as_int (&item, 0), rank)] = true;
  }
  return nn_config_ok (config);
}

NnSplit
nn_split (const NnShape *shape, size_t first, size_t end)
{
  NnSplit split = { 1, 1, 1 };

  for (size_t i = 0; i < shape->rank; i++)
    *(i < first       ? &split.outer
            : i < end ? &split.len
                      : &split.inner) *= shape->dim[i];
  return split;
}

/* Whether the axes of the set are adjacent. */
static bool
are_neighbours (size_t rank, const bool *set, size_t *first, size_t *end)
{
  size_t last = rank;

  for (*first = 0; *first < rank && !set[*first];)
    (*first)++;
  for (*end = *first; *end < rank && set[*end];)
    (*end)++;
  while (last > *end && !set[last - 1])
    last--;
  return last == *end;
}

NnAxisSet
nn_axis_set (const NnShape *shape, const bool *set)
{
  NnAxisSet self = { .is_copied = false };
  NnShape *const copy = &self.bring.shape;
  size_t first, end, place = 0, at[NN_MAX_RANK];

  if (are_neighbours (shape->rank, set, &first, &end)) {
    self.split = nn_split (shape, first, end);
    return self;
  }
  self.is_copied = true;
  for (int of_set = 0; of_set < 2; of_set++)
    for (size_t i = 0; i < shape->rank; i++)
      if (set[i] == (of_set != 0)) {
        first = of_set ? first : place + 1;
        at[i] = place;
        copy->dim[place] = shape->dim[i];
        self.bring.stride[place++] = nn_shape_stride (shape, i);
      }
  copy->rank = place;
  self.restore.shape = *shape;
  for (size_t i = 0; i < shape->rank; i++)
    self.restore.stride[i] = nn_shape_stride (copy, at[i]);
  self.split = nn_split (copy, first, copy->rank);
  return self;
}

const float *
nn_axis_set_bring (const NnAxisSet *self, const float *in, float *scratch)
{
  if (!self->is_copied)
    return in;
  nn_strided_copy (&self->bring, in, scratch);
  return scratch;
}

void
nn_axis_set_restore (const NnAxisSet *self, const float *result, float *out)
{
  if (self->is_copied)
    nn_strided_copy (&self->restore, result, out);
}
