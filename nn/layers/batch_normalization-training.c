/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BatchNormalization in training: the statistics of the batch. A maximum of
 * pools that follows comes first: it is taken of x, or the minimum where gamma
 * is negative, while x is still in the cache. So what is between both is never
 * computed, and neither is its gradient, of which most are zeros. */
#include <math.h>
#include "nn/fuse.h"
#include "nn/layers/batch_normalization.h"
#include "nn/training.h"

static bool
batch_normalization_absorb (NnLayer *layer, const NnLayer *next)
{
  NnBatchNormalization *const self = (NnBatchNormalization *) layer;
  size_t pool_y, pool_x;

  if (layer->is_frozen || self->inner != 1
      || !nn_max_pooling_tiles (next, &pool_y, &pool_x))
    return false;
  self->pool = (const NnPooling *) next;
  return true;
}

/* What is kept of a sample for the pools: x of each, then bytes that say where
 * in the pool it was. */
static size_t
pooled_len (const NnBatchNormalization *self)
{
  return nn_shape_size (&self->pool->base.out[0]);
}

static size_t
saved_len (const NnBatchNormalization *self)
{
  return pooled_len (self) + nn_pooling_from_len (self->pool);
}

static float *
extremes_at (
    const NnBatchNormalization *self, const NnTrainingCall *call, size_t sample)
{
  return call->saved + sample * saved_len (self);
}

static guint8 *
from_at (
    const NnBatchNormalization *self, const NnTrainingCall *call, size_t sample)
{
  return (guint8 *) (extremes_at (self, call, sample) + pooled_len (self));
}

/* Sums over the batch: x and x * x; then backward dy and dy * x. */
static void
add_sums (const NnBatchNormalization *self, size_t n, const float *x,
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
mix (const NnBatchNormalization *self, size_t n, const float *a, const float *x,
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
moments (const NnBatchNormalization *self, const double *sums, size_t batch,
    size_t c, double *mean, double *variance)
{
  const double count = (double) batch * self->outer * self->inner;

  *mean = sums[c] / count;
  *variance = MAX (sums[self->channels + c] / count - *mean * *mean, 0);
}

static float
gamma_of (const NnBatchNormalization *self, size_t c)
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
  const NnBatchNormalization *self = (const NnBatchNormalization *) layer;

  needs->scratch = 3 * self->channels;
  needs->saved_per_sample = self->pool ? saved_len (self) : 0;
  needs->forgets_out = true;
  if (!layer->is_frozen)
    needs->sums = needs->backward_sums = 2 * self->channels;
}

/* Rows of pools of a sample. */
static void
pool (const NnBatchNormalization *self, const NnTrainingCall *call,
    const float *sign, size_t sample)
{
  const NnPoolRow row = nn_pooling_row (self->pool);
  const size_t out_row = nn_pooling_out_row (self->pool);
  const float *x =
      call->forward.in[0] + sample * nn_shape_size (&self->base.in[0]);
  float *const extremes = extremes_at (self, call, sample);
  guint8 *const from = from_at (self, call, sample);

  for (size_t y = 0; y < self->pool->window.y.out; y++)
    nn_loops ()->pool_extreme (&row, sign, x + y * row.pool_y * row.ld,
        extremes + y * out_row, from + y * out_row);
}

static void
batch_normalization_sums (const NnLayer *layer, const NnTrainingCall *call)
{
  const NnBatchNormalization *self = (const NnBatchNormalization *) layer;
  float *const sign = call->forward.scratch;

  add_sums (self, call->forward.n, call->forward.in[0], call->forward.in[0],
      call->sums);
  for (size_t c = 0; c < self->channels; c++)
    sign[c] = (gamma_of (self, c) > 0) - (gamma_of (self, c) < 0);
  for (size_t i = 0; i < call->forward.n && self->pool; i++)
    pool (self, call, sign, i);
}

static void
batch_normalization_train (const NnLayer *layer, const NnTrainingCall *call)
{
  const NnBatchNormalization *self = (const NnBatchNormalization *) layer;
  float *const scale = call->forward.scratch;
  float *const zero = scale + self->channels;
  float *const offset = zero + self->channels;

  if (layer->is_frozen) {
    nn_batch_normalization_forward (layer, &call->forward);
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
  if (self->pool)
    for (size_t i = 0; i < call->forward.n; i++)
      nn_loops ()->scale_columns (pooled_len (self) / self->channels,
          self->channels, scale, extremes_at (self, call, i), offset,
          call->forward.out[0] + i * pooled_len (self));
  else if (self->inner == 1)
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
  const NnBatchNormalization *self = (const NnBatchNormalization *) layer;

  if (!self->pool) {
    add_sums (self, call->forward.n, call->out_grad[0], call->forward.in[0],
        call->backward_sums);
    return;
  }
  for (size_t i = 0; i < call->forward.n; i++)
    nn_loops ()->column_sums (pooled_len (self) / self->channels,
        self->channels, call->out_grad[0] + i * pooled_len (self),
        extremes_at (self, call, i), call->backward_sums,
        call->backward_sums + self->channels);
}

/* The gradient of the input from that of the pools: in the rest of a row, and
 * in the rest of the rows, no pool has any. */
static void
unpool_and_mix (const NnBatchNormalization *self, const NnTrainingCall *call,
    const float *of_dy, const float *of_x, const float *offset)
{
  const NnAxis *const y = &self->pool->window.y;
  const NnPoolRow row = nn_pooling_row (self->pool);
  const size_t channels = self->channels;
  const size_t out_row = nn_pooling_out_row (self->pool);
  const size_t covered = row.n * row.pool_x * channels;
  const float *x = call->forward.in[0];
  float *dx = call->in_grad[0];

  for (size_t i = 0; i < call->forward.n; i++) {
    const float *const dy = call->out_grad[0] + i * pooled_len (self);
    const guint8 *const from = from_at (self, call, i);
    const size_t rest = (y->in - y->out * y->kernel) * row.ld;

    for (size_t oy = 0; oy < y->out; oy++) {
      nn_loops ()->pool_mix (&row, of_dy, from + oy * out_row,
          dy + oy * out_row, of_x, x, offset, dx);
      for (size_t k = 0; k < y->kernel; k++, x += row.ld, dx += row.ld)
        nn_loops ()->scale_columns ((row.ld - covered) / channels, channels,
            of_x, x + covered, offset, dx + covered);
    }
    nn_loops ()->scale_columns (rest / channels, channels, of_x, x, offset, dx);
    x += rest;
    dx += rest;
  }
}

/* With xhat = (x - mean) / sd:
 *   dgamma = sum of dy xhat,  dbeta = sum of dy
 *   dx = gamma / sd (dy - dbeta / count - xhat dgamma / count)
 */
static void
batch_normalization_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  const NnBatchNormalization *self = (const NnBatchNormalization *) layer;
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
  if (call->in_grad[0] && self->pool)
    unpool_and_mix (self, call, of_dy, of_x, offset);
  else if (call->in_grad[0])
    mix (self, call->forward.n, of_dy, call->out_grad[0], of_x,
        call->forward.in[0], offset, call->in_grad[0]);
}

/* Keras 3 takes the biased variance of the batch. */
static void
batch_normalization_update (NnLayer *layer, const double *sums, size_t batch)
{
  const NnBatchNormalization *self = (const NnBatchNormalization *) layer;
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

const NnTraining nn_batch_normalization_training = {
  .is_by_sample = true,
  .absorb = batch_normalization_absorb,
  .obstacle = batch_normalization_obstacle,
  .measure = batch_normalization_measure,
  .sums = batch_normalization_sums,
  .forward = batch_normalization_train,
  .backward_sums = batch_normalization_backward_sums,
  .backward = batch_normalization_backward,
  .update = batch_normalization_update,
};
