/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BatchNormalization (Ioffe & Szegedy 2015). In inference, with moving
 * statistics: a scale and an offset for each index of one axis. y = gamma * (x
 * - mean) / sqrt (variance + epsilon) + beta */
#include <math.h>
#include "nn/fuse.h"
#include "nn/layers/layers.h"
#include "nn/training.h"

typedef struct {
  NnLayer base;
  size_t outer, channels, inner; /* in viewed as [outer][channels][inner] */
  bool has_gamma, has_beta;
  double epsilon, momentum;
  float *scale, *offset; /* [channels] */
} BatchNormalization;

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
  BatchNormalization *self = (BatchNormalization *) layer;
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

/* ---- training: the statistics of the batch ---- */

/* Sums over the batch: x and x * x; then backward dy and dy * x. */
static void
add_sums (const BatchNormalization *self, size_t n, const float *x,
    const float *y, double *sums)
{
  const size_t channels = self->channels, inner = self->inner;

  if (inner == 1) {
    nn_loops ()->column_sums (
        n * self->outer, channels, x, y, sums, sums + channels);
    return;
  }
  for (size_t i = 0; i < n * self->outer * channels;
       i++, x += inner, y += inner)
    for (size_t k = 0; k < inner; k++) {
      sums[i % channels] += x[k];
      sums[channels + i % channels] += (double) x[k] * y[k];
    }
}

/* out = a x + b y + d, for each channel. */
static void
mix (const BatchNormalization *self, size_t n, const float *a, const float *x,
    const float *b, const float *y, const float *d, float *out)
{
  const size_t channels = self->channels, inner = self->inner;

  if (inner == 1) {
    nn_loops ()->mix_columns (n * self->outer, channels, a, x, b, y, d, out);
    return;
  }
  for (size_t i = 0; i < n * self->outer * channels * inner; i++) {
    const size_t c = i / inner % channels;

    out[i] = a[c] * x[i] + b[c] * y[i] + d[c];
  }
}

/* Mean, and biased variance, of channel c. */
static void
moments (const BatchNormalization *self, const double *sums, size_t batch,
    size_t c, double *mean, double *variance)
{
  const double count = (double) batch * self->outer * self->inner;

  *mean = sums[c] / count;
  *variance = MAX (sums[self->channels + c] / count - *mean * *mean, 0);
}

static float
gamma_of (const BatchNormalization *self, size_t c)
{
  return self->has_gamma ? nn_layer_value (&self->base, 0)[c] : 1;
}

static const char *
batch_normalization_obstacle (const NnLayer *layer)
{
  return layer->has_mask[0] && !layer->is_frozen
      ? "statistics of a masked batch are not supported"
      : NULL;
}

static void
batch_normalization_measure (const NnLayer *layer, NnTrainingNeeds *needs)
{
  const BatchNormalization *self = (const BatchNormalization *) layer;

  needs->scratch = 3 * self->channels;
  needs->forgets_out = true;
  if (!layer->is_frozen)
    needs->sums = needs->backward_sums = 2 * self->channels;
}

static void
batch_normalization_sums (const NnLayer *layer, const NnTrainingCall *call)
{
  add_sums ((const BatchNormalization *) layer, call->forward.n,
      call->forward.in[0], call->forward.in[0], call->sums);
}

static void
batch_normalization_train (const NnLayer *layer, const NnTrainingCall *call)
{
  const BatchNormalization *self = (const BatchNormalization *) layer;
  float *const scale = call->forward.scratch;
  float *const zero = scale + self->channels;
  float *const offset = zero + self->channels;

  if (layer->is_frozen) {
    batch_normalization_forward (layer, &call->forward);
    return;
  }
  for (size_t c = 0; c < self->channels; c++) {
    const float beta =
        self->has_beta ? nn_layer_value (layer, self->has_gamma)[c] : 0;
    double mean, variance;

    moments (self, call->sums, call->batch, c, &mean, &variance);
    scale[c] = gamma_of (self, c) / sqrt (variance + self->epsilon);
    zero[c] = 0;
    offset[c] = beta - mean * scale[c];
  }
  if (self->inner == 1)
    nn_loops ()->scale_columns (call->forward.n * self->outer, self->channels,
        scale, call->forward.in[0], offset, call->forward.out[0]);
  else
    mix (self, call->forward.n, scale, call->forward.in[0], zero,
        call->forward.in[0], offset, call->forward.out[0]);
}

static void
batch_normalization_backward_sums (
    const NnLayer *layer, const NnTrainingCall *call)
{
  add_sums ((const BatchNormalization *) layer, call->forward.n,
      call->out_grad[0], call->forward.in[0], call->backward_sums);
}

/* With xhat = (x - mean) / sd:
 *   dgamma = sum of dy xhat,  dbeta = sum of dy
 *   dx = gamma / sd (dy - dbeta / count - xhat dgamma / count)
 */
static void
batch_normalization_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  const BatchNormalization *self = (const BatchNormalization *) layer;
  const double count = (double) call->batch * self->outer * self->inner;
  float *const of_dy = call->forward.scratch;
  float *const of_x = of_dy + self->channels;
  float *const offset = of_x + self->channels;

  for (size_t c = 0; c < self->channels; c++) {
    double mean, variance, inverse, d_beta, d_gamma;

    of_dy[c] = self->scale[c];
    of_x[c] = offset[c] = 0;
    if (layer->is_frozen)
      continue;
    moments (self, call->sums, call->batch, c, &mean, &variance);
    inverse = 1 / sqrt (variance + self->epsilon);
    d_beta = call->backward_sums[c];
    d_gamma =
        (call->backward_sums[self->channels + c] - mean * d_beta) * inverse;
    of_dy[c] = gamma_of (self, c) * inverse;
    of_x[c] = -of_dy[c] * inverse * d_gamma / count;
    offset[c] = -of_dy[c] * d_beta / count - of_x[c] * mean;
    if (call->first > 0) /* the sums are of the batch: once */
      continue;
    if (self->has_gamma && call->param_grad[0])
      call->param_grad[0][c] += d_gamma;
    if (self->has_beta && call->param_grad[self->has_gamma])
      call->param_grad[self->has_gamma][c] += d_beta;
  }
  if (call->in_grad[0])
    mix (self, call->forward.n, of_dy, call->out_grad[0], of_x,
        call->forward.in[0], offset, call->in_grad[0]);
}

/* Keras 3 takes the biased variance of the batch. */
static void
batch_normalization_update (NnLayer *layer, const double *sums, size_t batch)
{
  const BatchNormalization *self = (const BatchNormalization *) layer;
  const size_t first = self->has_gamma + self->has_beta;
  NnParam *const *const params = (NnParam **) layer->weights->params->pdata;
  float *const moving_mean = params[first]->value;
  float *const moving_variance = params[first + 1]->value;

  for (size_t c = 0; c < self->channels; c++) {
    double mean, variance;

    moments (self, sums, batch, c, &mean, &variance);
    moving_mean[c] += (mean - moving_mean[c]) * (1 - self->momentum);
    moving_variance[c] +=
        (variance - moving_variance[c]) * (1 - self->momentum);
  }
}

static const NnTraining batch_normalization_training = {
  .is_by_sample = true,
  .obstacle = batch_normalization_obstacle,
  .measure = batch_normalization_measure,
  .sums = batch_normalization_sums,
  .forward = batch_normalization_train,
  .backward_sums = batch_normalization_backward_sums,
  .backward = batch_normalization_backward,
  .update = batch_normalization_update,
};

bool
nn_batch_normalization_affine (
    const NnLayer *layer, const float **scale, const float **offset)
{
  const BatchNormalization *self = (const BatchNormalization *) layer;
  const NnShape *const in = &layer->in[0];

  if (layer->klass->forward != batch_normalization_forward || self->inner != 1
      || self->channels != in->dim[in->rank - 1])
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
    .keras_name = name, .size = sizeof (BatchNormalization),                   \
    .mask_rule = NN_MASK_PASS, .saved_keys = saved_keys,                       \
    .setup = batch_normalization_setup,                                        \
    .finish = batch_normalization_finish,                                      \
    .forward = batch_normalization_forward,                                    \
    .clear = batch_normalization_clear,                                        \
    .training = &batch_normalization_training,                                 \
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
