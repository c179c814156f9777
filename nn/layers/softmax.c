/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Softmax and LogSoftmax over any axis, or over several at once. */
#include <string.h>
#include "nn/activation.h"
#include "nn/layers/layers.h"
#include "nn/layers/op.h"
#include "nn/layers/split.h"
#include "nn/training.h"

typedef struct {
  NnLayer base;
  NnActivation activation;
  NnAxisSet axes;
} Softmax;

static void
softmax_setup (NnLayer *layer, const NnConfig *config)
{
  Softmax *self = (Softmax *) layer;
  const NnConfig axis = nn_op_option (layer, config, "axis", 1);
  bool axes[NN_MAX_RANK];

  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK))
    return;
  nn_activation_read_object (
      config, layer->klass->keras_name, &self->activation);
  if (!nn_axes_read (config, &axis, -1, layer->in[0].rank, axes))
    return;
  self->axes = nn_axis_set (&layer->in[0], axes);
  if (layer->has_mask[0] && layer->in[0].rank > 1)
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "a mask over steps reaches a softmax over features");
  nn_layer_add_output (layer, config, &layer->in[0]);
  layer->scratch_len = self->axes.split.len
      + (self->axes.is_copied ? nn_shape_size (&layer->in[0]) : 0);
}

/* x [outer][len][inner] in place; row: scratch [len]. */
static void
apply (const Softmax *self, float *x, float *row)
{
  const NnSplit *const split = &self->axes.split;

  if (split->inner == 1) {
    nn_activation_apply (&self->activation, x, split->outer, split->len);
    return;
  }
  for (size_t o = 0; o < split->outer; o++, x += split->len * split->inner)
    for (size_t k = 0; k < split->inner; k++) {
      for (size_t i = 0; i < split->len; i++)
        row[i] = x[i * split->inner + k];
      nn_activation_apply (&self->activation, row, 1, split->len);
      for (size_t i = 0; i < split->len; i++)
        x[i * split->inner + k] = row[i];
    }
}

static void
softmax_forward (const NnLayer *layer, const NnCall *call)
{
  const Softmax *self = (const Softmax *) layer;
  const size_t size = nn_shape_size (&layer->in[0]);
  const float *const mask = call->in_mask[0];
  float *const row = call->scratch, *const copy = row + self->axes.split.len;

  for (size_t s = 0; s < call->n; s++) {
    float *const out = call->out[0] + s * size;
    float *const x = nn_axis_set_result (&self->axes, out, copy);

    memcpy (x, nn_axis_set_bring (&self->axes, call->in[0] + s * size, out),
        size * sizeof (float));
    for (size_t i = 0; i < size && mask; i++)
      x[i] = mask[s * size + i] != 0 ? x[i] : -1e9f;
    apply (self, x, row);
    nn_axis_set_restore (&self->axes, x, out);
  }
}

/* ---- training ---- */

/* dx = dy f', along the axis. row: scratch [2 len]. */
static void
softmax_back (const Softmax *self, const float *y, float *dx, float *row)
{
  const NnSplit *const split = &self->axes.split;
  const size_t len = split->len, step = split->inner;

  if (step == 1) {
    nn_activation_gradient (&self->activation, NULL, y, dx, split->outer, len);
    return;
  }
  for (size_t o = 0; o < split->outer; o++, y += len * step, dx += len * step)
    for (size_t k = 0; k < step; k++) {
      for (size_t i = 0; i < len; i++) {
        row[i] = y[i * step + k];
        row[len + i] = dx[i * step + k];
      }
      nn_activation_gradient (&self->activation, NULL, row, row + len, 1, len);
      for (size_t i = 0; i < len; i++)
        dx[i * step + k] = row[len + i];
    }
}

static void
softmax_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  const size_t size = nn_shape_size (&layer->in[0]);

  for (size_t s = 0; s < call->forward.n && call->in_grad[0]; s++) {
    float *const dx = call->in_grad[0] + s * size;

    memcpy (dx, call->out_grad[0] + s * size, size * sizeof *dx);
    softmax_back ((const Softmax *) layer, call->forward.out[0] + s * size, dx,
        call->forward.scratch);
  }
}

static const char *
softmax_obstacle (const NnLayer *layer)
{
  return ((const Softmax *) layer)->axes.is_copied
      ? "axes with others between them are not supported in training"
      : NULL;
}

static void
softmax_measure (const NnLayer *layer, NnTrainingNeeds *needs)
{
  needs->scratch = 2 * ((const Softmax *) layer)->axes.split.len;
  needs->forgets_in = true;
}

static const NnTraining softmax_training = {
  .is_by_sample = true,
  .obstacle = softmax_obstacle,
  .measure = softmax_measure,
  .backward = softmax_backward,
};

/* clang-format off */
#define SOFTMAX(name)                                                          \
  {                                                                            \
    .keras_name = name, .size = sizeof (Softmax), .mask_rule = NN_MASK_PASS,   \
    .setup = softmax_setup, .forward = softmax_forward,                        \
    .training = &softmax_training,                                             \
  }
/* clang-format on */

const NnLayerClass nn_softmax_classes[] = {
  SOFTMAX ("Softmax"),
  SOFTMAX ("ops.Softmax"),
  SOFTMAX ("ops.LogSoftmax"),
  SOFTMAX ("ops.Sparsemax"),
  { NULL },
};
