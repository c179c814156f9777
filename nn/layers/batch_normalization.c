/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BatchNormalization with the moving statistics: a scale and an offset for each
 * index of one axis.
 *   y = gamma * (x - mean) / sqrt (variance + epsilon) + beta
 */
#include <math.h>
#include "nn/fuse.h"
#include "nn/layers/layers.h"

typedef struct {
  NnLayer base;
  size_t outer, channels, inner; /* in seen as [outer][channels][inner] */
  bool has_gamma, has_beta;
  double epsilon;
  float *scale, *offset; /* [channels] */
} BatchNormalization;

/* "axis" is a number, or in Keras 2 a list of one; it counts the batch. */
static size_t
read_axis (const NnConfig *config, size_t rank)
{
  const NnConfig axis = nn_config_get (config, "axis");
  const NnConfig first = nn_config_at (&axis, 0);
  gint64 i;

  if (nn_config_length (&axis) > 1)
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "normalisation over several axes is not supported");
  i = nn_config_as_int (nn_config_is_list (&axis) ? &first : &axis, -1);
  if (i < 0)
    i += rank + 1;
  if (i >= 1 && (size_t) i <= rank)
    return i - 1;
  nn_config_fail (config, NN_ERROR_SHAPE,
      "“axis” is outside the %" G_GSIZE_FORMAT " axes of the input", rank + 1);
  return 0;
}

static void
batch_normalization_setup (NnLayer *layer, const NnConfig *config)
{
  BatchNormalization *self = (BatchNormalization *) layer;
  const NnShape *const in = &layer->in[0];
  NnShape channels = { .rank = 1 };
  size_t axis;

  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK))
    return;
  axis = read_axis (config, in->rank);
  self->has_gamma = nn_config_bool (config, "scale", true);
  self->has_beta = nn_config_bool (config, "center", true);
  self->epsilon = nn_config_double (config, "epsilon", 1e-3);
  nn_layer_refuse (config, "renorm");
  self->channels = channels.dim[0] = in->dim[axis];
  self->outer = self->inner = 1;
  for (size_t i = 0; i < in->rank; i++)
    if (i != axis)
      *(i < axis ? &self->outer : &self->inner) *= in->dim[i];
  if (self->has_gamma)
    nn_layer_add_param (layer, config, "", "gamma", &channels, true);
  if (self->has_beta)
    nn_layer_add_param (layer, config, "", "beta", &channels, true);
  nn_layer_add_param (layer, config, "", "moving_mean", &channels, false);
  nn_layer_add_param (layer, config, "", "moving_variance", &channels, false);
  nn_layer_add_output (layer, config, in);
}

static void
batch_normalization_finish (NnLayer *layer)
{
  BatchNormalization *self = (BatchNormalization *) layer;
  const size_t statistics = self->has_gamma + self->has_beta;
  const float *const gamma = self->has_gamma ? nn_layer_value (layer, 0) : NULL;
  const float *const beta =
      self->has_beta ? nn_layer_value (layer, self->has_gamma) : NULL;
  const float *const mean = nn_layer_value (layer, statistics);
  const float *const variance = nn_layer_value (layer, statistics + 1);

  self->scale = g_renew (float, self->scale, self->channels);
  self->offset = g_renew (float, self->offset, self->channels);
  for (size_t c = 0; c < self->channels; c++) {
    const double scale =
        (gamma ? gamma[c] : 1) / sqrt (variance[c] + self->epsilon);

    self->scale[c] = scale;
    self->offset[c] = (beta ? beta[c] : 0) - mean[c] * scale;
  }
}

static void
batch_normalization_forward (const NnLayer *layer, const NnCall *call)
{
  const BatchNormalization *self = (const BatchNormalization *) layer;
  const float *in = call->in[0];
  float *out = call->out[0];

  for (size_t o = 0; o < call->n * self->outer; o++) {
    if (self->inner == 1) {
      for (size_t c = 0; c < self->channels; c++)
        out[c] = in[c] * self->scale[c] + self->offset[c];
    } else {
      for (size_t c = 0; c < self->channels; c++)
        for (size_t i = 0; i < self->inner; i++)
          out[c * self->inner + i] =
              in[c * self->inner + i] * self->scale[c] + self->offset[c];
    }
    in += self->channels * self->inner;
    out += self->channels * self->inner;
  }
}

static void
batch_normalization_clear (NnLayer *layer)
{
  BatchNormalization *self = (BatchNormalization *) layer;

  g_clear_pointer (&self->scale, g_free);
  g_clear_pointer (&self->offset, g_free);
}

bool
nn_batch_normalization_affine (
    const NnLayer *layer, const float **scale, const float **offset)
{
  const BatchNormalization *self = (const BatchNormalization *) layer;

  if (layer->klass->forward != batch_normalization_forward || self->inner != 1)
    return false;
  *scale = self->scale;
  *offset = self->offset;
  return true;
}

const NnLayerClass nn_batch_normalization_classes[] = {
  {
      .keras_name = "BatchNormalization",
      .size = sizeof (BatchNormalization),
      .mask_rule = NN_MASK_PASS,
      .setup = batch_normalization_setup,
      .finish = batch_normalization_finish,
      .forward = batch_normalization_forward,
      .clear = batch_normalization_clear,
  },
  { NULL },
};
