/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One training run: a corpus and its subsets in, a network and its figures out.
 */
#pragma once

#include "gst/model/arrangement.h"
#include "gst/ranks/ranks.h"
#include "gst/train/options.h"
#include "gst/train/training-report.h"
#include "gst/train/trials.h"
#include "nn/train/fit.h"
#include "nn/train/metrics.h"

typedef struct {
  const gint *stop; /* not 0: stop after this batch, by g_atomic_int_get */
  void (*on_batch) (const NnEpoch *progress, gpointer user_data);
  void (*on_epoch) (const NnEpoch *epoch, gpointer user_data);
  gpointer user_data;
  Ranks *ranks;                /* that train this one together; NULL: alone */
  const TrainTeacher *teacher; /* for the labels of the corpus, or NULL */
} TrainRunHooks;

typedef struct {
  NnTrainer *trainer;                /* with the weights to keep */
  GstEmotionArrangement arrangement; /* of its input */
  NnFitResult result;
  NnEpoch *epochs; /* [n_epochs] */
  gsize n_epochs;
  gsize best_epoch; /* whose weights these are; G_MAXSIZE: none is complete */
  double seconds;
  NnMetrics *validation; /* NULL: no sound is in that subset */
  NnMetrics *test;       /* the same */
  TrainTrial *trial;     /* the test by data sets; the same */
} TrainRun;

/* Is it a nick, and no file? */
gboolean train_is_architecture (const char *model);

/* Trains the model of the options anew, or from the file that it names, in the
 * recipe given. state: NULL, or the file that keeps the state after each epoch,
 * from which the run goes on if options->resume. NULL and an error of any
 * domain, on all ranks; else all have the same result. Free with
 * train_run_free. */
TrainRun *train_run_new (const TrainCorpus *corpus, const TrainSubset *subsets,
    const TrainOptions *options, const DspRecipe *recipe, const char *state,
    const TrainRunHooks *hooks, GError **error);
void train_run_free (TrainRun *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TrainRun, train_run_free)

/* Writes the model file, with weights stored as report->options say.
 * NN_ERROR. */
gboolean train_run_save (const TrainRun *self, const TrainReport *report,
    const char *path, GError **error);
