/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reshape and Flatten, and the operators that only change the shape: the same
 * memory, viewed in another shape. */
#include "nn/layers/layers.h"
#include "nn/layers/op.h"
#include "nn/layers/split.h"

/* The shape in target from item first on; one axis may be -1. */
static void
reshape_to (
    NnLayer *self, const NnConfig *config, const NnConfig *target, size_t first)
{
  const size_t size = nn_shape_size (&self->in[0]);
  const size_t n = nn_config_length (target);
  NnShape shape = { 0 };
  size_t known = 1, open = NN_MAX_RANK;

  if (!nn_config_is_list (target) || n < first || n - first > NN_MAX_RANK) {
    nn_config_fail (config, NN_ERROR_FORMAT,
        "the shape is not a list of at most %d axes", NN_MAX_RANK);
    return;
  }
  shape.rank = n - first;
  for (size_t i = 0; i < shape.rank; i++) {
    const NnConfig item = nn_config_at (target, first + i);
    const gint64 dim = nn_config_as_int (&item, -1);

    if (dim == -1 && open == NN_MAX_RANK)
      open = i;
    else if (dim < 1 || (size_t) dim > size
        || !g_size_checked_mul (&known, known, dim))
      nn_config_fail (config, NN_ERROR_FORMAT,
          "axis %" G_GSIZE_FORMAT " of the shape is %" G_GINT64_FORMAT, i, dim);
    else
      shape.dim[i] = dim;
  }
  if (open < NN_MAX_RANK)
    shape.dim[open] = size % known == 0 ? size / known : 0;
  if (nn_config_ok (config)
      && (known > size || nn_shape_size (&shape) != size)) {
    g_autofree char *from = nn_shape_to_string (&self->in[0]);
    g_autofree char *to = nn_shape_to_string (&shape);

    nn_config_fail (
        config, NN_ERROR_SHAPE, "%s does not fill the shape %s", from, to);
  }
  nn_layer_add_output (self, config, &shape);
  self->is_view = true;
}

static void
reshape_setup (NnLayer *self, const NnConfig *config)
{
  const NnConfig target = nn_config_get (config, "target_shape");

  if (nn_layer_expect (self, config, 1, 0, NN_MAX_RANK))
    reshape_to (self, config, &target, 0);
}

/* The new shape begins with the batch: -1, null, or its size. */
static void
op_reshape_setup (NnLayer *self, const NnConfig *config)
{
  const NnConfig target = nn_op_option (self, config, "newshape", 1);
  const NnConfig batch = nn_config_at (&target, 0);

  if (!nn_layer_expect (self, config, 1, 0, NN_MAX_RANK))
    return;
  if (nn_config_as_int (&batch, -1) != -1)
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "a reshape with a fixed batch is not supported");
  reshape_to (self, config, &target, 1);
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

static void
expand_dims_setup (NnLayer *self, const NnConfig *config)
{
  const NnConfig value = nn_op_option (self, config, "axis", 1);
  NnShape shape;
  size_t axis;

  if (!nn_layer_expect (self, config, 1, 0, NN_MAX_RANK - 1))
    return;
  shape = self->in[0];
  /* A new last axis is -1: it counts in the result. */
  axis = nn_axis_index (config, nn_config_as_int (&value, 0), shape.rank + 1);
  for (size_t i = shape.rank++; i > axis; i--)
    shape.dim[i] = shape.dim[i - 1];
  shape.dim[axis] = 1;
  nn_layer_add_output (self, config, &shape);
  self->is_view = true;
}

static void
squeeze_setup (NnLayer *self, const NnConfig *config)
{
  const NnConfig value = nn_op_option (self, config, "axis", 1);
  const bool is_given = nn_config_is_set (&value);
  NnShape shape = { 0 };
  bool axes[NN_MAX_RANK] = { false };

  if (!nn_layer_expect (self, config, 1, 1, NN_MAX_RANK))
    return;
  if (is_given && !nn_axes_read (config, &value, -1, self->in[0].rank, axes))
    return;
  for (size_t i = 0; i < self->in[0].rank; i++) {
    const size_t dim = self->in[0].dim[i];

    if (axes[i] && dim != 1)
      nn_config_fail (config, NN_ERROR_SHAPE,
          "an axis of %" G_GSIZE_FORMAT " cannot be squeezed", dim);
    if (is_given ? !axes[i] : dim != 1)
      shape.dim[shape.rank++] = dim;
  }
  nn_layer_add_output (self, config, &shape);
  self->is_view = true;
}

/* clang-format off */
#define VIEW(name, how)                                                        \
  { .keras_name = name, .size = sizeof (NnLayer), .setup = how }
/* clang-format on */

const NnLayerClass nn_reshape_classes[] = {
  VIEW ("Reshape", reshape_setup),
  VIEW ("Flatten", flatten_setup),
  VIEW ("ops.Reshape", op_reshape_setup),
  VIEW ("ops.ExpandDims", expand_dims_setup),
  VIEW ("ops.Squeeze", squeeze_setup),
  { NULL },
};
