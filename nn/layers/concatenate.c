/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Concatenate: joins tensors along one axis; also the operators Concatenate,
 * and Stack, which joins them along a new axis. Masks as in Keras, for
 * sequences: joined along the first axis; along features, Keras 2 combines them
 * by and, Keras 3 by or (an input without a mask counts as all 1). */
#include <string.h>
#include "nn/layers/layers.h"
#include "nn/layers/op.h"
#include "nn/layers/split.h"
#include "nn/training.h"

typedef struct {
  NnLayer base;
  size_t axis;
  NnSplit split; /* of the output */
  bool is_stack;
  bool needs_all_masks; /* Keras 2; else any */
} Concatenate;

/* The shape of an input, with the new axis, if there is one. */
static NnShape
part_shape (const Concatenate *self, size_t i)
{
  NnShape shape = self->base.in[i];

  if (!self->is_stack)
    return shape;
  for (size_t k = shape.rank++; k > self->axis; k--)
    shape.dim[k] = shape.dim[k - 1];
  shape.dim[self->axis] = 1;
  return shape;
}

/* The output's shape; fails if shapes differ other than along axis. */
static void
find_shape (Concatenate *self, const NnConfig *config, NnShape *out)
{
  const NnLayer *const layer = &self->base;

  *out = part_shape (self, 0);
  for (size_t i = 1; i < layer->n_in; i++) {
    const NnShape part = part_shape (self, i);
    NnShape other = part;

    if (other.rank == out->rank)
      other.dim[self->axis] = out->dim[self->axis];
    if (!nn_shape_equal (&other, out)) {
      g_autofree char *left = nn_shape_to_string (&layer->in[0]);
      g_autofree char *right = nn_shape_to_string (&layer->in[i]);

      nn_config_fail (config, NN_ERROR_SHAPE,
          "inputs of shapes %s and %s cannot be concatenated", left, right);
      return;
    }
    out->dim[self->axis] += part.dim[self->axis];
  }
}

static void
choose_mask_rule (Concatenate *self)
{
  NnLayer *const layer = &self->base;
  bool is_masked = false;

  for (size_t i = 0; i < layer->n_in; i++)
    is_masked = is_masked || layer->has_mask[i];
  layer->mask_rule = is_masked && layer->out[0].rank == 2 && !self->is_stack
      ? NN_MASK_MAKE
      : NN_MASK_STOP;
}

static void
concatenate_setup (NnLayer *layer, const NnConfig *config)
{
  Concatenate *self = (Concatenate *) layer;
  const NnConfig axis = nn_op_option (layer, config, "axis", 1);
  NnShape out;

  self->is_stack = g_str_equal (layer->klass->keras_name, "ops.Stack");
  if (layer->n_in == 0 || layer->in[0].rank + self->is_stack > NN_MAX_RANK) {
    nn_config_fail (
        config, NN_ERROR_SHAPE, "nothing to concatenate, or too many axes");
    return;
  }
  self->axis =
      nn_axis_index (config, nn_config_as_int (&axis, self->is_stack ? 0 : -1),
          layer->in[0].rank + self->is_stack);
  if (!nn_config_ok (config))
    return;
  find_shape (self, config, &out);
  nn_layer_add_output (layer, config, &out);
  if (!nn_config_ok (config))
    return;
  self->split = nn_split (&out, self->axis, self->axis + 1);
  self->needs_all_masks = config->keras_major < 3;
  choose_mask_rule (self);
}

static void
join_masks (const Concatenate *self, const NnCall *call)
{
  const NnLayer *const layer = &self->base;
  const size_t steps = layer->out[0].dim[0];
  size_t before = 0;

  for (size_t i = 0; i < layer->n_in; i++) {
    const size_t here = layer->in[i].dim[0];

    for (size_t s = 0; s < call->n; s++)
      for (size_t t = 0; t < here; t++) {
        float *const out = &call->out_mask[s * steps + before + t];
        const float mask =
            call->in_mask[i] ? call->in_mask[i][s * here + t] != 0 : 1;

        if (i == 0 || self->axis == 0)
          *out = mask;
        else
          *out = self->needs_all_masks ? MIN (*out, mask) : MAX (*out, mask);
      }
    if (self->axis == 0)
      before += here;
  }
}

static void
concatenate_forward (const NnLayer *layer, const NnCall *call)
{
  const Concatenate *self = (const Concatenate *) layer;
  const size_t rows = call->n * self->split.outer;
  const size_t out_row = self->split.len * self->split.inner;
  float *out = call->out[0];

  for (size_t i = 0; i < layer->n_in; i++) {
    const size_t row = nn_shape_size (&layer->in[i]) / self->split.outer;

    for (size_t r = 0; r < rows; r++)
      memcpy (out + r * out_row, call->in[i] + r * row, row * sizeof (float));
    out += row;
  }
  if (call->out_mask)
    join_masks (self, call);
}

static void
concatenate_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  const Concatenate *self = (const Concatenate *) layer;
  const size_t rows = call->forward.n * self->split.outer;
  const size_t out_row = self->split.len * self->split.inner;
  const float *dy = call->out_grad[0];

  for (size_t i = 0; i < layer->n_in; i++) {
    const size_t row = nn_shape_size (&layer->in[i]) / self->split.outer;

    for (size_t r = 0; r < rows && call->in_grad[i]; r++)
      memcpy (
          call->in_grad[i] + r * row, dy + r * out_row, row * sizeof (float));
    dy += row;
  }
}

static const NnTraining concatenate_training = { .backward =
                                                     concatenate_backward };

/* clang-format off */
#define CONCATENATE(name)                                                      \
  {                                                                            \
    .keras_name = name, .size = sizeof (Concatenate),                          \
    .setup = concatenate_setup, .forward = concatenate_forward,                \
    .training = &concatenate_training,                                         \
  }
/* clang-format on */

const NnLayerClass nn_concatenate_classes[] = {
  CONCATENATE ("Concatenate"),
  CONCATENATE ("ops.Concatenate"),
  CONCATENATE ("ops.Stack"),
  { NULL },
};
