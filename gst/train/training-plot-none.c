/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stands for plot.c where the build has no PLplot. */
#include "gst/train/training-plot.h"

static gboolean
fail (GError **error)
{
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOSYS,
      "this build cannot draw pictures: it lacks PLplot");
  return FALSE;
}

gboolean
train_plot_is_available (void)
{
  return FALSE;
}

gboolean
train_plot_history (const char *path, TrainPlotKind kind, const NnEpoch *epochs,
    gsize n_epochs, gsize best, GError **error)
{
  return fail (error);
}

gboolean
train_plot_confusion (const char *path, const char *title,
    const NnMetrics *metrics, const GstEmotionLabels *labels, GError **error)
{
  return fail (error);
}
