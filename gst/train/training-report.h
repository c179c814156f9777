/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known about a training run or an evaluation, as JSON: report.json
 * beside its pictures, and the text that goes into the model file. Only this
 * file's .c writes JSON. */
#pragma once

#include "gst/train/options.h"
#include "gst/train/trials.h"
#include "nn/train/fit.h"
#include "nn/train/metrics.h"

/* Everything is borrowed; NULL and 0 if there is none. */
typedef struct {
  const char *model;           /* nick or file */
  const TrainOptions *options; /* NULL: it was not trained */
  const TrainCorpus *corpus;
  const TrainSubset *subsets; /* [items of the corpus] */
  const DspRecipe *recipe;
  const NnEpoch *epochs;
  gsize n_epochs;
  gsize best_epoch; /* G_MAXSIZE: none */
  gsize n_weights;
  double seconds;
  const NnMetrics *validation, *test;
  const GPtrArray *test_sets;  /* TrainSetResult: the test by data set */
  const GPtrArray *conditions; /* TrainSetResult: by condition and data set */
  /* nn_metadata_self_test (_, self_test_seed): [labels of the corpus] */
  guint32 self_test_seed;
  const float *self_test;
} TrainReport;

/* For the attribute "emotiondetect": labels, recipe, how it was trained, how
 * good it is. The same run gives the same text. Free with g_free. */
char *train_report_metadata (const TrainReport *report);

/* Writes text as report.json, and as a page for people as report.html, into
 * folder, which is made where it is absent. G_FILE_ERROR. */
gboolean train_report_write_text (
    const char *folder, const char *text, GError **error);

/* confusion-NAME.svg in folder; what: begins its title. */
gboolean train_report_draw_confusion (const char *folder, const char *name,
    const char *what, const NnMetrics *metrics, const GstEmotionLabels *labels,
    GError **error);

/* Writes folder/report.json, report.html and, where the build has PLplot,
 * loss.svg, accuracy.svg and confusion-*.svg. Makes the folder. */
gboolean train_report_write (
    const TrainReport *report, const char *folder, GError **error);
