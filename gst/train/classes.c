/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/classes.h"

guint *
train_used_classes (const NnMetrics *metrics, guint *n)
{
  const guint n_classes = nn_metrics_n_classes (metrics);
  guint *used = g_new (guint, n_classes);

  *n = 0;
  for (guint c = 0; c < n_classes; c++) {
    gsize count = nn_metrics_support (metrics, c);

    for (guint label = 0; label < n_classes; label++)
      count += nn_metrics_confusion (metrics, label, c);
    if (count > 0)
      used[(*n)++] = c;
  }
  return used;
}
