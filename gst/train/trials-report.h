/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the runs of an experiment come to together: a table for people and
 * report.json. All tasks must be done. */
#pragma once

#include "gst/train/trials.h"

/* For each model: UAR, accuracy and macro F1 over all tasks, for each fold over
 * the seeds, and for each data set and class, of all folds together, over the
 * seeds: mean and (sample) standard deviation. Free with g_free. */
char *train_trials_table (const TrainTrials *self);

/* The predictions of all folds and seeds of a model, added up. Free with
 * nn_metrics_free. */
NnMetrics *train_trials_pool (const TrainTrials *self, guint model);

/* Writes folder/report.json and, where the build has PLplot, the confusion
 * matrix of each model. Makes the folder. */
gboolean train_trials_report_write (
    const TrainTrials *self, const char *folder, GError **error);
