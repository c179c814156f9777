/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GlobalAveragePooling and GlobalMaxPooling, 1D to 3D: one value for each
 * channel, over all positions. The mean of a sequence ignores masked steps.
 *   in [positions][c]  ->  out [c], or [1]...[c] with keepdims */
#include <string.h>
#include "nn/layers/layers.h"
#include "nn/loops.h"
#include "nn/training.h"

static void
global_pooling_setup (NnLayer *self, const NnConfig *config)
{
  const size_t n = self->klass->n_axes;
  NnShape out = { .rank = 0 };

  if (!nn_layer_expect (self, config, 1, n + 1, n + 1))
    return;
  if (nn_config_bool (config, "keepdims", false))
    while (out.rank < n)
      out.dim[out.rank++] = 1;
  out.dim[out.rank++] = self->in[0].dim[n];
  nn_layer_add_output (self, config, &out);
}

/* mask: [n_positions], or NULL. */
static void
take_mean (const float *in, const float *mask, size_t n_positions,
    size_t channels, float *out)
{
  float count = 0;

  for (size_t c = 0; c < channels; c++)
    out[c] = 0;
  for (size_t t = 0; t < n_positions; t++)
    count += mask ? mask[t] : 1;
  for (size_t t = 0; t < n_positions; t++)
    if (!mask || mask[t] != 0)
      nn_loops ()->add (channels, in + t * channels, out);
  for (size_t c = 0; c < channels; c++)
    out[c] /= count;
}

static void
take_max (const float *in, size_t n_positions, size_t channels, float *out)
{
  memcpy (out, in, channels * sizeof (float));
  for (size_t t = 1; t < n_positions; t++)
    for (size_t c = 0; c < channels; c++)
      out[c] = MAX (out[c], in[t * channels + c]);
}

static void
global_average_forward (const NnLayer *self, const NnCall *call)
{
  const size_t channels = nn_shape_size (&self->out[0]);
  const size_t n_positions = nn_shape_size (&self->in[0]) / channels;
  const float *const mask = self->klass->n_axes == 1 ? call->in_mask[0] : NULL;

  for (size_t i = 0; i < call->n; i++)
    take_mean (call->in[0] + i * n_positions * channels,
        mask ? mask + i * n_positions : NULL, n_positions, channels,
        call->out[0] + i * channels);
}

static void
global_max_forward (const NnLayer *self, const NnCall *call)
{
  const size_t channels = nn_shape_size (&self->out[0]);
  const size_t n_positions = nn_shape_size (&self->in[0]) / channels;

  for (size_t i = 0; i < call->n; i++)
    take_max (call->in[0] + i * n_positions * channels, n_positions, channels,
        call->out[0] + i * channels);
}

/* ---- training ---- */

static void
global_average_backward (const NnLayer *self, const NnTrainingCall *call)
{
  const size_t channels = nn_shape_size (&self->out[0]);
  const size_t n_positions = nn_shape_size (&self->in[0]) / channels;
  float *dx = call->in_grad[0];

  for (size_t i = 0; i < call->forward.n && dx; i++) {
    const float *const mask =
        self->klass->n_axes == 1 && call->forward.in_mask[0]
        ? call->forward.in_mask[0] + i * n_positions
        : NULL;
    const float *const dy = call->out_grad[0] + i * channels;
    float count = 0;

    for (size_t t = 0; t < n_positions; t++)
      count += mask ? mask[t] : 1;
    for (size_t t = 0; t < n_positions; t++, dx += channels)
      for (size_t c = 0; c < channels; c++)
        dx[c] = mask && mask[t] == 0 ? 0 : dy[c] / count;
  }
}

/* If maxima are equal, the first gets the gradient. */
static void
global_max_backward (const NnLayer *self, const NnTrainingCall *call)
{
  const size_t channels = nn_shape_size (&self->out[0]);
  const size_t size = nn_shape_size (&self->in[0]);
  float *const left = call->forward.scratch;

  if (!call->in_grad[0])
    return;
  memset (call->in_grad[0], 0, call->forward.n * size * sizeof (float));
  for (size_t i = 0; i < call->forward.n; i++) {
    for (size_t c = 0; c < channels; c++)
      left[c] = 1;
    for (size_t k = i * size; k < (i + 1) * size; k += channels)
      nn_loops ()->maximum_gradient (channels, call->forward.in[0] + k,
          call->forward.out[0] + i * channels, call->out_grad[0] + i * channels,
          left, call->in_grad[0] + k);
  }
}

static void
global_pooling_measure (const NnLayer *self, NnTrainingNeeds *needs)
{
  needs->scratch = nn_shape_size (&self->out[0]);
}

static const NnTraining global_average_training = {
  .backward = global_average_backward
};

static const NnTraining global_max_training = {
  .measure = global_pooling_measure,
  .backward = global_max_backward,
};

/* clang-format off */
#define GLOBAL_POOLING(name, n, run, how_to_train)                             \
  {                                                                            \
    .keras_name = name #n "D", .size = sizeof (NnLayer), .n_axes = n,          \
    .setup = global_pooling_setup, .forward = run, .training = how_to_train,   \
  }
/* clang-format on */

const NnLayerClass nn_global_pooling_classes[] = {
  GLOBAL_POOLING ("GlobalAveragePooling", 1, global_average_forward,
      &global_average_training),
  GLOBAL_POOLING ("GlobalAveragePooling", 2, global_average_forward,
      &global_average_training),
  GLOBAL_POOLING ("GlobalAveragePooling", 3, global_average_forward,
      &global_average_training),
  GLOBAL_POOLING (
      "GlobalMaxPooling", 1, global_max_forward, &global_max_training),
  GLOBAL_POOLING (
      "GlobalMaxPooling", 2, global_max_forward, &global_max_training),
  GLOBAL_POOLING (
      "GlobalMaxPooling", 3, global_max_forward, &global_max_training),
  { NULL },
};
