/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of emotion-train, and what they share. Each command is a file:
 *   train-fit.c         one model
 *   train-experiment.c  many, to be compared; gathering of their shards
 *   train-evaluate.c    --evaluate
 *   train-derive.c      --ensemble, --soup and --quantize, without data
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
} ToolTrain;

/* Commands. */
gboolean tool_train_train (ToolTrain *self, GError **error);
gboolean tool_train_experiment (ToolTrain *self, GError **error);
gboolean tool_train_gather (const ToolTrain *self, GError **error);
gboolean tool_train_evaluate (ToolTrain *self, GError **error);
gboolean tool_train_join (ToolTrain *self, GError **error);
gboolean tool_train_quantize (ToolTrain *self, GError **error);

/* What they work on. */
/* That what --output and --report name can be written, which is better said
 * before hours of work; makes the folder of the report. */
gboolean tool_train_check_paths (const ToolTrain *self, GError **error);
/* A built-in model by its nick, or a file, with the recipe that --recipe makes
 * of its own. A new reference. */
GstEmotionModel *tool_train_load_file (
    const ToolTrain *self, const char *name, GError **error);
/* model and recipes. */
gboolean tool_train_load_models (ToolTrain *self, GError **error);
/* corpus, with its labels alone. */
gboolean tool_train_new_corpus (ToolTrain *self, GError **error);
/* teacher, for the labels of the corpus; nothing where none is asked for. */
gboolean tool_train_load_teacher (ToolTrain *self, GError **error);
/* Its sounds. Names on stderr what cannot be read. */
gboolean tool_train_load_corpus (ToolTrain *self, GError **error);

/* What they say. */
gboolean tool_train_is_speaker (const ToolTrain *self);
/* On stdout, unless --quiet. */
void tool_train_say (const ToolTrain *self, const char *format, ...)
    G_GNUC_PRINTF (2, 3);
void tool_train_print_metrics (const char *title, const NnMetrics *metrics,
    const GstEmotionLabels *labels);
/* The test by data sets: of TrainSetResult. */
void tool_train_print_sets (const GPtrArray *sets);
/* Where --report asks for pictures that this build cannot draw. */
void tool_train_warn_of_plots (const ToolTrain *self);
gboolean tool_train_write_report (
    const ToolTrain *self, const TrainReport *report, GError **error);
/* That show the progress of a run. */
TrainRunHooks tool_train_hooks (ToolTrain *self);
