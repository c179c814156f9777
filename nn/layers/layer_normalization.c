/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LayerNormalization (Ba et al. 2016) over any axes, and RMSNormalization
 * (Zhang & Sennrich 2019), which does not subtract the mean:
 *   y = gamma * (x - mean) / sqrt (variance + epsilon) + beta
 *   y = scale * x / sqrt (mean square + epsilon)
 * The option rms_scaling of LayerNormalization is neither:
 *   y = gamma * x / sqrt (variance + epsilon) */
#include <math.h>
#include "nn/layers/layers.h"
#include "nn/layers/split.h"
#include "nn/loops.h"
#include "nn/training.h"

typedef struct {
  NnLayer base;
  NnAxisSet axes; /* in the middle of axes.split */
  bool is_rms, has_gamma, has_beta;
  bool keeps_mean; /* rms_scaling */
  double epsilon;
} LayerNormalization;

/* The weights have the shape of the normalised axes. */
static NnShape
weight_shape (const NnShape *in, const bool *axes)
{
  NnShape shape = { .rank = 0 };

  for (size_t i = 0; i < in->rank; i++)
    if (axes[i])
      shape.dim[shape.rank++] = in->dim[i];
  return shape;
}

static void
layer_normalization_setup (NnLayer *layer, const NnConfig *config)
{
  LayerNormalization *self = (LayerNormalization *) layer;
  const NnConfig axis = nn_config_get (config, "axis");
  bool axes[NN_MAX_RANK];
  NnShape weights;

  self->is_rms = g_str_equal (layer->klass->keras_name, "RMSNormalization");
  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK)
      || !nn_axes_read (config, &axis, -1, layer->in[0].rank, axes))
    return;
  self->axes = nn_axis_set (&layer->in[0], axes);
  self->keeps_mean =
      !self->is_rms && nn_config_bool (config, "rms_scaling", false);
  self->has_gamma = self->is_rms || self->keeps_mean
      || nn_config_bool (config, "scale", true);
  self->has_beta = !self->is_rms && !self->keeps_mean
      && nn_config_bool (config, "center", true);
  self->epsilon =
      nn_config_double (config, "epsilon", self->is_rms ? 1e-6 : 1e-3);
  weights = weight_shape (&layer->in[0], axes);
  if (self->has_gamma)
    nn_layer_add_param (
        layer, config, "", self->is_rms ? "scale" : "gamma", &weights, true);
  if (self->has_beta)
    nn_layer_add_param (layer, config, "", "beta", &weights, true);
  nn_layer_add_output (layer, config, &layer->in[0]);
  layer->scratch_len = self->axes.is_copied ? nn_shape_size (&layer->in[0]) : 0;
}

/* Rows that lie side by side, which loops know. */
static bool
has_rows (const LayerNormalization *self)
{
  return self->axes.split.inner == 1 && !self->keeps_mean;
}

static NnRowNorm
row_norm (const LayerNormalization *self)
{
  const NnLayer *const layer = &self->base;

  return (NnRowNorm){ .len = self->axes.split.len,
    .is_rms = self->is_rms,
    .epsilon = self->epsilon,
    .gamma = self->has_gamma ? nn_layer_value (layer, 0) : NULL,
    .beta = self->has_beta ? nn_layer_value (layer, self->has_gamma) : NULL };
}

/* len numbers, which are stride apart. */
static void
normalize (
    const LayerNormalization *self, const float *in, size_t stride, float *out)
{
  const NnLayer *const layer = &self->base;
  const size_t len = self->axes.split.len;
  const float *const gamma = self->has_gamma ? nn_layer_value (layer, 0) : NULL;
  const float *const beta =
      self->has_beta ? nn_layer_value (layer, self->has_gamma) : NULL;
  double mean = 0, square = 0;
  float scale;

  for (size_t i = 0; i < len && !self->is_rms; i++)
    mean += in[i * stride];
  mean /= len;
  for (size_t i = 0; i < len; i++)
    square += (in[i * stride] - mean) * (in[i * stride] - mean);
  scale = 1 / sqrt (square / len + self->epsilon);
  if (self->keeps_mean)
    mean = 0;
  for (size_t i = 0; i < len; i++)
    out[i * stride] =
        (in[i * stride] - (float) mean) * scale * (gamma ? gamma[i] : 1)
        + (beta ? beta[i] : 0);
}

static void
layer_normalization_forward (const NnLayer *layer, const NnCall *call)
{
  const LayerNormalization *self = (const LayerNormalization *) layer;
  const NnSplit *const split = &self->axes.split;
  const size_t size = nn_shape_size (&layer->in[0]);
  const NnRowNorm norm = row_norm (self);

  for (size_t s = 0; s < call->n; s++) {
    float *const out = call->out[0] + s * size;
    const float *const from =
        nn_axis_set_bring (&self->axes, call->in[0] + s * size, call->scratch);
    float *const to = nn_axis_set_result (&self->axes, out, call->scratch);

    if (has_rows (self))
      nn_loops ()->normalize_rows (&norm, split->outer, from, to);
    for (size_t o = 0; o < split->outer && !has_rows (self); o++)
      for (size_t i = 0; i < split->inner; i++) {
        const size_t first = o * split->len * split->inner + i;

        normalize (self, from + first, split->inner, to + first);
      }
    nn_axis_set_restore (&self->axes, to, out);
  }
}

/* ---- training ---- */

/* With xhat = (x - mean) / sd and g = gamma dy, over the len numbers:
 *   dx = (g - mean of g - xhat mean of (g xhat)) / sd
 * RMSNormalization has no mean of x, and so no mean of g. */
static void
normalize_back (
    const LayerNormalization *self, const NnTrainingCall *call, size_t first)
{
  const size_t len = self->axes.split.len, stride = self->axes.split.inner;
  const float *const gamma =
      self->has_gamma ? nn_layer_value (&self->base, 0) : NULL;
  const float *const x = call->forward.in[0] + first;
  const float *const dy = call->out_grad[0] + first;
  float *const *const grad = call->param_grad;
  double mean = 0, square = 0, sum = 0, product = 0, inverse;

  for (size_t i = 0; i < len && !self->is_rms; i++)
    mean += x[i * stride] / len;
  for (size_t i = 0; i < len; i++)
    square += (x[i * stride] - mean) * (x[i * stride] - mean);
  inverse = 1 / sqrt (square / len + self->epsilon);
  for (size_t i = 0; i < len; i++) {
    const double xhat = (x[i * stride] - mean) * inverse;
    const double g = dy[i * stride] * (gamma ? gamma[i] : 1);

    sum += self->is_rms ? 0 : g / len;
    product += g * xhat / len;
    if (gamma && grad[0])
      grad[0][i] += dy[i * stride] * xhat;
    if (self->has_beta && grad[self->has_gamma])
      grad[self->has_gamma][i] += dy[i * stride];
  }
  for (size_t i = 0; i < len && call->in_grad[0]; i++) {
    const double xhat = (x[i * stride] - mean) * inverse;
    const double g = dy[i * stride] * (gamma ? gamma[i] : 1);

    call->in_grad[0][first + i * stride] = (g - sum - xhat * product) * inverse;
  }
}

static void
layer_normalization_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  const LayerNormalization *self = (const LayerNormalization *) layer;
  const NnSplit *const split = &self->axes.split;
  const NnRowNorm norm = row_norm (self);

  if (has_rows (self))
    nn_loops ()->normalize_rows_gradient (&norm, call->forward.n * split->outer,
        call->forward.in[0], call->out_grad[0],
        self->has_gamma ? call->param_grad[0] : NULL,
        self->has_beta ? call->param_grad[self->has_gamma] : NULL,
        call->in_grad[0]);
  for (size_t o = 0; o < call->forward.n * split->outer && !has_rows (self);
       o++)
    for (size_t i = 0; i < split->inner; i++)
      normalize_back (self, call, o * split->len * split->inner + i);
}

static const char *
layer_normalization_obstacle (const NnLayer *layer)
{
  const LayerNormalization *self = (const LayerNormalization *) layer;

  if (self->axes.is_copied)
    return "axes with others between them are not supported in training";
  return self->keeps_mean
      ? "the option “rms_scaling” is not supported in training"
      : NULL;
}

static void
layer_normalization_measure (const NnLayer *layer, NnTrainingNeeds *needs)
{
  needs->forgets_out = true;
}

static const NnTraining layer_normalization_training = {
  .measure = layer_normalization_measure,
  .obstacle = layer_normalization_obstacle,
  .backward = layer_normalization_backward,
};

/* clang-format off */
#define LAYER_NORMALIZATION(name)                                              \
  {                                                                            \
    .keras_name = name, .size = sizeof (LayerNormalization),                   \
    .mask_rule = NN_MASK_PASS, .setup = layer_normalization_setup,             \
    .forward = layer_normalization_forward,                                    \
    .training = &layer_normalization_training,                                 \
  }
/* clang-format on */

const NnLayerClass nn_layer_normalization_classes[] = {
  LAYER_NORMALIZATION ("LayerNormalization"),
  LAYER_NORMALIZATION ("RMSNormalization"),
  { NULL },
};
