/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GroupNormalization (Wu & He 2018): mean and variance of each group of
 * channels, over all positions of a sample.
 *   y = gamma * (x - mean) / sqrt (variance + epsilon) + beta
 */
#include <math.h>
#include "nn/layers/layers.h"
#include "nn/layers/split.h"
#include "nn/training.h"

typedef struct {
  NnLayer base;
  NnSplit split; /* the channels in the middle */
  size_t groups;
  bool has_gamma, has_beta;
  double epsilon;
} GroupNormalization;

static void
group_normalization_setup (NnLayer *layer, const NnConfig *config)
{
  GroupNormalization *self = (GroupNormalization *) layer;
  const gint64 groups = nn_config_int (config, "groups", 32);
  NnShape channels = { .rank = 1 };
  size_t axis;

  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK))
    return;
  axis = nn_axis_index (
      config, nn_config_int (config, "axis", -1), layer->in[0].rank);
  self->split = nn_split (&layer->in[0], axis, axis + 1);
  self->groups = groups == -1 ? self->split.len : (size_t) MAX (groups, 0);
  if (self->groups == 0 || self->split.len % self->groups != 0)
    nn_config_fail (config, NN_ERROR_SHAPE,
        "%" G_GSIZE_FORMAT " channels do not divide into %" G_GINT64_FORMAT
        " groups",
        self->split.len, groups);
  self->has_gamma = nn_config_bool (config, "scale", true);
  self->has_beta = nn_config_bool (config, "center", true);
  self->epsilon = nn_config_double (config, "epsilon", 1e-3);
  channels.dim[0] = self->split.len;
  if (self->has_gamma)
    nn_layer_add_param (layer, config, "", "gamma", &channels, true);
  if (self->has_beta)
    nn_layer_add_param (layer, config, "", "beta", &channels, true);
  nn_layer_add_output (layer, config, &layer->in[0]);
}

/* Mean and 1 / deviation of the len numbers that each of split.outer rows has
 * at the given place. */
static void
find_moments (const GroupNormalization *self, const float *in, size_t len,
    float *mean, float *scale)
{
  const size_t row = self->split.len * self->split.inner;
  const double n = (double) len * self->split.outer;
  double sum = 0, square = 0;

  for (size_t o = 0; o < self->split.outer; o++)
    for (size_t i = 0; i < len; i++)
      sum += in[o * row + i];
  sum /= n;
  for (size_t o = 0; o < self->split.outer; o++)
    for (size_t i = 0; i < len; i++)
      square += (in[o * row + i] - sum) * (in[o * row + i] - sum);
  *mean = sum;
  *scale = 1 / sqrt (square / n + self->epsilon);
}

static void
normalize_group (
    const GroupNormalization *self, size_t group, const float *in, float *out)
{
  const NnLayer *const layer = &self->base;
  const size_t inner = self->split.inner, row = self->split.len * inner;
  const size_t n = self->split.len / self->groups, first = group * n;
  float mean, scale;

  find_moments (self, in + first * inner, n * inner, &mean, &scale);
  for (size_t c = first; c < first + n; c++) {
    const float gamma =
        scale * (self->has_gamma ? nn_layer_value (layer, 0)[c] : 1);
    const float beta =
        self->has_beta ? nn_layer_value (layer, self->has_gamma)[c] : 0;

    for (size_t o = 0; o < self->split.outer; o++)
      for (size_t i = 0; i < inner; i++) {
        const size_t at = o * row + c * inner + i;

        out[at] = (in[at] - mean) * gamma + beta;
      }
  }
}

static void
group_normalization_forward (const NnLayer *layer, const NnCall *call)
{
  const GroupNormalization *self = (const GroupNormalization *) layer;
  const size_t size = nn_shape_size (&layer->in[0]);

  for (size_t i = 0; i < call->n; i++)
    for (size_t g = 0; g < self->groups; g++)
      normalize_group (
          self, g, call->in[0] + i * size, call->out[0] + i * size);
}

/* ---- training ---- */

/* With xhat = (x - mean) * scale and g = gamma dy, over the group:
 *   dx = (g - mean of g - xhat mean of (g xhat)) * scale */
static void
group_back (const GroupNormalization *self, const NnTrainingCall *call,
    size_t group, size_t sample)
{
  const size_t inner = self->split.inner, row = self->split.len * inner;
  const size_t n = self->split.len / self->groups, first = group * n;
  const size_t count = self->split.outer * n * inner;
  const float *const in =
      call->forward.in[0] + sample * self->split.outer * row;
  const float *const dy = call->out_grad[0] + sample * self->split.outer * row;
  const float *const gammas =
      self->has_gamma ? nn_layer_value (&self->base, 0) : NULL;
  float *const gamma_grad = gammas ? call->param_grad[0] : NULL;
  float *const beta_grad =
      self->has_beta ? call->param_grad[self->has_gamma] : NULL;
  double sum = 0, product = 0;
  float mean, scale;

  find_moments (self, in + first * inner, n * inner, &mean, &scale);
  for (size_t c = first; c < first + n; c++) {
    const double gamma = gammas ? gammas[c] : 1;
    double channel_sum = 0, channel_product = 0;

    for (size_t o = 0; o < self->split.outer; o++)
      for (size_t k = o * row + c * inner; k < o * row + (c + 1) * inner; k++) {
        channel_sum += dy[k];
        channel_product += (double) dy[k] * (in[k] - mean) * scale;
      }
    sum += gamma * channel_sum / count;
    product += gamma * channel_product / count;
    if (gamma_grad)
      gamma_grad[c] += channel_product;
    if (beta_grad)
      beta_grad[c] += channel_sum;
  }
  for (size_t c = first; c < first + n && call->in_grad[0]; c++)
    for (size_t o = 0; o < self->split.outer; o++)
      for (size_t k = o * row + c * inner; k < o * row + (c + 1) * inner; k++)
        call->in_grad[0][sample * self->split.outer * row + k] =
            (dy[k] * (gammas ? gammas[c] : 1) - sum
                - (in[k] - mean) * scale * product)
            * scale;
}

static void
group_normalization_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  const GroupNormalization *self = (const GroupNormalization *) layer;

  for (size_t i = 0; i < call->forward.n; i++)
    for (size_t g = 0; g < self->groups; g++)
      group_back (self, call, g, i);
}

static void
group_normalization_measure (const NnLayer *layer, NnTrainingNeeds *needs)
{
  needs->forgets_out = true;
}

static const NnTraining group_normalization_training = {
  .is_by_sample = true,
  .measure = group_normalization_measure,
  .backward = group_normalization_backward,
};

const NnLayerClass nn_group_normalization_classes[] = {
  {
      .keras_name = "GroupNormalization",
      .size = sizeof (GroupNormalization),
      .mask_rule = NN_MASK_PASS,
      .setup = group_normalization_setup,
      .forward = group_normalization_forward,
      .training = &group_normalization_training,
  },
  { NULL },
};
