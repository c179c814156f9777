/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many models, trained to be compared: --cross-validate, --seeds, --gather. */
#include <stdio.h>

#include "gst/tools/experiment.h"
#include "gst/tools/train-tool.h"
#include "gst/train/trials-report.h"

static void
begin_task (const char *task, gpointer user_data)
{
  ToolTrain *const self = user_data;

  g_free (self->task);
  self->task = g_strconcat (task, "  ", NULL);
}

static void
end_task (const char *task, const TrainTrial *trial, gpointer user_data)
{
  const ToolTrain *const self = user_data;
  g_autoptr (NnMetrics) test = train_trial_metrics (
      trial, gst_emotion_labels_count (self->corpus->labels));

  tool_train_say (self,
      "%s  epoch %u of %u, %.0f s, test: accuracy %.3f, UAR %.3f\n", task,
      trial->best_epoch, trial->n_epochs, trial->seconds,
      nn_metrics_accuracy (test), nn_metrics_uar (test));
}

/* What all runs come to. */
static gboolean
show_trials (const ToolTrain *self, const TrainTrials *trials, GError **error)
{
  g_autofree char *table = train_trials_table (trials);

  for (guint m = 0; m < trials->models->len; m++) {
    g_autoptr (NnMetrics) pool = train_trials_pool (trials, m);
    g_autofree char *title = trials->models->len == 1
        ? g_strdup ("Cross-validation")
        : g_strdup_printf ("Cross-validation, %s",
            (const char *) g_ptr_array_index (trials->models, m));

    tool_train_print_metrics (title, pool, trials->labels);
  }
  printf ("%s", table);
  if (!self->options->report)
    return TRUE;
  tool_train_warn_of_plots (self);
  return train_trials_report_write (trials, self->options->report, error);
}

gboolean
tool_train_experiment (ToolTrain *self, GError **error)
{
  const TrainOptions *const options = self->options;
  g_autofree char *sounds = train_corpus_digest (self->corpus);
  g_autoptr (TrainTrials) trials = NULL;
  const ToolExperiment experiment = { .options = options,
    .corpus = self->corpus,
    .sounds = sounds,
    .recipes = self->recipes,
    .ranks = self->ranks,
    .hooks = tool_train_hooks (self),
    .begin = begin_task,
    .done = end_task,
    .user_data = self };

  const gboolean ok = tool_experiment_run (&experiment, &trials, error);

  g_clear_pointer (&self->task, g_free);
  if (!ok || !tool_train_is_speaker (self))
    return ok;
  if (trials)
    return show_trials (self, trials, error);
  tool_train_say (self, "Shard %s is in %s; --gather combines the shards\n",
      options->shard, options->output);
  return TRUE;
}

gboolean
tool_train_gather (const ToolTrain *self, GError **error)
{
  g_autoptr (TrainTrials) trials =
      tool_experiment_gather ((const char *const *) self->options->rest, error);

  return trials && show_trials (self, trials, error);
}
