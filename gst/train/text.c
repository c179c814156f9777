/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/text.h"

#include <string.h>
#include "gst/train/classes.h"
#include "gst/train/trials.h"

#define CORNER "true \\ predicted"

static gint
widest (const GstEmotionLabels *labels)
{
  gint width = strlen (CORNER);

  for (guint c = 0; c < gst_emotion_labels_count (labels); c++)
    width = MAX (
        width, (gint) g_utf8_strlen (gst_emotion_labels_get (labels, c), -1));
  return width;
}

/* A name, padded by what it shows, not by its bytes. */
static void
append_name (GString *text, const char *name, gint width)
{
  g_string_append_printf (
      text, "%s%*s", name, width - (gint) g_utf8_strlen (name, -1), "");
}

static void
append_classes (GString *text, const NnMetrics *metrics,
    const GstEmotionLabels *labels, const guint *used, guint n_used)
{
  const gint width = widest (labels);
  double precision = 0, recall = 0;
  guint n_occur = 0;

  append_name (text, "", width);
  g_string_append (text, "  precision  recall      F1  support\n");
  for (guint i = 0; i < n_used; i++) {
    const guint c = used[i];

    append_name (text, gst_emotion_labels_get (labels, c), width);
    g_string_append_printf (text, "  %9.3f  %6.3f  %6.3f  %7zu\n",
        nn_metrics_precision (metrics, c), nn_metrics_recall (metrics, c),
        nn_metrics_f1 (metrics, c), nn_metrics_support (metrics, c));
    precision += nn_metrics_precision (metrics, c);
    recall += nn_metrics_recall (metrics, c);
    n_occur++;
  }
  n_occur = MAX (n_occur, 1);
  append_name (text, "macro average", width);
  g_string_append_printf (text, "  %9.3f  %6.3f  %6.3f  %7zu\n\n",
      precision / n_occur, recall / n_occur, nn_metrics_macro_f1 (metrics),
      nn_metrics_count (metrics));
}

static void
append_totals (GString *text, const NnMetrics *metrics)
{
  g_string_append_printf (text,
      "Accuracy                        %6.3f\n"
      "UAR (unweighted average recall) %6.3f\n"
      "Expected calibration error      %6.3f\n"
      "Cross-entropy                   %6.3f\n\n",
      nn_metrics_accuracy (metrics), nn_metrics_uar (metrics),
      nn_metrics_calibration_error (metrics),
      nn_metrics_cross_entropy (metrics));
}

/* Rows are the true classes, columns the predicted ones. */
static void
append_confusion (GString *text, const NnMetrics *metrics,
    const GstEmotionLabels *labels, const guint *used, guint n_used)
{
  const gint width = widest (labels);

  append_name (text, CORNER, width);
  for (guint i = 0; i < n_used; i++) {
    const char *const name = gst_emotion_labels_get (labels, used[i]);
    g_autofree char *head =
        g_utf8_substring (name, 0, MIN (g_utf8_strlen (name, -1), 6));

    g_string_append_printf (
        text, "%*s%s", 8 - (gint) g_utf8_strlen (head, -1), "", head);
  }
  g_string_append_c (text, '\n');
  for (guint i = 0; i < n_used; i++) {
    append_name (text, gst_emotion_labels_get (labels, used[i]), width);
    for (guint k = 0; k < n_used; k++)
      g_string_append_printf (
          text, "%8zu", nn_metrics_confusion (metrics, used[i], used[k]));
    g_string_append_c (text, '\n');
  }
}

char *
train_text_metrics (const NnMetrics *metrics, const GstEmotionLabels *labels)
{
  GString *text = g_string_new (NULL);
  guint n_used;
  g_autofree guint *used = train_used_classes (metrics, &n_used);

  append_classes (text, metrics, labels, used, n_used);
  append_totals (text, metrics);
  append_confusion (text, metrics, labels, used, n_used);
  return g_string_free (text, FALSE);
}

char *
train_text_sets (const GPtrArray *sets)
{
  GString *text = g_string_new (NULL);

  train_figures_append_heading (text);
  for (guint i = 0; i < sets->len; i++) {
    const TrainSetResult *const set = g_ptr_array_index (sets, i);

    train_figures_append_row (text, set->name, &set->figures);
  }
  return g_string_free (text, FALSE);
}
