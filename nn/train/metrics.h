/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics of predictions: true labels and probabilities in, figures out. The
 * same definitions as scikit-learn's classification_report (zero_division 0);
 * the calibration error is that of Guo et al., "On Calibration of Modern Neural
 * Networks" (2017), over equal bins of confidence. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define NN_METRICS_BINS 15 /* of confidence, as in Guo et al. */

typedef struct _NnMetrics NnMetrics;

/* n_classes > 0. Free with nn_metrics_free. */
NnMetrics *nn_metrics_new (size_t n_classes);
void nn_metrics_free (NnMetrics *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnMetrics, nn_metrics_free)

/* Counts one prediction: probabilities [n_classes], label < n_classes. The
 * first of equal maxima is the prediction, as numpy.argmax. */
void nn_metrics_add (NnMetrics *self, size_t label, const float *probabilities);
/* Adds the counts of other, for the folds of a cross-validation. Equal
 * n_classes. */
void nn_metrics_merge (NnMetrics *self, const NnMetrics *other);

/* All counts, as numbers that can be saved and added: nn_metrics_n_sums of
 * them, exact up to 2^53 predictions. */
size_t nn_metrics_n_sums (size_t n_classes);
void nn_metrics_get_sums (const NnMetrics *self, double *sums);
void nn_metrics_add_sums (NnMetrics *self, const double *sums);

size_t nn_metrics_n_classes (const NnMetrics *self);
size_t nn_metrics_count (const NnMetrics *self);
/* How often class `label` was predicted as class `predicted`. */
size_t nn_metrics_confusion (
    const NnMetrics *self, size_t label, size_t predicted);

/* Of one class, 0..1; 0 where the division would be by zero. */
size_t nn_metrics_support (const NnMetrics *self, size_t label);
double nn_metrics_precision (const NnMetrics *self, size_t label);
double nn_metrics_recall (const NnMetrics *self, size_t label);
double nn_metrics_f1 (const NnMetrics *self, size_t label);

/* Of all, 0..1; 0 if nothing was counted. */
double nn_metrics_accuracy (const NnMetrics *self);
/* Unweighted average recall, over the classes that occur. */
double nn_metrics_uar (const NnMetrics *self);
/* The unweighted mean of f1 over the classes that occur or were predicted. */
double nn_metrics_macro_f1 (const NnMetrics *self);
/* Mean cross-entropy in nats; a probability counts as at least 1e-7 (Keras). */
double nn_metrics_cross_entropy (const NnMetrics *self);
/* Expected calibration error: the mean difference of confidence and accuracy.
 */
double nn_metrics_calibration_error (const NnMetrics *self);
