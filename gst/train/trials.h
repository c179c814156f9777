/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An experiment of many runs: models x seeds x folds, each of which is a task
 * with a number. Results may come from many processes, as text. */
#pragma once

#include <glib.h>
#include "gst/model/labels.h"
#include "gst/train/figures.h"
#include "nn/train/metrics.h"

/* What the tasks are. Everything is borrowed. */
typedef struct {
  const char *const *models; /* NULL-terminated */
  guint n_seeds;
  gint first_seed;
  const char *const *folds; /* names, NULL-terminated */
  const GstEmotionLabels *labels;
  const char *options; /* train_options_to_text */
  const char *sounds;  /* a digest */
} TrainTrialPlan;

/* What one data set came to in a test. */
typedef struct {
  char *name;
  NnMetrics *metrics;
  TrainFigures figures; /* n_windows 0: none */
} TrainSetResult;

typedef struct {
  guint task;
  guint n_epochs, best_epoch; /* counts from 1 */
  gsize n_weights;
  double seconds;
  GPtrArray *sets; /* of TrainSetResult, by name */
} TrainTrial;

TrainTrial *train_trial_new (void);
void train_trial_free (TrainTrial *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TrainTrial, train_trial_free)
/* What is known of a data set, nothing if there is none yet; borrowed. */
TrainSetResult *train_trial_set (
    TrainTrial *self, const char *data_set, gsize n_classes);
/* Of all data sets. Free with nn_metrics_free. */
NnMetrics *train_trial_metrics (const TrainTrial *self, gsize n_classes);

typedef struct {
  GPtrArray *models, *folds; /* of char * */
  guint n_seeds;
  gint first_seed;
  GstEmotionLabels *labels;
  char *options, *sounds;
  guint n_tasks;
  TrainTrial **results; /* [n_tasks]; NULL: not done */
} TrainTrials;

TrainTrials *train_trials_new (const TrainTrialPlan *plan);
void train_trials_free (TrainTrials *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TrainTrials, train_trials_free)

/* Model, seed and fold of a task. */
typedef struct {
  guint model, seed, fold;
} TrainTask;

TrainTask train_trials_task (const TrainTrials *self, guint task);
guint train_trials_number (const TrainTrials *self, TrainTask task);
/* "cnn-gru, seed 3, fold 1" without what there is one of. Free with g_free. */
char *train_trials_task_name (const TrainTrials *self, guint task);

/* Plans and results as JSON on one line. Free with g_free. */
char *train_trials_write_plan (const TrainTrials *self);
char *train_trials_write_task (
    const TrainTrials *self, const TrainTrial *trial);
/* NULL and G_FILE_ERROR where the text is damaged. Nothing is done yet. */
TrainTrials *train_trials_read_plan (const char *text, GError **error);
/* Adds a result. FALSE and G_FILE_ERROR where the text is damaged or of no
 * task. */
gboolean train_trials_read_task (
    TrainTrials *self, const char *text, GError **error);
