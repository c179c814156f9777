/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An experiment of emotion-train: runs of models x seeds x folds, on the ranks
 * there are, or those of one shard; kept in a part if there is --output. */
#pragma once

#include "dsp/recipe.h"
#include "gst/ranks/ranks.h"
#include "gst/tools/shard.h"
#include "gst/train/training-run.h"

typedef struct {
  const TrainOptions *options;
  const TrainCorpus *corpus;
  const char *sounds;       /* a digest of the corpus */
  const DspRecipe *recipes; /* [models] */
  Ranks *ranks;
  TrainRunHooks hooks; /* of each run, where this process is alone */
  /* Before and after a run; on rank 0. begin: where this process is alone. */
  void (*begin) (const char *task, gpointer user_data);
  void (*done) (const char *task, const TrainTrial *trial, gpointer user_data);
  gpointer user_data;
} ToolExperiment;

/* Called by all ranks. On rank 0 *trials gets all tasks, or NULL if others
 * are left to other shards. FALSE and an error if a task failed, or where it
 * was interrupted. */
gboolean tool_experiment_run (
    const ToolExperiment *self, TrainTrials **trials, GError **error);

/* From the parts of all shards. NULL and G_FILE_ERROR, which names what is
 * missing. */
TrainTrials *tool_experiment_gather (const char *const *parts, GError **error);
