/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Permute, and the operators Transpose, SwapAxes and MoveAxis: axes in another
 * order. */
#include "nn/layers/layers.h"
#include "nn/layers/op.h"
#include "nn/layers/split.h"
#include "nn/layers/strided.h"
#include "nn/training.h"

typedef struct {
  NnLayer base;
  NnStrided view, back; /* of the input; of the output's gradient */
} Permute;

/* from: [rank] the axis of the input for each axis of the output. */
static void
set_order (Permute *self, const NnConfig *config, const size_t *from)
{
  NnLayer *const layer = &self->base;
  const NnShape *const in = &layer->in[0];
  NnStrided *const view = &self->view;
  bool seen[NN_MAX_RANK] = { false };

  view->shape.rank = in->rank;
  for (size_t i = 0; i < in->rank; i++) {
    if (seen[from[i]]) {
      nn_config_fail (config, NN_ERROR_FORMAT, "an axis is named twice");
      return;
    }
    seen[from[i]] = true;
    view->shape.dim[i] = in->dim[from[i]];
    view->stride[i] = nn_shape_stride (in, from[i]);
  }
  self->back.shape = *in;
  for (size_t i = 0; i < in->rank; i++)
    self->back.stride[from[i]] = nn_shape_stride (&view->shape, i);
  nn_layer_add_output (layer, config, &view->shape);
}

/* order: a list whose items count the batch as axis 0, from item first on. */
static void
read_order (
    Permute *self, const NnConfig *config, const NnConfig *order, size_t first)
{
  const size_t rank = self->base.in[0].rank;
  size_t from[NN_MAX_RANK] = { 0 };

  if (nn_config_length (order) != rank + first) {
    nn_config_fail (config, NN_ERROR_SHAPE,
        "an order of axes for an input of another rank");
    return;
  }
  for (size_t i = 0; i < rank; i++) {
    const NnConfig item = nn_config_at (order, first + i);

    from[i] = nn_axis_index (config, nn_config_as_int (&item, 0), rank);
  }
  if (nn_config_ok (config))
    set_order (self, config, from);
}

static void
permute_setup (NnLayer *layer, const NnConfig *config)
{
  const NnConfig dims = nn_config_get (config, "dims");

  if (nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK))
    read_order ((Permute *) layer, config, &dims, 0);
}

static void
transpose_setup (NnLayer *layer, const NnConfig *config)
{
  const NnConfig axes = nn_op_option (layer, config, "axes", 1);
  const NnConfig batch = nn_config_at (&axes, 0);

  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK))
    return;
  if (nn_config_as_int (&batch, -1) != 0)
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "a transposition that moves the batch is not supported");
  else
    read_order ((Permute *) layer, config, &axes, 1);
}

static void
swap_axes_setup (NnLayer *layer, const NnConfig *config)
{
  const NnConfig first = nn_op_option (layer, config, "axis1", 1);
  const NnConfig second = nn_op_option (layer, config, "axis2", 2);
  size_t from[NN_MAX_RANK];
  size_t rank, a, b;

  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK))
    return;
  rank = layer->in[0].rank;
  a = nn_axis_index (config, nn_config_as_int (&first, 0), rank);
  b = nn_axis_index (config, nn_config_as_int (&second, 0), rank);
  for (size_t i = 0; i < rank; i++)
    from[i] = i == a ? b : i == b ? a : i;
  if (nn_config_ok (config))
    set_order ((Permute *) layer, config, from);
}

/* Moves axes source to places destination; the others keep their order. */
static void
move_axis_setup (NnLayer *layer, const NnConfig *config)
{
  const NnConfig source = nn_op_option (layer, config, "source", 1);
  const NnConfig destination = nn_op_option (layer, config, "destination", 2);
  const size_t n = nn_config_is_list (&source) ? nn_config_length (&source) : 1;
  bool is_moved[NN_MAX_RANK] = { false }, is_taken[NN_MAX_RANK] = { false };
  size_t from[NN_MAX_RANK] = { 0 };
  size_t rank;

  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK))
    return;
  rank = layer->in[0].rank;
  for (size_t i = 0; i < n && nn_config_ok (config); i++) {
    const NnConfig a = nn_config_at (&source, i);
    const NnConfig b = nn_config_at (&destination, i);
    const size_t axis = nn_axis_index (config,
        nn_config_as_int (nn_config_is_list (&source) ? &a : &source, 0), rank);
    const size_t place = nn_axis_index (config,
        nn_config_as_int (
            nn_config_is_list (&destination) ? &b : &destination, 0),
        rank);

    if (is_moved[axis] || is_taken[place])
      nn_config_fail (config, NN_ERROR_FORMAT, "an axis is named twice");
    is_moved[axis] = is_taken[place] = true;
    from[place] = axis;
  }
  for (size_t i = 0, axis = 0; i < rank && nn_config_ok (config); i++) {
    while (!is_taken[i] && is_moved[axis])
      axis++;
    if (!is_taken[i])
      from[i] = axis++;
  }
  if (nn_config_ok (config))
    set_order ((Permute *) layer, config, from);
}

static void
permute_forward (const NnLayer *layer, const NnCall *call)
{
  const size_t size = nn_shape_size (&layer->in[0]);

  for (size_t i = 0; i < call->n; i++)
    nn_strided_copy (&((const Permute *) layer)->view, call->in[0] + i * size,
        call->out[0] + i * size);
}

static void
permute_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  const size_t size = nn_shape_size (&layer->in[0]);

  for (size_t i = 0; i < call->forward.n && call->in_grad[0]; i++)
    nn_strided_copy (&((const Permute *) layer)->back,
        call->out_grad[0] + i * size, call->in_grad[0] + i * size);
}

static void
permute_measure (const NnLayer *layer, NnTrainingNeeds *needs)
{
  needs->forgets_in = needs->forgets_out = true;
}

static const NnTraining permute_training = {
  .is_by_sample = true,
  .measure = permute_measure,
  .backward = permute_backward,
};

/* clang-format off */
#define PERMUTE(name, how)                                                     \
  {                                                                            \
    .keras_name = name, .size = sizeof (Permute), .setup = how,                \
    .forward = permute_forward, .training = &permute_training,                 \
  }
/* clang-format on */

const NnLayerClass nn_permute_classes[] = {
  PERMUTE ("Permute", permute_setup),
  PERMUTE ("ops.Transpose", transpose_setup),
  PERMUTE ("ops.MoveAxis", move_axis_setup),
  PERMUTE ("ops.Moveaxis", move_axis_setup),
  PERMUTE ("ops.SwapAxes", swap_axes_setup),
  PERMUTE ("ops.Swapaxes", swap_axes_setup),
  { NULL },
};
