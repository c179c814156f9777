/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reshape and Flatten: the same numbers under another shape. */
#include "nn/layers/layers.h"

static void
reshape_setup (NnLayer *self, const NnConfig *config)
{
  const NnConfig target = nn_config_get (config, "target_shape");
  NnShape shape = { 0 };
  size_t known = 1, open = NN_MAX_RANK, size;

  if (!nn_layer_expect (self, config, 1, 0, NN_MAX_RANK))
    return;
  size = nn_shape_size (&self->in[0]);
  shape.rank = nn_config_length (&target);
  if (!nn_config_is_list (&target) || shape.rank > NN_MAX_RANK) {
    nn_config_fail (config, NN_ERROR_FORMAT,
        "“target_shape” is not a list of at most %d axes", NN_MAX_RANK);
    return;
  }
  for (size_t i = 0; i < shape.rank; i++) {
    const NnConfig item = nn_config_at (&target, i);
    const gint64 dim = nn_config_as_int (&item, -1);

    if (dim == -1 && open == NN_MAX_RANK)
      open = i;
    else if (dim < 1 || (size_t) dim > size
        || !g_size_checked_mul (&known, known, dim))
      nn_config_fail (config, NN_ERROR_FORMAT,
          "axis %" G_GSIZE_FORMAT " of “target_shape” is %" G_GINT64_FORMAT, i,
          dim);
    else
      shape.dim[i] = dim;
  }
  if (open < NN_MAX_RANK && size % known == 0)
    shape.dim[open] = size / known;
  if (nn_config_ok (config) && nn_shape_size (&shape) != size) {
    g_autofree char *from = nn_shape_to_string (&self->in[0]);
    g_autofree char *to = nn_shape_to_string (&shape);

    nn_config_fail (
        config, NN_ERROR_SHAPE, "%s does not fill the shape %s", from, to);
  }
  if (!nn_config_ok (config))
    return;
  nn_layer_add_output (self, config, &shape);
  self->is_view = true;
}

static void
flatten_setup (NnLayer *self, const NnConfig *config)
{
  if (!nn_layer_expect (self, config, 1, 0, NN_MAX_RANK))
    return;
  nn_layer_add_output (self, config,
      &(NnShape){ .rank = 1, .dim = { nn_shape_size (&self->in[0]) } });
  self->is_view = true;
}

const NnLayerClass nn_reshape_classes[] = {
  {
      .keras_name = "Reshape",
      .size = sizeof (NnLayer),
      .setup = reshape_setup,
  },
  {
      .keras_name = "Flatten",
      .size = sizeof (NnLayer),
      .setup = flatten_setup,
  },
  { NULL },
};
