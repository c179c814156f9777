/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/probe.h"

#include <math.h>
#include <string.h>
#include "nn/blas.h"
#include "nn/error.h"
#include "nn/train/trainer-private.h"
#include "nn/train/transfer.h"

/* Of the mean square of a standardised feature, which is 1. Chosen on held-out
 * corpora (nn/models/LAB.md). */
#define RIDGE 0.1
#define LEAST_VARIANCE 1e-6

/* The layers at the end of a trunk. */
typedef struct {
  const char *last; /* the layer before them */
  NnParam *mean, *variance, *kernel, *bias;
} Head;

typedef struct {
  NnTrainer *trainer;
  const NnSamples *samples;
  size_t n, n_features, n_classes;
  NnSession **sessions; /* [n_threads], of the trunk */
  float *inputs;        /* [n_threads][input_size] */
  float *features;      /* [n][n_features] */
  float *targets;       /* [n][n_classes] */
  float *weights;       /* [n]; of all that are labelled, the sum is n */
} Probe;

static NnParam *
param_of (const NnKerasLayer *layer, const char *name)
{
  for (guint i = 0; i < layer->weights->params->len; i++) {
    NnParam *const param = g_ptr_array_index (layer->weights->params, i);

    if (g_str_equal (param->name, name))
      return param;
  }
  return NULL;
}

/* The epsilon of the normalization changes no feature by more than a
 * thousandth, as variances are far larger. */
static bool
find_head (const NnModel *model, Head *head, GError **error)
{
  const guint n = model->layers->len;

  for (guint i = 1; i < n; i++) {
    const NnKerasLayer *const before = g_ptr_array_index (model->layers, i - 1);
    const NnKerasLayer *const norm = g_ptr_array_index (model->layers, i);
    const NnKerasLayer *const dense = g_ptr_array_index (model->layers, n - 1);

    if (i + 3 != n || !g_str_equal (norm->class_name, "BatchNormalization")
        || !g_str_equal (dense->class_name, "Dense"))
      continue;
    *head = (Head){ before->name, param_of (norm, "moving_mean"),
      param_of (norm, "moving_variance"), param_of (dense, "kernel"),
      param_of (dense, "bias") };
    if (head->mean && head->variance && head->kernel && head->bias)
      return true;
  }
  g_set_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED,
      "%s: no BatchNormalization, Dropout and Dense at its end, so its last "
      "layer cannot be computed",
      model->name);
  return false;
}

static void
run_sample (gpointer data, size_t i, size_t thread)
{
  const Probe *const self = data;
  const NnTrainer *const trainer = self->trainer;
  const size_t epoch = i / self->samples->n, index = i % self->samples->n;
  const NnSampleRequest request = { .index = index,
    .epoch = epoch,
    .seed = nn_sample_seed (trainer->config.seed, epoch, index),
    .training = true };
  float *const x = self->inputs + thread * trainer->input_size;
  const float *const in[] = { x };
  float *const out[] = { self->features + i * self->n_features };
  float *const target = self->targets + i * self->n_classes;
  float sum = 0;

  self->weights[i] = 1;
  self->samples->make (
      self->samples->data, &request, x, target, &self->weights[i]);
  for (size_t c = 0; c < self->n_classes; c++)
    sum += target[c];
  if (sum == 0)
    self->weights[i] = 0;
  nn_session_run (self->sessions[thread], 1, in, out);
}

/* Fills features, targets and weights. */
static bool
run_trunk (Probe *self, const char *last, GError **error)
{
  NnTrainer *const trainer = self->trainer;
  const size_t n_threads = nn_pool_n_threads (trainer->pool);
  g_autoptr (NnModel) trunk = nn_model_up_to (trainer->model, last, error);
  bool ok = trunk != NULL;

  if (!ok)
    return false;
  self->n_features = nn_shape_size (nn_model_output_shape (trunk, 0));
  self->features = g_new (float, self->n * self->n_features);
  self->inputs = g_new (float, n_threads * trainer->input_size);
  self->sessions = g_new0 (NnSession *, n_threads);
  for (size_t t = 0; t < n_threads && ok; t++)
    ok = (self->sessions[t] = nn_session_new (trunk, 1, error)) != NULL;
  if (ok)
    nn_pool_run (trainer->pool, self->n, run_sample, self);
  for (size_t t = 0; t < n_threads; t++)
    nn_session_free (self->sessions[t]);
  return ok;
}

/* Makes the weights sum up to n; false where all are 0. */
static bool
scale_weights (Probe *self)
{
  double sum = 0;

  for (size_t i = 0; i < self->n; i++)
    sum += self->weights[i];
  for (size_t i = 0; i < self->n && sum > 0; i++)
    self->weights[i] *= self->n / sum;
  return sum > 0;
}

/* Subtracts the weighted mean of each column of x [n][n_columns], and divides
 * by the deviation if variance is given. mean, variance: [n_columns]. */
static void
standardise (
    const Probe *self, float *x, size_t n_columns, float *mean, float *variance)
{
  for (size_t k = 0; k < n_columns; k++) {
    double sum = 0, squares = 0, scale = 1;

    for (size_t i = 0; i < self->n; i++)
      sum += self->weights[i] * x[i * n_columns + k];
    mean[k] = sum / self->n;
    for (size_t i = 0; i < self->n; i++) {
      const double d = x[i * n_columns + k] - mean[k];

      squares += self->weights[i] * d * d;
    }
    if (variance) {
      variance[k] = MAX (squares / self->n, LEAST_VARIANCE);
      scale = 1 / sqrt (variance[k]);
    }
    for (size_t i = 0; i < self->n; i++)
      x[i * n_columns + k] = (x[i * n_columns + k] - mean[k]) * scale;
  }
}

/* Cholesky decomposition of a [d][d] in place, from the lower triangle. a is
 * positive definite because of the ridge. */
static void
factorise (double *a, size_t d)
{
  for (size_t i = 0; i < d; i++)
    for (size_t j = 0; j <= i; j++) {
      double sum = a[i * d + j];

      for (size_t k = 0; k < j; k++)
        sum -= a[i * d + k] * a[j * d + k];
      a[i * d + j] = i == j ? sqrt (sum) : sum / a[j * d + j];
    }
}

/* b [d][n_columns] becomes the solution of root root' x = b. */
static void
solve (const double *root, size_t d, double *b, size_t n_columns)
{
  for (size_t c = 0; c < n_columns; c++) {
    for (size_t i = 0; i < d; i++) {
      for (size_t k = 0; k < i; k++)
        b[i * n_columns + c] -= root[i * d + k] * b[k * n_columns + c];
      b[i * n_columns + c] /= root[i * d + i];
    }
    for (size_t i = d; i-- > 0;) {
      for (size_t k = i + 1; k < d; k++)
        b[i * n_columns + c] -= root[k * d + i] * b[k * n_columns + c];
      b[i * n_columns + c] /= root[i * d + i];
    }
  }
}

/* (X' X / n + RIDGE) W = X' T / n. kernel: [n_features][n_classes]. */
static void
regress (const Probe *self, const float *centred_targets, float *kernel)
{
  const size_t d = self->n_features, n = self->n, m = self->n_classes;
  g_autofree float *weighted = g_new (float, d *n); /* X', weighted */
  g_autofree float *gram = g_new (float, d *d);
  g_autofree float *moments = g_new (float, d *m);
  g_autofree double *a = g_new (double, d *d);
  g_autofree double *b = g_new (double, d *m);

  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < d; k++)
      weighted[k * n + i] = self->weights[i] * self->features[i * d + k] / n;
  nn_blas_gemm (d, d, n, weighted, n, self->features, d, false, gram, d);
  nn_blas_gemm (d, m, n, weighted, n, centred_targets, m, false, moments, m);
  for (size_t i = 0; i < d * d; i++)
    a[i] = gram[i] + (i % (d + 1) == 0 ? RIDGE : 0);
  for (size_t i = 0; i < d * m; i++)
    b[i] = moments[i];
  factorise (a, d);
  solve (a, d, b, m);
  for (size_t i = 0; i < d * m; i++)
    kernel[i] = b[i];
}

/* The mean cross-entropy if the logits are scale times the scores. */
static double
cross_entropy (const Probe *self, const float *scores, double scale)
{
  const size_t m = self->n_classes;
  double loss = 0;

  for (size_t i = 0; i < self->n; i++) {
    double sum = 0, most = -INFINITY;

    for (size_t c = 0; c < m; c++)
      most = fmax (most, scores[i * m + c]);
    for (size_t c = 0; c < m; c++)
      sum += exp (scale * (scores[i * m + c] - most));
    for (size_t c = 0; c < m; c++)
      loss += self->weights[i] * self->targets[i * m + c]
          * (log (sum) - scale * (scores[i * m + c] - most));
  }
  return loss / self->n;
}

/* The scale that minimises it, by golden-section search: it is convex. */
static double
best_scale (const Probe *self, const float *kernel)
{
  const double golden = (sqrt (5) - 1) / 2;
  const size_t m = self->n_classes;
  g_autofree float *scores = g_new (float, self->n *m);
  double low = 0, high = 100;

  nn_blas_gemm (self->n, m, self->n_features, self->features, self->n_features,
      kernel, m, false, scores, m);
  while (high - low > 0.01) {
    const double a = high - golden * (high - low);
    const double b = low + golden * (high - low);

    if (cross_entropy (self, scores, a) < cross_entropy (self, scores, b))
      high = b;
    else
      low = a;
  }
  return (low + high) / 2;
}

static void
set_head (Probe *self, const Head *head)
{
  const size_t m = self->n_classes;
  g_autofree float *centred =
      g_memdup2 (self->targets, self->n * m * sizeof *self->targets);
  g_autofree float *shares = g_new (float, m);
  double scale;

  standardise (self, self->features, self->n_features, head->mean->value,
      head->variance->value);
  standardise (self, centred, m, shares, NULL);
  regress (self, centred, head->kernel->value);
  scale = best_scale (self, head->kernel->value);
  for (size_t i = 0; i < head->kernel->size; i++)
    head->kernel->value[i] *= scale;
  memset (head->bias->value, 0, head->bias->size * sizeof (float));
  nn_trainer_weights_changed (self->trainer);
}

bool
nn_trainer_probe (NnTrainer *trainer, const NnSamples *samples, size_t n_epochs,
    GError **error)
{
  Probe probe = { .trainer = trainer,
    .samples = samples,
    .n = samples->n * n_epochs,
    .n_classes = trainer->n_classes };
  Head head;
  bool ok = find_head (trainer->model, &head, error);

  if (ok) {
    probe.targets = g_new0 (float, probe.n *probe.n_classes);
    probe.weights = g_new (float, probe.n);
    ok = run_trunk (&probe, head.last, error);
  }
  if (ok && !scale_weights (&probe)) {
    g_set_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED,
        "%s: no sample has a label, so its last layer cannot be computed",
        trainer->model->name);
    ok = false;
  }
  if (ok)
    set_head (&probe, &head);
  g_free (probe.sessions);
  g_free (probe.inputs);
  g_free (probe.features);
  g_free (probe.targets);
  g_free (probe.weights);
  return ok;
}
