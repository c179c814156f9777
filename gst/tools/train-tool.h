/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of emotion-train, and what they share. Each command is a file:
 *   train-fit.c         one model
 *   train-experiment.c  many, to be compared; gathering of their shards
 *   train-evaluate.c    --evaluate
 *   train-derive.c      --ensemble and --quantize, without data
 * train-load.c loads what they work on, train-output.c says how far they are.
 *
 * All ranks call the same functions; rank 0 alone prints and writes. Functions
 * that can fail return FALSE and an error of any domain.
 */
#pragma once

#include "gst/model/model.h"
#include "gst/ranks/ranks.h"
#include "gst/train/options.h"
#include "gst/train/training-report.h"
#include "gst/train/training-run.h"

typedef struct {
  TrainOptions *options;
  const gint *stop;       /* not 0: give up, by g_atomic_int_get */
  GstEmotionModel *model; /* of --evaluate, or of a file in --model */
  DspRecipe *recipes;     /* of each model */
  TrainCorpus *corpus;
  TrainTeacher *teacher; /* NULL: none */
  Ranks *ranks;          /* with whom this process works; rank 0 speaks */
  char *task; /* before the line of an epoch; NULL: there is one only */
} TrainTool;

/* Commands. */
gboolean train_tool_train (TrainTool *self, GError **error);
gboolean train_tool_experiment (TrainTool *self, GError **error);
gboolean train_tool_gather (const TrainTool *self, GError **error);
gboolean train_tool_evaluate (TrainTool *self, GError **error);
gboolean train_tool_ensemble (TrainTool *self, GError **error);
gboolean train_tool_quantize (TrainTool *self, GError **error);

/* What they work on. */
/* A built-in model by its nick, or a file, with the recipe that --recipe makes
 * of its own. A new reference. */
GstEmotionModel *train_tool_load_file (
    const TrainTool *self, const char *name, GError **error);
/* model and recipes. */
gboolean train_tool_load_models (TrainTool *self, GError **error);
/* corpus, with its labels alone. */
gboolean train_tool_new_corpus (TrainTool *self, GError **error);
/* teacher, for the labels of the corpus; nothing where none is asked for. */
gboolean train_tool_load_teacher (TrainTool *self, GError **error);
/* Its sounds. Names on stderr what cannot be read. */
gboolean train_tool_load_corpus (TrainTool *self, GError **error);

/* What they say. */
gboolean train_tool_is_speaker (const TrainTool *self);
/* On stdout, unless --quiet. */
void train_tool_say (const TrainTool *self, const char *format, ...)
    G_GNUC_PRINTF (2, 3);
void train_tool_print_metrics (const char *title, const NnMetrics *metrics,
    const GstEmotionLabels *labels);
/* The test by data sets: of TrainSetResult. */
void train_tool_print_sets (const GPtrArray *sets);
/* Where --report asks for pictures that this build cannot draw. */
void train_tool_warn_of_plots (const TrainTool *self);
gboolean train_tool_write_report (
    const TrainTool *self, const TrainReport *report, GError **error);
/* That show the progress of a run. */
TrainRunHooks train_tool_hooks (TrainTool *self);
