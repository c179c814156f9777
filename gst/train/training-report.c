/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/training-report.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include "gst/model/recipe-json.h"
#include "gst/train/report-page.h"
#include "gst/train/training-plot.h"
#include "gst/train/report-json.h"

static const char *const subset_names[] = {
  [TRAIN_SUBSET_TRAIN] = "training",
  [TRAIN_SUBSET_VALIDATION] = "validation",
  [TRAIN_SUBSET_TEST] = "test",
  [TRAIN_SUBSET_NONE] = "left_out",
};

void
train_json_add_labels (NnJson *json, const GstEmotionLabels *labels)
{
  nn_json_begin_array (json, "labels");
  for (guint c = 0; c < gst_emotion_labels_count (labels); c++)
    nn_json_add_string (json, NULL, gst_emotion_labels_get (labels, c));
  nn_json_end_array (json);
}

static void
add_strings (NnJson *json, const char *name, const GPtrArray *strings)
{
  nn_json_begin_array (json, name);
  for (guint i = 0; i < strings->len; i++)
    nn_json_add_string (json, NULL, g_ptr_array_index (strings, i));
  nn_json_end_array (json);
}

/* How many sounds of each class a subset has. */
static void
add_subset (NnJson *json, const TrainReport *report, TrainSubset subset)
{
  const TrainCorpus *const corpus = report->corpus;
  const guint n_labels = gst_emotion_labels_count (corpus->labels);
  g_autofree gsize *counts = g_new0 (gsize, n_labels);
  gsize n = 0;

  for (guint i = 0; i < corpus->items->len; i++)
    if (report->subsets[i] == subset) {
      counts[train_corpus_item (corpus, i)->label]++;
      n++;
    }
  nn_json_begin_object (json, subset_names[subset]);
  nn_json_add_int (json, "sounds", n);
  for (guint c = 0; c < n_labels; c++)
    if (counts[c] > 0)
      nn_json_add_int (
          json, gst_emotion_labels_get (corpus->labels, c), counts[c]);
  nn_json_end_object (json);
}

/* The speakers of a subset, each once. */
static void
add_speakers (NnJson *json, const TrainReport *report, TrainSubset subset)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  nn_json_begin_array (json, subset_names[subset]);
  for (guint i = 0; i < report->corpus->items->len; i++) {
    const TrainItem *const item = train_corpus_item (report->corpus, i);

    if (report->subsets[i] == subset && *item->speaker != G_DIR_SEPARATOR
        && g_hash_table_add (seen, item->speaker))
      nn_json_add_string (json, NULL, item->speaker);
  }
  nn_json_end_array (json);
}

static void
add_data (NnJson *json, const TrainReport *report)
{
  nn_json_begin_object (json, "data");
  add_strings (json, "sources", report->corpus->sources);
  nn_json_add_int (json, "unreadable", report->corpus->problems->len);
  nn_json_add_int (json, "of_no_class", report->corpus->n_no_class);
  if (report->subsets) {
    for (TrainSubset subset = 0; subset <= TRAIN_SUBSET_NONE; subset++)
      add_subset (json, report, subset);
    nn_json_begin_object (json, "speakers");
    for (TrainSubset subset = 0; subset < TRAIN_SUBSET_NONE; subset++)
      add_speakers (json, report, subset);
    nn_json_end_object (json);
  }
  nn_json_end_object (json);
}

static void
add_option (const char *name, const char *value, gpointer user_data)
{
  nn_json_add_string (user_data, name, value);
}

static void
add_classes (
    NnJson *json, const NnMetrics *metrics, const GstEmotionLabels *labels)
{
  nn_json_begin_object (json, "classes");
  for (guint c = 0; c < nn_metrics_n_classes (metrics); c++) {
    nn_json_begin_object (json, gst_emotion_labels_get (labels, c));
    nn_json_add_double (json, "precision", nn_metrics_precision (metrics, c));
    nn_json_add_double (json, "recall", nn_metrics_recall (metrics, c));
    nn_json_add_double (json, "f1", nn_metrics_f1 (metrics, c));
    nn_json_add_int (json, "support", nn_metrics_support (metrics, c));
    nn_json_end_object (json);
  }
  nn_json_end_object (json);
}

void
train_json_add_metrics (NnJson *json, const char *name,
    const NnMetrics *metrics, const GstEmotionLabels *labels)
{
  const gsize n_classes = nn_metrics_n_classes (metrics);

  nn_json_begin_object (json, name);
  nn_json_add_int (json, "count", nn_metrics_count (metrics));
  nn_json_add_double (json, "accuracy", nn_metrics_accuracy (metrics));
  nn_json_add_double (json, "uar", nn_metrics_uar (metrics));
  nn_json_add_double (json, "macro_f1", nn_metrics_macro_f1 (metrics));
  nn_json_add_double (
      json, "cross_entropy", nn_metrics_cross_entropy (metrics));
  nn_json_add_double (
      json, "calibration_error", nn_metrics_calibration_error (metrics));
  add_classes (json, metrics, labels);
  nn_json_begin_array (json, "confusion");
  for (gsize row = 0; row < n_classes; row++) {
    nn_json_begin_array (json, NULL);
    for (gsize column = 0; column < n_classes; column++)
      nn_json_add_int (json, NULL, nn_metrics_confusion (metrics, row, column));
    nn_json_end_array (json);
  }
  nn_json_end_array (json);
  nn_json_end_object (json);
}

static void
add_interval (NnJson *json, const char *name, const TrainInterval *interval)
{
  nn_json_begin_object (json, name);
  nn_json_add_double (json, "value", interval->value);
  nn_json_add_double (json, "low", interval->low);
  nn_json_add_double (json, "high", interval->high);
  nn_json_end_object (json);
}

static void
add_doubles (NnJson *json, const char *name, const double *values, guint n)
{
  nn_json_begin_array (json, name);
  for (guint i = 0; i < n; i++)
    nn_json_add_double (json, NULL, values[i]);
  nn_json_end_array (json);
}

void
train_json_add_figures (
    NnJson *json, const char *name, const TrainFigures *figures)
{
  nn_json_begin_object (json, name);
  nn_json_add_int (json, "windows", figures->n_windows);
  nn_json_add_int (json, "speakers", figures->n_speakers);
  nn_json_add_int (json, "n_classes", figures->n_classes);
  add_interval (json, "uar", &figures->uar);
  add_interval (json, "restricted", &figures->restricted);
  nn_json_add_double (json, "calibration_error", figures->calibration_error);
  add_doubles (json, "cross_entropy_at", figures->cross_entropy_at,
      TRAIN_N_TEMPERATURES);
  add_doubles (json, "calibration_error_at", figures->calibration_error_at,
      TRAIN_N_TEMPERATURES);
  add_doubles (json, "answered_at", figures->answered_at, TRAIN_N_THRESHOLDS);
  add_doubles (json, "accuracy_at", figures->accuracy_at, TRAIN_N_THRESHOLDS);
  nn_json_end_object (json);
}

static void
add_all_metrics (NnJson *json, const TrainReport *report)
{
  nn_json_begin_object (json, "metrics");
  if (report->validation)
    train_json_add_metrics (
        json, "validation", report->validation, report->corpus->labels);
  if (report->test)
    train_json_add_metrics (json, "test", report->test, report->corpus->labels);
  nn_json_end_object (json);
}

static void
add_history (NnJson *json, const TrainReport *report)
{
  nn_json_begin_array (json, "history");
  for (gsize i = 0; i < report->n_epochs; i++) {
    const NnEpoch *const epoch = &report->epochs[i];

    nn_json_begin_object (json, NULL);
    nn_json_add_int (json, "epoch", epoch->epoch + 1);
    nn_json_add_double (json, "loss", epoch->loss);
    nn_json_add_double (json, "accuracy", epoch->accuracy);
    nn_json_add_double (json, "val_loss", epoch->val_loss);
    nn_json_add_double (json, "val_accuracy", epoch->val_accuracy);
    nn_json_add_double (json, "learning_rate", epoch->learning_rate);
    nn_json_add_double (json, "seconds", epoch->seconds);
    nn_json_end_object (json);
  }
  nn_json_end_array (json);
}

static void
add_training (NnJson *json, const TrainReport *report)
{
  nn_json_begin_object (json, "training");
  nn_json_begin_object (json, "options");
  train_options_foreach (report->options, add_option, json);
  nn_json_end_object (json);
  if (report->best_epoch != G_MAXSIZE)
    nn_json_add_int (json, "best_epoch", report->best_epoch + 1);
  nn_json_end_object (json);
}

static void
add_self_test (NnJson *json, const TrainReport *report)
{
  const guint n = gst_emotion_labels_count (report->corpus->labels);

  nn_json_begin_object (json, "self_test");
  nn_json_add_int (json, "seed", report->self_test_seed);
  nn_json_begin_array (json, "output");
  nn_json_begin_array (json, NULL);
  for (guint c = 0; c < n; c++)
    nn_json_add_double (json, NULL, report->self_test[c]);
  nn_json_end_array (json);
  nn_json_end_array (json);
  nn_json_end_object (json);
}

/* What the model was made of, and how. */
static void
add_origin (NnJson *json, const TrainReport *report)
{
  train_json_add_labels (json, report->corpus->labels);
  gst_emotion_recipe_write (json, "recipe", report->recipe);
  nn_json_add_string (json, "model", report->model);
  add_data (json, report);
  if (report->options)
    add_training (json, report);
}

char *
train_report_metadata (const TrainReport *report)
{
  g_autoptr (NnJson) json = nn_json_new (FALSE);

  nn_json_begin_object (json, NULL);
  add_origin (json, report);
  add_all_metrics (json, report);
  if (report->self_test)
    add_self_test (json, report);
  nn_json_end_object (json);
  return g_strdup (nn_json_text (json));
}

/* The test of each data set, if there are several. */
static void
add_test_sets (NnJson *json, const TrainReport *report)
{
  if (!report->test_sets || report->test_sets->len < 2)
    return;
  nn_json_begin_object (json, "data_sets");
  for (guint i = 0; i < report->test_sets->len; i++) {
    const TrainSetResult *const set = g_ptr_array_index (report->test_sets, i);

    train_json_add_metrics (
        json, set->name, set->metrics, report->corpus->labels);
  }
  nn_json_end_object (json);
}

/* sets: of TrainSetResult, or NULL */
static void
add_figures (NnJson *json, const char *name, const GPtrArray *sets)
{
  nn_json_begin_object (json, name);
  for (guint i = 0; sets && i < sets->len; i++) {
    const TrainSetResult *const set = g_ptr_array_index (sets, i);

    train_json_add_figures (json, set->name, &set->figures);
  }
  nn_json_end_object (json);
}

static char *
to_json (const TrainReport *report)
{
  g_autoptr (NnJson) json = nn_json_new (TRUE);

  nn_json_begin_object (json, NULL);
  add_origin (json, report);
  add_strings (json, "unreadable", report->corpus->problems);
  add_strings (json, "incomplete", report->corpus->losses);
  nn_json_add_int (json, "weights", report->n_weights);
  nn_json_add_double (json, "seconds", report->seconds);
  add_history (json, report);
  add_all_metrics (json, report);
  add_test_sets (json, report);
  add_figures (json, "figures", report->test_sets);
  if (report->conditions)
    add_figures (json, "conditions", report->conditions);
  nn_json_end_object (json);
  return g_strconcat (nn_json_text (json), "\n", NULL);
}

static gboolean
draw_history (const TrainReport *report, const char *folder, TrainPlotKind kind,
    const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  return train_plot_history (
      path, kind, report->epochs, report->n_epochs, report->best_epoch, error);
}

gboolean
train_report_draw_confusion (const char *folder, const char *name,
    const char *what, const NnMetrics *metrics, const GstEmotionLabels *labels,
    GError **error)
{
  g_autofree char *file = g_strdup_printf ("confusion-%s.svg", name);
  g_autofree char *path = g_build_filename (folder, file, NULL);
  g_autofree char *title = g_strdup_printf ("%s: %zu windows, UAR %.1f %%",
      what, nn_metrics_count (metrics), 100 * nn_metrics_uar (metrics));

  return train_plot_confusion (path, title, metrics, labels, error);
}

static gboolean
draw_subset (const TrainReport *report, const char *folder, const char *subset,
    const NnMetrics *metrics, GError **error)
{
  return !metrics
      || train_report_draw_confusion (
          folder, subset, subset, metrics, report->corpus->labels, error);
}

static gboolean
draw (const TrainReport *report, const char *folder, GError **error)
{
  if (report->n_epochs > 0
      && (!draw_history (report, folder, TRAIN_PLOT_LOSS, "loss.svg", error)
          || !draw_history (
              report, folder, TRAIN_PLOT_ACCURACY, "accuracy.svg", error)))
    return FALSE;
  return draw_subset (report, folder, "validation", report->validation, error)
      && draw_subset (report, folder, "test", report->test, error);
}

gboolean
train_report_write_text (const char *folder, const char *text, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "report.json", NULL);
  g_autofree char *page_path = g_build_filename (folder, "report.html", NULL);
  g_autofree char *page = train_report_page (text);

  if (g_mkdir_with_parents (folder, 0777) != 0) {
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "%s: %s",
        folder, g_strerror (errno));
    return FALSE;
  }
  return g_file_set_contents (path, text, -1, error)
      && g_file_set_contents (page_path, page, -1, error);
}

gboolean
train_report_write (
    const TrainReport *report, const char *folder, GError **error)
{
  g_autofree char *text = to_json (report);

  if (!train_report_write_text (folder, text, error))
    return FALSE;
  return !train_plot_is_available () || draw (report, folder, error);
}
