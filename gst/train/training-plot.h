/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures of a training run, SVG files, by PLplot. One thread at
 * a time. Where the build has no PLplot there are no
 * pictures.
 */
#pragma once

#include "gst/model/labels.h"
#include "nn/train/fit.h"
#include "nn/train/metrics.h"

gboolean train_plot_is_available (void);

typedef enum {
  TRAIN_PLOT_LOSS,
  TRAIN_PLOT_ACCURACY,
} TrainPlotKind;

/* One value for each epoch, of training and of validation; the best epoch is
 * marked (G_MAXSIZE: none). FALSE and G_FILE_ERROR where the file cannot be
 * written. */
gboolean train_plot_history (const char *path, TrainPlotKind kind,
    const NnEpoch *epochs, gsize n_epochs, gsize best, GError **error);

/* The confusion matrix: rows are what was said; colour and number are shares of
 * the row, small numbers are counts. Classes that do not occur are left out. */
gboolean train_plot_confusion (const char *path, const char *title,
    const NnMetrics *metrics, const GstEmotionLabels *labels, GError **error);
