/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One model, trained and written. */
#include <gio/gio.h>
#include <stdio.h>

#include "gst/tools/progress.h"
#include "gst/tools/train-tool.h"
#include "nn/file-write.h"

static TrainRun *
run (ToolTrain *self, const TrainSubset *subsets, const char *state,
    GError **error)
{
  const TrainRunHooks hooks = tool_train_hooks (self);
  TrainRun *result = train_run_new (self->corpus, subsets, self->options,
      self->recipes, state, &hooks, error);

  tool_progress_clear ();
  return result;
}

static TrainReport
report_of (
    const ToolTrain *self, const TrainSubset *subsets, const TrainRun *result)
{
  return (TrainReport){ .model = train_options_model (self->options),
    .options = self->options,
    .corpus = self->corpus,
    .subsets = subsets,
    .recipe = self->recipes,
    .epochs = result->epochs,
    .n_epochs = result->n_epochs,
    .best_epoch = result->best_epoch,
    .n_weights = nn_trainer_n_weights (result->trainer),
    .seconds = result->seconds,
    .validation = result->validation,
    .test = result->test,
    .test_sets = result->trial ? result->trial->sets : NULL };
}

/* Says how the run ended; FALSE if there is nothing to save. */
static gboolean
check_end (const ToolTrain *self, const TrainRun *result, GError **error)
{
  if (result->result == NN_FIT_DIVERGED && tool_train_is_speaker (self))
    g_printerr ("emotion-train: the loss is no longer finite; a smaller "
                "--learning-rate may help\n");
  if (result->result == NN_FIT_STOPPED && tool_train_is_speaker (self))
    g_printerr ("emotion-train: interrupted%s\n",
        nn_file_is_stream (self->options->output)
            ? ""
            : "; run again with --resume to continue");
  if (result->best_epoch != G_MAXSIZE)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED,
      "no epoch was completed, so no model was saved");
  return FALSE;
}

static gboolean
save (ToolTrain *self, const TrainSubset *subsets, const TrainRun *result,
    const char *state, GError **error)
{
  const TrainReport report = report_of (self, subsets, result);
  const TrainOptions *const options = self->options;

  if (!tool_train_is_speaker (self))
    return TRUE;
  if (!train_run_save (result, &report, options->output, error)
      || !tool_train_write_report (self, &report, error))
    return FALSE;
  if (state && result->result != NN_FIT_STOPPED)
    remove (state);
  tool_train_say (self, "\nEpoch %zu of %zu, %.0f s. Model: %s\n",
      result->best_epoch + 1, result->n_epochs, result->seconds,
      options->output);
  if (result->validation)
    tool_train_print_metrics (
        "Validation", result->validation, self->corpus->labels);
  if (result->test)
    tool_train_print_metrics ("Test", result->test, self->corpus->labels);
  if (result->trial)
    tool_train_print_sets (result->trial->sets);
  return TRUE;
}

gboolean
tool_train_train (ToolTrain *self, GError **error)
{
  const TrainOptions *const options = self->options;
  g_autofree TrainSubset *subsets =
      g_new (TrainSubset, self->corpus->items->len);
  /* None beside a device or a pipe. */
  g_autofree char *state = nn_file_is_stream (options->output)
      ? NULL
      : g_strconcat (options->output, ".state", NULL);

  if (!train_options_split (options, self->corpus, subsets, error))
    return FALSE;
  g_autoptr (TrainRun) result = run (self, subsets, state, error);

  return result && check_end (self, result, error)
      && save (self, subsets, result, state, error);
}
