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

NnSplit
nn_split_axes (const NnConfig *config, const NnShape *shape, const bool *set)
{
  size_t first = 0, end, last = shape->rank;

  while (first < shape->rank && !set[first])
    first++;
  for (end = first; end < shape->rank && set[end];)
    end++;
  while (last > end && !set[last - 1])
    last--;
  if (last > end)
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "axes with others between them are not supported");
  return nn_split (shape, first, end);
}
