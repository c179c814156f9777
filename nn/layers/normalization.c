/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Normalization by statistics that were adapted to data (weights) or given in
 * the configuration; and Rescaling.
 *   y = (x - mean) / max (sqrt (variance), 1e-7)
 *   y = x * max (sqrt (variance), 1e-7) + mean if inverted
 *   y = x * scale + offset */
#include <math.h>
#include "nn/layers/arithmetic.h"
#include "nn/layers/layers.h"
#include "nn/layers/numbers.h"
#include "nn/layers/split.h"
#include "nn/training.h"

typedef struct {
  NnLayer base;
  size_t n;              /* statistics */
  NnBroadcast broadcast; /* of a sample and the statistics */
  bool is_inverted, is_adapted;
  float *mean, *factor; /* [n] */
} Normalization;

/* The axes that have statistics; these are broadcast over the rest. */
static NnShape
statistics_shape (const NnShape *in, const bool *axes, NnShape *aligned)
{
  NnShape shape = { .rank = 0 };

  *aligned = *in;
  for (size_t i = 0; i < in->rank; i++)
    if (axes[i])
      shape.dim[shape.rank++] = in->dim[i];
    else
      aligned->dim[i] = 1;
  return shape;
}

static float
factor_of (const Normalization *self, double variance)
{
  const double deviation = fmax (sqrt (variance), 1e-7);

  return self->is_inverted ? deviation : 1 / deviation;
}

static void
read_given (Normalization *self, const NnConfig *config, const NnConfig *mean)
{
  const NnConfig variance = nn_config_get (config, "variance");

  nn_numbers_read (config, mean, self->n, self->mean);
  nn_numbers_read (config, &variance, self->n, self->factor);
  for (size_t i = 0; i < self->n; i++)
    self->factor[i] = factor_of (self, self->factor[i]);
}

static void
normalization_setup (NnLayer *layer, const NnConfig *config)
{
  Normalization *self = (Normalization *) layer;
  const NnConfig axis = nn_config_get (config, "axis");
  const NnConfig mean = nn_config_get (config, "mean");
  bool axes[NN_MAX_RANK] = { false };
  NnShape shape, aligned;

  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK)
      || (nn_config_is_set (&axis)
          && !nn_axes_read (config, &axis, -1, layer->in[0].rank, axes)))
    return;
  shape = statistics_shape (&layer->in[0], axes, &aligned);
  self->n = nn_shape_size (&shape);
  self->broadcast = nn_broadcast_plan (&layer->in[0], &aligned, &layer->in[0]);
  self->is_inverted = nn_config_bool (config, "invert", false);
  self->is_adapted = !nn_config_is_set (&mean);
  self->mean = g_new0 (float, self->n);
  self->factor = g_new0 (float, self->n);
  if (self->is_adapted) {
    nn_layer_add_param (layer, config, "", "mean", &shape, false);
    nn_layer_add_param (layer, config, "", "variance", &shape, false);
    nn_layer_add_param (
        layer, config, "", "count", &(NnShape){ .rank = 0 }, false);
  } else {
    read_given (self, config, &mean);
  }
  nn_layer_add_output (layer, config, &layer->in[0]);
}

static bool
normalization_finish (NnLayer *layer)
{
  Normalization *self = (Normalization *) layer;

  for (size_t i = 0; i < self->n && self->is_adapted; i++) {
    self->mean[i] = nn_layer_value (layer, 0)[i];
    self->factor[i] = factor_of (self, nn_layer_value (layer, 1)[i]);
  }
  return true;
}

static void
normalization_forward (const NnLayer *layer, const NnCall *call)
{
  const Normalization *self = (const Normalization *) layer;
  const NnBroadcastRow add = nn_arithmetic_find ("Add");
  const NnBroadcastRow subtract = nn_arithmetic_find ("Subtract");
  const NnBroadcastRow multiply = nn_arithmetic_find ("Multiply");
  const size_t size = nn_shape_size (&layer->in[0]);

  for (size_t i = 0; i < call->n; i++) {
    const float *const in = call->in[0] + i * size;
    float *const out = call->out[0] + i * size;

    if (self->is_inverted) {
      nn_broadcast_run (&self->broadcast, in, self->factor, out, multiply);
      nn_broadcast_run (&self->broadcast, out, self->mean, out, add);
    } else {
      nn_broadcast_run (&self->broadcast, in, self->mean, out, subtract);
      nn_broadcast_run (&self->broadcast, out, self->factor, out, multiply);
    }
  }
}

static void
normalization_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  const Normalization *self = (const Normalization *) layer;
  const size_t size = nn_shape_size (&layer->in[0]);

  for (size_t i = 0; i < call->forward.n && call->in_grad[0]; i++)
    nn_broadcast_run (&self->broadcast, call->out_grad[0] + i * size,
        self->factor, call->in_grad[0] + i * size,
        nn_arithmetic_find ("Multiply"));
}

static void
measure_affine (const NnLayer *layer, NnTrainingNeeds *needs)
{
  needs->forgets_in = needs->forgets_out = true;
}

static const NnTraining normalization_training = {
  .is_by_sample = true,
  .measure = measure_affine,
  .backward = normalization_backward,
};

static void
normalization_clear (NnLayer *layer)
{
  Normalization *self = (Normalization *) layer;

  g_clear_pointer (&self->mean, g_free);
  g_clear_pointer (&self->factor, g_free);
}

typedef struct {
  NnLayer base;
  float *scale, *offset; /* [channels] */
} Rescaling;

static void
rescaling_setup (NnLayer *layer, const NnConfig *config)
{
  Rescaling *self = (Rescaling *) layer;
  const NnConfig scale = nn_config_get (config, "scale");
  const NnConfig offset = nn_config_get (config, "offset");
  size_t channels;

  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK))
    return;
  channels = layer->in[0].dim[layer->in[0].rank - 1];
  self->scale = g_new0 (float, channels);
  self->offset = g_new0 (float, channels);
  nn_numbers_read (config, &scale, channels, self->scale);
  if (nn_config_is_set (&offset))
    nn_numbers_read (config, &offset, channels, self->offset);
  nn_layer_add_output (layer, config, &layer->in[0]);
}

static void
rescaling_forward (const NnLayer *layer, const NnCall *call)
{
  const Rescaling *self = (const Rescaling *) layer;
  const size_t channels = layer->in[0].dim[layer->in[0].rank - 1];
  const size_t n = call->n * nn_shape_size (&layer->in[0]);

  for (size_t i = 0; i < n; i += channels)
    for (size_t c = 0; c < channels; c++)
      call->out[0][i + c] =
          call->in[0][i + c] * self->scale[c] + self->offset[c];
}

static void
rescaling_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  const Rescaling *self = (const Rescaling *) layer;
  const size_t channels = layer->in[0].dim[layer->in[0].rank - 1];
  const size_t n = call->forward.n * nn_shape_size (&layer->in[0]);

  for (size_t i = 0; i < n && call->in_grad[0]; i += channels)
    nn_loops ()->multiply (
        channels, call->out_grad[0] + i, self->scale, call->in_grad[0] + i);
}

static const NnTraining rescaling_training = {
  .is_by_sample = true,
  .measure = measure_affine,
  .backward = rescaling_backward,
};

static void
rescaling_clear (NnLayer *layer)
{
  Rescaling *self = (Rescaling *) layer;

  g_clear_pointer (&self->scale, g_free);
  g_clear_pointer (&self->offset, g_free);
}

const NnLayerClass nn_normalization_classes[] = {
  {
      .keras_name = "Normalization",
      .size = sizeof (Normalization),
      .setup = normalization_setup,
      .finish = normalization_finish,
      .forward = normalization_forward,
      .clear = normalization_clear,
      .training = &normalization_training,
  },
  {
      .keras_name = "Rescaling",
      .size = sizeof (Rescaling),
      .mask_rule = NN_MASK_PASS,
      .setup = rescaling_setup,
      .forward = rescaling_forward,
      .clear = rescaling_clear,
      .training = &rescaling_training,
  },
  { NULL },
};
