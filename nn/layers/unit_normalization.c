/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UnitNormalization: to Euclidean length 1 along any axes. Zeros stay zeros:
 * squares of lengths are at least epsilon. TensorFlow's l2_normalize does the
 * same, and so does the operator Normalize of Keras 3, but there epsilon bounds
 * the length. */
#include <math.h>
#include "nn/layers/layers.h"
#include "nn/layers/split.h"
#include "nn/training.h"

typedef struct {
  NnLayer base;
  NnAxisSet axes;
  double min_length;
} UnitNormalization;

static void
unit_normalization_setup (NnLayer *layer, const NnConfig *config)
{
  UnitNormalization *self = (UnitNormalization *) layer;
  const NnConfig axis = nn_config_get (config, "axis");
  const double epsilon = nn_config_double (config, "epsilon", 1e-12);
  const bool is_length =
      g_str_equal (layer->klass->keras_name, "ops.Normalize");
  bool axes[NN_MAX_RANK];

  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK)
      || !nn_axes_read (config, &axis, -1, layer->in[0].rank, axes))
    return;
  if (nn_config_double (config, "order", 2) != 2)
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "another “order” than 2 is not supported");
  self->axes = nn_axis_set (&layer->in[0], axes);
  self->min_length =
      fmax (is_length ? epsilon : sqrt (fmax (epsilon, 0)), 1e-12);
  nn_layer_add_output (layer, config, &layer->in[0]);
  layer->scratch_len = self->axes.is_copied ? nn_shape_size (&layer->in[0]) : 0;
}

static void
normalize (const UnitNormalization *self, const float *in, float *out)
{
  const NnSplit *const split = &self->axes.split;

  for (size_t o = 0; o < split->outer; o++)
    for (size_t i = 0; i < split->inner; i++) {
      const size_t first = o * split->len * split->inner + i;
      double square = 0;
      float scale;

      for (size_t k = 0; k < split->len; k++)
        square += (double) in[first + k * split->inner]
            * in[first + k * split->inner];
      scale = 1 / fmax (sqrt (square), self->min_length);
      for (size_t k = 0; k < split->len; k++)
        out[first + k * split->inner] = in[first + k * split->inner] * scale;
    }
}

static void
unit_normalization_forward (const NnLayer *layer, const NnCall *call)
{
  const UnitNormalization *self = (const UnitNormalization *) layer;
  const size_t size = nn_shape_size (&layer->in[0]);

  for (size_t s = 0; s < call->n; s++) {
    float *const out = call->out[0] + s * size;
    float *const to = nn_axis_set_result (&self->axes, out, call->scratch);

    normalize (self,
        nn_axis_set_bring (&self->axes, call->in[0] + s * size, call->scratch),
        to);
    nn_axis_set_restore (&self->axes, to, out);
  }
}

/* ---- training ---- */

/* With y = x / |x|: dx = (dy - y (y . dy)) / |x|; of what is shorter than the
 * least length: dy / that. */
static void
normalize_back (
    const UnitNormalization *self, const float *in, const float *dy, float *dx)
{
  const size_t len = self->axes.split.len, step = self->axes.split.inner;
  double square = 0, product = 0, length;

  for (size_t k = 0; k < len; k++) {
    square += (double) in[k * step] * in[k * step];
    product += (double) in[k * step] * dy[k * step];
  }
  length = fmax (sqrt (square), self->min_length);
  product /= length > self->min_length ? square : INFINITY;
  for (size_t k = 0; k < len; k++)
    dx[k * step] = (dy[k * step] - in[k * step] * product) / length;
}

static void
unit_normalization_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  const UnitNormalization *self = (const UnitNormalization *) layer;
  const NnSplit *const split = &self->axes.split;

  for (size_t o = 0; o < call->forward.n * split->outer && call->in_grad[0];
       o++)
    for (size_t i = 0; i < split->inner; i++) {
      const size_t at = o * split->len * split->inner + i;

      normalize_back (self, call->forward.in[0] + at, call->out_grad[0] + at,
          call->in_grad[0] + at);
    }
}

static const char *
unit_normalization_obstacle (const NnLayer *layer)
{
  return ((const UnitNormalization *) layer)->axes.is_copied
      ? "axes with others between them are not supported in training"
      : NULL;
}

static void
unit_normalization_measure (const NnLayer *layer, NnTrainingNeeds *needs)
{
  needs->forgets_out = true;
}

static const NnTraining unit_normalization_training = {
  .is_by_sample = true,
  .obstacle = unit_normalization_obstacle,
  .measure = unit_normalization_measure,
  .backward = unit_normalization_backward,
};

/* clang-format off */
#define UNIT_NORMALIZATION(name)                                               \
  {                                                                            \
    .keras_name = name, .size = sizeof (UnitNormalization),                    \
    .mask_rule = NN_MASK_PASS, .setup = unit_normalization_setup,              \
    .forward = unit_normalization_forward,                                     \
    .training = &unit_normalization_training,                                  \
  }
/* clang-format on */

const NnLayerClass nn_unit_normalization_classes[] = {
  UNIT_NORMALIZATION ("UnitNormalization"),
  UNIT_NORMALIZATION ("ops.L2Normalize"),
  UNIT_NORMALIZATION ("ops.Normalize"),
  { NULL },
};
