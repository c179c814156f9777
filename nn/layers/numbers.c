/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/layers/numbers.h"

NnShape
nn_numbers_shape (const NnConfig *config, const NnConfig *value)
{
  NnConfig item = nn_config_constant (value);
  NnShape shape = { .rank = 0 };
  size_t size;

  while (nn_config_is_list (&item) && shape.rank < NN_MAX_RANK) {
    shape.dim[shape.rank++] = nn_config_length (&item);
    item = nn_config_at (&item, 0);
  }
  if (nn_config_is_list (&item) || !nn_shape_checked_size (&shape, &size)) {
    nn_config_fail (
        config, NN_ERROR_FORMAT, "a constant is empty or has too many axes");
    shape.rank = 0;
  }
  return shape;
}

/* Appends the numbers in value, up to n; returns how many there are in total.
 * The depth of lists is bounded by the parser. */
static size_t
collect (const NnConfig *value, size_t n, size_t have, float *numbers)
{
  if (!nn_config_is_list (value)) {
    if (have < n)
      numbers[have] = nn_config_is_number (value)
          ? nn_config_as_double (value, 0)
          : nn_config_as_bool (value, false);
    return have + 1;
  }
  for (size_t i = 0; i < nn_config_length (value); i++) {
    const NnConfig item = nn_config_at (value, i);

    have = collect (&item, n, have, numbers);
  }
  return have;
}

void
nn_numbers_read (
    const NnConfig *config, const NnConfig *value, size_t n, float *numbers)
{
  const NnConfig constant = nn_config_constant (value);
  const size_t have = collect (&constant, n, 0, numbers);

  if (have == 1)
    for (size_t i = 1; i < n; i++)
      numbers[i] = numbers[0];
  else if (have != n)
    nn_config_fail (config, NN_ERROR_SHAPE,
        "%" G_GSIZE_FORMAT " constants, expected %" G_GSIZE_FORMAT, have, n);
}
