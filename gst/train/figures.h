/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How good a model is on one data set, for comparison with others: predictions
 * in, UAR with its interval, calibration and what a temperature would change.
 * "Restricted": classes that the data set does not have are left out of the
 * argmax, and the probabilities of the others add up to 1.
 */
#pragma once

#include <glib.h>

/* A prediction. */
typedef struct {
  guint label;
  const float *probabilities; /* [n_classes] */
  const char *speaker;
} TrainOutcome;

/* 95 % of 1,000 bootstrap samples of whole speakers (Efron 1979: percentiles).
 * low and high are NaN if there is one speaker. */
typedef struct {
  double value, low, high;
} TrainInterval;

/* Temperatures that are tried: 2^(-1), 2^(-0.75), ..., 2^3. */
#define TRAIN_N_TEMPERATURES 17
double train_temperature (guint i);

/* Thresholds of confidence that are tried: 0.05, 0.10, ..., 0.95. */
#define TRAIN_N_THRESHOLDS 19
double train_threshold (guint i);

typedef struct {
  gsize n_windows;
  guint n_speakers, n_classes; /* that occur */
  TrainInterval uar, restricted;
  double calibration_error; /* ECE, of all classes */
  /* Cross-entropy and ECE with the logits divided by each temperature. */
  double cross_entropy_at[TRAIN_N_TEMPERATURES];
  double calibration_error_at[TRAIN_N_TEMPERATURES];
  /* With answers below each threshold left out: the share that is answered, and
   * the accuracy of these (0 where there are none). */
  double answered_at[TRAIN_N_THRESHOLDS], accuracy_at[TRAIN_N_THRESHOLDS];
} TrainFigures;

/* n > 0. seed: of the bootstrap. */
void train_figures_compute (const TrainOutcome *outcomes, gsize n,
    guint n_classes, guint32 seed, TrainFigures *figures);

/* The temperature with the least cross-entropy, as the mean over sets [n_sets],
 * each of which counts the same. An index, see train_temperature. */
guint train_figures_best_temperature (
    const TrainFigures *const *sets, gsize n_sets);

/* Probabilities [n] as they were with logits divided by temperature. */
void train_figures_cool (
    const float *probabilities, guint n, double temperature, float *out);

/* The heading of a table, and one line of it. */
void train_figures_append_heading (GString *text);
void train_figures_append_row (
    GString *text, const char *name, const TrainFigures *figures);
