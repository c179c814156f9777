/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Add, Subtract, Multiply, Average, Maximum, Minimum: two or more tensors into
 * one, element by element. Missing axes count as the first of a sample, and
 * axes of length 1 are repeated.
 */
#include <string.h>
#include "nn/layers/arithmetic.h"
#include "nn/layers/layers.h"

typedef struct {
  NnLayer base;
  NnBroadcastRow row;
  NnBroadcast first; /* of inputs 0 and 1 */
  NnBroadcast *rest; /* [n_in - 2] of the result so far and input 2, ... */
  bool is_mean;
  bool needs_all_masks; /* Keras 2; else any */
} Merge;

/* Keras 2 needs all masks that there are; Keras 3 any, if all inputs have one.
 */
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
      "inputs of the shapes %s and %s do not fit each other", left, right);
}

static void
merge_setup (NnLayer *layer, const NnConfig *config)
{
  Merge *self = (Merge *) layer;
  NnShape out;

  if (layer->n_in < 2) {
    nn_config_fail (config, NN_ERROR_SHAPE, "it merges at least two inputs");
    return;
  }
  self->row = nn_arithmetic_find (layer->klass->keras_name);
  self->is_mean = g_str_equal (layer->klass->keras_name, "Average");
  self->rest = g_new0 (NnBroadcast, layer->n_in);
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
    for (size_t k = 0; k < size && self->is_mean; k++)
      out[k] /= layer->n_in;
  }
  if (call->out_mask)
    merge_masks (self, call);
}

static void
merge_clear (NnLayer *layer)
{
  g_clear_pointer (&((Merge *) layer)->rest, g_free);
}

/* clang-format off */
#define MERGE(name)                                                            \
  {                                                                            \
    .keras_name = name, .size = sizeof (Merge), .setup = merge_setup,          \
    .forward = merge_forward, .clear = merge_clear,                            \
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
