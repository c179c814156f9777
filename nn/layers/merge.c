/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Add, Subtract, Multiply, Average, Maximum, Minimum: merges two or more
 * tensors element by element. Missing axes are added at the front, and axes of
 * length 1 are repeated. */
#include <string.h>
#include "nn/layers/arithmetic.h"
#include "nn/layers/layers.h"
#include "nn/loops.h"
#include "nn/training.h"

/* The derivative of the output with respect to one input. */
typedef enum {
  SLOPE_ONE,
  SLOPE_SIGN,     /* -1 for all inputs but the first */
  SLOPE_MEAN,     /* 1 / n_in */
  SLOPE_PRODUCT,  /* the product of the other inputs */
  SLOPE_SELECTED, /* 1 where the output is that input, else 0 */
} Slope;

static const struct {
  const char *keras_name;
  Slope slope;
} kinds[] = {
  { "Add", SLOPE_ONE },
  { "Subtract", SLOPE_SIGN },
  { "Multiply", SLOPE_PRODUCT },
  { "Average", SLOPE_MEAN },
  { "Maximum", SLOPE_SELECTED },
  { "Minimum", SLOPE_SELECTED },
};

typedef struct {
  NnLayer base;
  NnBroadcastRow row;
  Slope slope;
  NnBroadcast first;    /* of inputs 0 and 1 */
  NnBroadcast *rest;    /* [n_in - 2] of the result so far and input 2, ... */
  NnBroadcast *back;    /* [n_in] of the output and each input */
  bool needs_all_masks; /* Keras 2; else any */
} Merge;

/* Keras 2 combines all masks by and; Keras 3 by or, if all inputs have one. */
static void
choose_mask_rule (Merge *self)
{
  NnLayer *const layer = &self->base;
  size_t n_masks = 0;
  bool alike = true;

  for (size_t i = 0; i < layer->n_in; i++) {
    n_masks += layer->has_mask[i];
    alike = alike && layer->in[i].rank > 0
        && layer->in[i].dim[0] == layer->out[0].dim[0];
  }
  layer->mask_rule =
      alike && n_masks >= (self->needs_all_masks ? 1 : layer->n_in)
      ? NN_MASK_MAKE
      : NN_MASK_STOP;
}

static void
fail_to_fit (const NnConfig *config, const NnShape *a, const NnShape *b)
{
  g_autofree char *left = nn_shape_to_string (a);
  g_autofree char *right = nn_shape_to_string (b);

  nn_config_fail (config, NN_ERROR_SHAPE,
      "inputs of shapes %s and %s cannot be broadcast together", left, right);
}

static void
merge_setup (NnLayer *layer, const NnConfig *config)
{
  Merge *self = (Merge *) layer;
  NnShape out;

  if (layer->n_in < 2) {
    nn_config_fail (config, NN_ERROR_SHAPE, "expected at least two inputs");
    return;
  }
  self->row = nn_arithmetic_find (layer->klass->keras_name);
  for (size_t i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (kinds[i].keras_name, layer->klass->keras_name))
      self->slope = kinds[i].slope;
  self->rest = g_new0 (NnBroadcast, layer->n_in);
  self->back = g_new0 (NnBroadcast, layer->n_in);
  out = layer->in[0];
  for (size_t i = 1; i < layer->n_in; i++) {
    const NnShape so_far = out;

    if (!nn_broadcast_shapes (&so_far, &layer->in[i], &out)) {
      fail_to_fit (config, &so_far, &layer->in[i]);
      return;
    }
  }
  self->first = nn_broadcast_plan (&layer->in[0], &layer->in[1], &out);
  for (size_t i = 2; i < layer->n_in; i++)
    self->rest[i - 2] = nn_broadcast_plan (&out, &layer->in[i], &out);
  for (size_t i = 0; i < layer->n_in; i++)
    self->back[i] = nn_broadcast_plan (&out, &layer->in[i], &out);
  nn_layer_add_output (layer, config, &out);
  self->needs_all_masks = config->keras_major < 3;
  if (nn_config_ok (config))
    choose_mask_rule (self);
}

static void
merge_masks (const Merge *self, const NnCall *call)
{
  const NnLayer *const layer = &self->base;
  const size_t n = call->n * layer->out[0].dim[0];
  const bool all = self->needs_all_masks;

  for (size_t k = 0; k < n; k++)
    call->out_mask[k] = all;
  for (size_t i = 0; i < layer->n_in; i++)
    for (size_t k = 0; k < n && call->in_mask[i]; k++)
      if ((call->in_mask[i][k] != 0) != all)
        call->out_mask[k] = !all;
}

static void
merge_forward (const NnLayer *layer, const NnCall *call)
{
  const Merge *self = (const Merge *) layer;
  const size_t size = nn_shape_size (&layer->out[0]);

  for (size_t s = 0; s < call->n; s++) {
    float *const out = call->out[0] + s * size;

    nn_broadcast_run (&self->first,
        call->in[0] + s * nn_shape_size (&layer->in[0]),
        call->in[1] + s * nn_shape_size (&layer->in[1]), out, self->row);
    for (size_t i = 2; i < layer->n_in; i++)
      nn_broadcast_run (&self->rest[i - 2], out,
          call->in[i] + s * nn_shape_size (&layer->in[i]), out, self->row);
    for (size_t k = 0; k < size && self->slope == SLOPE_MEAN; k++)
      out[k] /= layer->n_in;
  }
  if (call->out_mask)
    merge_masks (self, call);
}

static void
merge_clear (NnLayer *layer)
{
  g_clear_pointer (&((Merge *) layer)->rest, g_free);
  g_clear_pointer (&((Merge *) layer)->back, g_free);
}

/* ---- training ---- */

/* 1 where b equals a, else 0: the maximum came from b. */
static void
select_row (const float *a, size_t a_step, const float *b, size_t b_step,
    size_t n, float *out)
{
  for (size_t i = 0; i < n; i++)
    out[i] = a[i * a_step] == b[i * b_step];
}

/* gradient [out size] = the derivative by input i, repeated as that is, of
 * sample s. slope: scratch [out size]. */
static void
derive (const Merge *self, const NnTrainingCall *call, size_t i, size_t s,
    float *slope, float *gradient)
{
  const NnLayer *const layer = &self->base;
  const size_t size = nn_shape_size (&layer->out[0]);
  const float *const dy = call->out_grad[0] + s * size;
  const float constant = self->slope == SLOPE_MEAN ? 1.f / layer->n_in
      : self->slope == SLOPE_SIGN && i > 0         ? -1
                                                   : 1;

  if (constant == 1)
    memcpy (gradient, dy, size * sizeof *gradient);
  for (size_t k = 0; k < size && constant != 1; k++)
    gradient[k] = constant * dy[k];
  for (size_t j = 0; j < layer->n_in && self->slope == SLOPE_PRODUCT; j++)
    if (j != i)
      nn_broadcast_run (&self->back[j], gradient,
          call->forward.in[j] + s * nn_shape_size (&layer->in[j]), gradient,
          self->row);
  if (self->slope == SLOPE_SELECTED) {
    nn_broadcast_run (&self->back[i], call->forward.out[0] + s * size,
        call->forward.in[i] + s * nn_shape_size (&layer->in[i]), slope,
        select_row);
    nn_loops ()->multiply (size, slope, gradient, gradient);
  }
}

static void
merge_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  const Merge *self = (const Merge *) layer;
  const size_t size = nn_shape_size (&layer->out[0]);
  float *const slope = call->forward.scratch, *const repeated = slope + size;

  for (size_t i = 0; i < layer->n_in; i++) {
    const size_t in_size = nn_shape_size (&layer->in[i]);

    for (size_t s = 0; s < call->forward.n && call->in_grad[i]; s++) {
      float *const dx = call->in_grad[i] + s * in_size;

      derive (self, call, i, s, slope, in_size == size ? dx : repeated);
      if (in_size == size)
        continue;
      memset (dx, 0, in_size * sizeof *dx);
      nn_broadcast_collect (&self->back[i], repeated, dx);
    }
  }
}

static void
merge_measure (const NnLayer *layer, NnTrainingNeeds *needs)
{
  const Merge *self = (const Merge *) layer;

  needs->scratch = 2 * nn_shape_size (&layer->out[0]);
  needs->forgets_in =
      self->slope != SLOPE_PRODUCT && self->slope != SLOPE_SELECTED;
  needs->forgets_out = self->slope != SLOPE_SELECTED;
}

static const NnTraining merge_training = {
  .is_by_sample = true,
  .measure = merge_measure,
  .backward = merge_backward,
};

/* clang-format off */
#define MERGE(name)                                                            \
  {                                                                            \
    .keras_name = name, .size = sizeof (Merge), .setup = merge_setup,          \
    .forward = merge_forward, .clear = merge_clear,                            \
    .training = &merge_training,                                               \
  }
/* clang-format on */

const NnLayerClass nn_merge_classes[] = {
  MERGE ("Add"),
  MERGE ("Subtract"),
  MERGE ("Multiply"),
  MERGE ("Average"),
  MERGE ("Maximum"),
  MERGE ("Minimum"),
  { NULL },
};
