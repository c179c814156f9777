/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BatchNormalization (Ioffe & Szegedy 2015). In inference, with moving
 * statistics: a scale and an offset for each index of one axis. y = gamma * (x
 * - mean) / sqrt (variance + epsilon) + beta */
#include <math.h>
#include "nn/fuse.h"
#include "nn/layers/batch_normalization.h"
#include "nn/layers/layers.h"

/* "axis" is a number, or in Keras 2 a list of one; the batch is axis 0. */
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
  NnBatchNormalization *self = (NnBatchNormalization *) layer;
  const NnShape *const in = &layer->in[0];
  NnShape channels = { .rank = 1 };
  size_t axis;

  if (!nn_layer_expect (layer, config, 1, 1, NN_MAX_RANK))
    return;
  axis = read_axis (config, in->rank);
  self->has_gamma = nn_config_bool (config, "scale", true);
  self->has_beta = nn_config_bool (config, "center", true);
  self->epsilon = nn_config_double (config, "epsilon", 1e-3);
  self->momentum = nn_config_double (config, "momentum", 0.99);
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

static bool
batch_normalization_finish (NnLayer *layer)
{
  NnBatchNormalization *self = (NnBatchNormalization *) layer;
  const size_t statistics = self->has_gamma + self->has_beta;
  const float *const gamma = self->has_gamma ? nn_layer_value (layer, 0) : NULL;
  const float *const beta =
      self->has_beta ? nn_layer_value (layer, self->has_gamma) : NULL;
  const float *const mean = nn_layer_value (layer, statistics);
  const float *const variance = nn_layer_value (layer, statistics + 1);

  if (!self->scale) { /* kept: other layers borrow them (nn/fuse.h) */
    self->scale = g_new (float, self->channels);
    self->offset = g_new (float, self->channels);
  }
  for (size_t c = 0; c < self->channels; c++) {
    const double scale =
        (gamma ? gamma[c] : 1) / sqrt (variance[c] + self->epsilon);

    self->scale[c] = scale;
    self->offset[c] = (beta ? beta[c] : 0) - mean[c] * scale;
  }
  return true;
}

void
nn_batch_normalization_forward (const NnLayer *layer, const NnCall *call)
{
  const NnBatchNormalization *self = (const NnBatchNormalization *) layer;
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
  NnBatchNormalization *self = (NnBatchNormalization *) layer;

  g_clear_pointer (&self->scale, g_free);
  g_clear_pointer (&self->offset, g_free);
}

bool
nn_batch_normalization_affine (
    const NnLayer *layer, const float **scale, const float **offset)
{
  const NnBatchNormalization *self = (const NnBatchNormalization *) layer;
  const NnShape *const in = &layer->in[0];

  if (layer->klass->forward != nn_batch_normalization_forward
      || self->inner != 1 || self->channels != in->dim[in->rank - 1])
    return false;
  *scale = self->scale;
  *offset = self->offset;
  return true;
}

/* Unknown to Keras 2. */
static const NnSavedKey saved_keys[] = {
  { "synchronized", NULL },
  { NULL },
};

/* clang-format off */
#define BATCH_NORMALIZATION(name)                                              \
  {                                                                            \
    .keras_name = name, .size = sizeof (NnBatchNormalization),                   \
    .mask_rule = NN_MASK_PASS, .saved_keys = saved_keys,                       \
    .setup = batch_normalization_setup,                                        \
    .finish = batch_normalization_finish,                                      \
    .forward = nn_batch_normalization_forward,                                    \
    .clear = batch_normalization_clear,                                        \
    .training = &nn_batch_normalization_training,                                 \
  }
/* clang-format on */

const NnLayerClass nn_batch_normalization_classes[] = {
  BATCH_NORMALIZATION ("BatchNormalization"),
  /* tf.keras 1.13 and 1.14 wrote the names of the two implementations. */
  BATCH_NORMALIZATION ("BatchNormalizationV1"),
  BATCH_NORMALIZATION ("BatchNormalizationV2"),
  /* tf.keras.layers.experimental: it differs only in training. */
  BATCH_NORMALIZATION ("SyncBatchNormalization"),
  { NULL },
};
