/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#include <stdio.h>

#include "gst/tools/progress.h"
#include "gst/tools/train-tool.h"
#include "gst/train/text.h"
#include "gst/train/training-plot.h"

gboolean
tool_train_is_speaker (const ToolTrain *self)
{
  return ranks_index (self->ranks) == 0;
}

void
tool_train_say (const ToolTrain *self, const char *format, ...)
{
  va_list args;

  if (self->options->quiet || !tool_train_is_speaker (self))
    return;
  tool_progress_clear ();
  va_start (args, format);
  vprintf (format, args);
  va_end (args);
  fflush (stdout);
}

void
tool_train_print_metrics (
    const char *title, const NnMetrics *metrics, const GstEmotionLabels *labels)
{
  g_autofree char *text = train_text_metrics (metrics, labels);

  tool_progress_clear ();
  printf ("\n%s: %zu windows\n\n%s", title, nn_metrics_count (metrics), text);
  fflush (stdout);
}

/* The test by data sets. */
void
tool_train_print_sets (const GPtrArray *sets)
{
  g_autofree char *text = train_text_sets (sets);

  printf ("\n%s", text);
  fflush (stdout);
}

void
tool_train_warn_of_plots (const ToolTrain *self)
{
  if (!train_plot_is_available ())
    g_printerr ("emotion-train: no pictures in %s: built without PLplot\n",
        self->options->report);
}

gboolean
tool_train_write_report (
    const ToolTrain *self, const TrainReport *report, GError **error)
{
  const char *const folder = self->options->report;

  if (!folder || !tool_train_is_speaker (self))
    return TRUE;
  tool_train_warn_of_plots (self);
  return train_report_write (report, folder, error);
}

static void
on_batch (const NnEpoch *progress, gpointer user_data)
{
  const ToolTrain *const self = user_data;
  g_autofree char *before = g_strdup_printf (
      "%sEpoch %zu", self->task ? self->task : "", progress->epoch + 1);
  g_autofree char *after = g_strdup_printf (
      "loss %.4f, accuracy %.3f", progress->loss, progress->accuracy);

  if (!self->options->quiet && tool_train_is_speaker (self))
    tool_progress_show (before, progress->batch, progress->n_batches, after);
}

static void
on_epoch (const NnEpoch *epoch, gpointer user_data)
{
  const ToolTrain *const self = user_data;
  g_autofree char *validation = isfinite (epoch->val_loss)
      ? g_strdup_printf ("val_loss %.4f  val_accuracy %.3f  ", epoch->val_loss,
          epoch->val_accuracy)
      : g_strdup ("");

  tool_train_say (self,
      "%sEpoch %3zu/%d  loss %.4f  accuracy %.3f  %srate %.2g  %.1f s%s\n",
      self->task ? self->task : "", epoch->epoch + 1, self->options->epochs,
      epoch->loss, epoch->accuracy, validation, epoch->learning_rate,
      epoch->seconds, epoch->is_best ? "  best" : "");
}

TrainRunHooks
tool_train_hooks (ToolTrain *self)
{
  return (TrainRunHooks){ .stop = self->stop,
    .on_batch = on_batch,
    .on_epoch = on_epoch,
    .user_data = self,
    .ranks = self->ranks,
    .teacher = self->teacher };
}
