/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/metrics.h"

#include <math.h>

typedef struct {
  size_t n;
  size_t n_correct;
  double confidence; /* sum */
} Bin;

struct _NnMetrics {
  size_t n_classes;
  size_t n;
  double cross_entropy; /* sum, nats */
  Bin bins[NN_METRICS_BINS];
  size_t *confusion; /* [n_classes of label][n_classes of prediction] */
};

NnMetrics *
nn_metrics_new (size_t n_classes)
{
  g_return_val_if_fail (n_classes > 0, NULL);

  NnMetrics *self = g_new0 (NnMetrics, 1);

  self->n_classes = n_classes;
  self->confusion = g_new0 (size_t, n_classes * n_classes);
  return self;
}

void
nn_metrics_free (NnMetrics *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->confusion, g_free);
  g_free (self);
}

/* Bins are (0, 1/15], (1/15, 2/15], ...; NaN falls into the first. */
static size_t
bin_of (double confidence)
{
  const double bin = ceil (confidence * NN_METRICS_BINS) - 1;

  return bin > 0 ? (size_t) MIN (bin, NN_METRICS_BINS - 1) : 0;
}

void
nn_metrics_add (NnMetrics *self, size_t label, const float *probabilities)
{
  g_return_if_fail (label < self->n_classes);

  size_t predicted = 0;

  for (size_t c = 1; c < self->n_classes; c++)
    if (probabilities[c] > probabilities[predicted])
      predicted = c;

  Bin *bin = &self->bins[bin_of (probabilities[predicted])];

  self->n++;
  self->confusion[label * self->n_classes + predicted]++;
  self->cross_entropy -= log (MAX (probabilities[label], 1e-7));
  bin->n++;
  bin->n_correct += predicted == label;
  bin->confidence += probabilities[predicted];
}

void
nn_metrics_merge (NnMetrics *self, const NnMetrics *other)
{
  g_return_if_fail (self->n_classes == other->n_classes);

  self->n += other->n;
  self->cross_entropy += other->cross_entropy;
  for (size_t i = 0; i < self->n_classes * self->n_classes; i++)
    self->confusion[i] += other->confusion[i];
  for (size_t b = 0; b < NN_METRICS_BINS; b++) {
    self->bins[b].n += other->bins[b].n;
    self->bins[b].n_correct += other->bins[b].n_correct;
    self->bins[b].confidence += other->bins[b].confidence;
  }
}

/* n, cross-entropy, the bins, the confusion matrix. */
size_t
nn_metrics_n_sums (size_t n_classes)
{
  return 2 + 3 * NN_METRICS_BINS + n_classes * n_classes;
}

void
nn_metrics_get_sums (const NnMetrics *self, double *sums)
{
  *sums++ = self->n;
  *sums++ = self->cross_entropy;
  for (size_t b = 0; b < NN_METRICS_BINS; b++) {
    *sums++ = self->bins[b].n;
    *sums++ = self->bins[b].n_correct;
    *sums++ = self->bins[b].confidence;
  }
  for (size_t i = 0; i < self->n_classes * self->n_classes; i++)
    *sums++ = self->confusion[i];
}

void
nn_metrics_add_sums (NnMetrics *self, const double *sums)
{
  self->n += *sums++;
  self->cross_entropy += *sums++;
  for (size_t b = 0; b < NN_METRICS_BINS; b++) {
    self->bins[b].n += *sums++;
    self->bins[b].n_correct += *sums++;
    self->bins[b].confidence += *sums++;
  }
  for (size_t i = 0; i < self->n_classes * self->n_classes; i++)
    self->confusion[i] += *sums++;
}

size_t
nn_metrics_n_classes (const NnMetrics *self)
{
  return self->n_classes;
}

size_t
nn_metrics_count (const NnMetrics *self)
{
  return self->n;
}

size_t
nn_metrics_confusion (const NnMetrics *self, size_t label, size_t predicted)
{
  g_return_val_if_fail (label < self->n_classes, 0);
  g_return_val_if_fail (predicted < self->n_classes, 0);

  return self->confusion[label * self->n_classes + predicted];
}

static double
ratio (double part, double whole)
{
  return whole > 0 ? part / whole : 0;
}

static size_t
n_predicted (const NnMetrics *self, size_t predicted)
{
  size_t n = 0;

  for (size_t label = 0; label < self->n_classes; label++)
    n += nn_metrics_confusion (self, label, predicted);
  return n;
}

size_t
nn_metrics_support (const NnMetrics *self, size_t label)
{
  size_t n = 0;

  for (size_t predicted = 0; predicted < self->n_classes; predicted++)
    n += nn_metrics_confusion (self, label, predicted);
  return n;
}

double
nn_metrics_precision (const NnMetrics *self, size_t label)
{
  return ratio (
      nn_metrics_confusion (self, label, label), n_predicted (self, label));
}

double
nn_metrics_recall (const NnMetrics *self, size_t label)
{
  return ratio (nn_metrics_confusion (self, label, label),
      nn_metrics_support (self, label));
}

double
nn_metrics_f1 (const NnMetrics *self, size_t label)
{
  return ratio (2.0 * nn_metrics_confusion (self, label, label),
      nn_metrics_support (self, label) + n_predicted (self, label));
}

double
nn_metrics_accuracy (const NnMetrics *self)
{
  size_t n_correct = 0;

  for (size_t label = 0; label < self->n_classes; label++)
    n_correct += nn_metrics_confusion (self, label, label);
  return ratio (n_correct, self->n);
}

double
nn_metrics_uar (const NnMetrics *self)
{
  double sum = 0;
  size_t n = 0;

  for (size_t label = 0; label < self->n_classes; label++)
    if (nn_metrics_support (self, label) > 0) {
      sum += nn_metrics_recall (self, label);
      n++;
    }
  return ratio (sum, n);
}

double
nn_metrics_macro_f1 (const NnMetrics *self)
{
  double sum = 0;
  size_t n = 0;

  for (size_t c = 0; c < self->n_classes; c++)
    if (nn_metrics_support (self, c) + n_predicted (self, c) > 0) {
      sum += nn_metrics_f1 (self, c);
      n++;
    }
  return ratio (sum, n);
}

double
nn_metrics_cross_entropy (const NnMetrics *self)
{
  return ratio (self->cross_entropy, self->n);
}

double
nn_metrics_calibration_error (const NnMetrics *self)
{
  double sum = 0;

  for (size_t b = 0; b < NN_METRICS_BINS; b++)
    sum += fabs (self->bins[b].confidence - self->bins[b].n_correct);
  return ratio (sum, self->n);
}
