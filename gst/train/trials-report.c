/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/trials-report.h"

#include <math.h>
#include <string.h>
#include "gst/train/training-plot.h"
#include "gst/train/report-json.h"
#include "gst/train/training-report.h"

/* Of any number of values. */
typedef struct {
  double sum, squares; /* of the distance from the first, for precision */
  double first;
  guint n;
} Sample;

static void
sample_add (Sample *self, double value)
{
  if (self->n++ == 0)
    self->first = value;
  self->sum += value - self->first;
  self->squares += (value - self->first) * (value - self->first);
}

static double
sample_mean (const Sample *self)
{
  return self->n > 0 ? self->first + self->sum / self->n : NAN;
}

/* NaN of one value. */
static double
sample_deviation (const Sample *self)
{
  if (self->n < 2)
    return NAN;
  return sqrt (
      MAX (self->squares - self->sum * self->sum / self->n, 0) / (self->n - 1));
}

/* Three figures of each of several predictions. */
typedef struct {
  Sample uar, accuracy, macro_f1;
  gsize n_windows; /* of the last */
} Figures;

static void
figures_add (Figures *self, const NnMetrics *metrics)
{
  sample_add (&self->uar, nn_metrics_uar (metrics));
  sample_add (&self->accuracy, nn_metrics_accuracy (metrics));
  sample_add (&self->macro_f1, nn_metrics_macro_f1 (metrics));
  self->n_windows = nn_metrics_count (metrics);
}

typedef struct {
  Sample recall, precision, f1;
  gsize support;
} ClassFigures;

/* What is known of a model. */
typedef struct {
  Figures tasks;
  Figures *folds;        /* [folds] */
  ClassFigures *classes; /* [labels] */
  GPtrArray *set_names;  /* borrowed */
  GArray *sets;          /* of Figures */
  double seconds;
  gsize n_weights;
} Summary;

static void
summary_clear (Summary *self)
{
  g_free (self->folds);
  g_free (self->classes);
  g_ptr_array_unref (self->set_names);
  g_array_unref (self->sets);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Summary, summary_clear)

static gsize
n_classes_of (const TrainTrials *self)
{
  return gst_emotion_labels_count (self->labels);
}

static const TrainTrial *
result_of (const TrainTrials *self, guint model, guint seed, guint fold)
{
  return self
      ->results[train_trials_number (self, (TrainTask){ model, seed, fold })];
}

/* The data sets of a model's results, each once. */
static void
find_sets (const TrainTrials *self, guint model, GPtrArray *names)
{
  for (guint fold = 0; fold < self->folds->len; fold++) {
    const TrainTrial *const trial = result_of (self, model, 0, fold);

    for (guint i = 0; i < trial->sets->len; i++) {
      const TrainSetResult *const set = g_ptr_array_index (trial->sets, i);

      if (!g_ptr_array_find_with_equal_func (
              names, set->name, g_str_equal, NULL))
        g_ptr_array_add (names, set->name);
    }
  }
}

/* All folds of one seed: what is of one data set (NULL: of all). */
static NnMetrics *
pool_seed (
    const TrainTrials *self, guint model, guint seed, const char *data_set)
{
  NnMetrics *pool = nn_metrics_new (n_classes_of (self));

  for (guint fold = 0; fold < self->folds->len; fold++) {
    const TrainTrial *const trial = result_of (self, model, seed, fold);

    for (guint i = 0; i < trial->sets->len; i++) {
      const TrainSetResult *const set = g_ptr_array_index (trial->sets, i);

      if (!data_set || g_str_equal (set->name, data_set))
        nn_metrics_merge (pool, set->metrics);
    }
  }
  return pool;
}

static void
add_seed (const TrainTrials *self, guint model, guint seed, Summary *summary)
{
  g_autoptr (NnMetrics) pool = pool_seed (self, model, seed, NULL);

  for (guint fold = 0; fold < self->folds->len; fold++) {
    const TrainTrial *const trial = result_of (self, model, seed, fold);
    g_autoptr (NnMetrics) metrics =
        train_trial_metrics (trial, n_classes_of (self));

    figures_add (&summary->tasks, metrics);
    figures_add (&summary->folds[fold], metrics);
    summary->seconds += trial->seconds;
    summary->n_weights = trial->n_weights;
  }
  for (guint c = 0; c < n_classes_of (self); c++) {
    ClassFigures *const class = &summary->classes[c];

    sample_add (&class->recall, nn_metrics_recall (pool, c));
    sample_add (&class->precision, nn_metrics_precision (pool, c));
    sample_add (&class->f1, nn_metrics_f1 (pool, c));
    class->support = nn_metrics_support (pool, c);
  }
  for (guint i = 0; i < summary->set_names->len; i++) {
    g_autoptr (NnMetrics) of_set = pool_seed (
        self, model, seed, g_ptr_array_index (summary->set_names, i));

    figures_add (&g_array_index (summary->sets, Figures, i), of_set);
  }
}

static void
summarize (const TrainTrials *self, guint model, Summary *summary)
{
  *summary = (Summary){ .folds = g_new0 (Figures, self->folds->len),
    .classes = g_new0 (ClassFigures, n_classes_of (self)),
    .set_names = g_ptr_array_new (),
    .sets = g_array_new (FALSE, TRUE, sizeof (Figures)) };
  find_sets (self, model, summary->set_names);
  g_array_set_size (summary->sets, summary->set_names->len);
  for (guint seed = 0; seed < self->n_seeds; seed++)
    add_seed (self, model, seed, summary);
}

NnMetrics *
train_trials_pool (const TrainTrials *self, guint model)
{
  NnMetrics *all = nn_metrics_new (n_classes_of (self));

  for (guint seed = 0; seed < self->n_seeds; seed++) {
    g_autoptr (NnMetrics) pool = pool_seed (self, model, seed, NULL);

    nn_metrics_merge (all, pool);
  }
  return all;
}

/* ---- one data set beside the other ---- */

/* Of the first seed, those of all folds: of TrainSetResult, borrowed. */
static GPtrArray *
sets_of (const TrainTrials *self, guint model)
{
  GPtrArray *sets = g_ptr_array_new ();

  for (guint fold = 0; fold < self->folds->len; fold++) {
    const TrainTrial *const trial = result_of (self, model, 0, fold);

    for (guint i = 0; i < trial->sets->len; i++) {
      TrainSetResult *const set = g_ptr_array_index (trial->sets, i);

      if (set->figures.n_windows > 0)
        g_ptr_array_add (sets, set);
    }
  }
  return sets;
}

static const TrainFigures *
figures_at (const GPtrArray *sets, guint i)
{
  return &((const TrainSetResult *) g_ptr_array_index (sets, i))->figures;
}

/* The temperature that all others would choose. */
static guint
temperature_of_others (const GPtrArray *sets, guint which)
{
  g_autofree const TrainFigures **others =
      g_new (const TrainFigures *, sets->len);
  gsize n = 0;

  for (guint i = 0; i < sets->len; i++)
    if (i != which)
      others[n++] = figures_at (sets, i);
  return train_figures_best_temperature (others, n);
}

typedef struct {
  double uar, restricted, ece, cooled_ece;
} Means;

static Means
means_of (const GPtrArray *sets)
{
  Means sum = { 0 };

  for (guint i = 0; i < sets->len; i++) {
    const TrainFigures *const figures = figures_at (sets, i);

    sum.uar += figures->uar.value / sets->len;
    sum.restricted += figures->restricted.value / sets->len;
    sum.ece += figures->calibration_error / sets->len;
    sum.cooled_ece +=
        figures->calibration_error_at[temperature_of_others (sets, i)]
        / sets->len;
  }
  return sum;
}

static void
print_sets (const TrainTrials *self, guint model, GString *text)
{
  g_autoptr (GPtrArray) sets = sets_of (self, model);
  const Means means = means_of (sets);

  if (sets->len < 2)
    return;
  g_string_append_c (text, '\n');
  train_figures_append_heading (text);
  for (guint i = 0; i < sets->len; i++) {
    const TrainSetResult *const set = g_ptr_array_index (sets, i);
    const guint t = temperature_of_others (sets, i);

    train_figures_append_row (text, set->name, &set->figures);
    g_string_append_printf (text,
        "  with the temperature of the others, %.2f: ECE %.3f\n",
        train_temperature (t), set->figures.calibration_error_at[t]);
  }
  g_string_append_printf (text,
      "mean: UAR %.3f, restricted %.3f, ECE %.3f, with the temperature of the "
      "others %.3f\n",
      means.uar, means.restricted, means.ece, means.cooled_ece);
}

static void
add_sets (NnJson *json, const TrainTrials *self, guint model)
{
  g_autoptr (GPtrArray) sets = sets_of (self, model);
  const Means means = means_of (sets);

  nn_json_begin_object (json, "figures");
  for (guint i = 0; i < sets->len; i++)
    train_json_add_figures (json,
        ((const TrainSetResult *) g_ptr_array_index (sets, i))->name,
        figures_at (sets, i));
  nn_json_end_object (json);
  nn_json_begin_object (json, "means");
  nn_json_add_double (json, "uar", means.uar);
  nn_json_add_double (json, "restricted", means.restricted);
  nn_json_add_double (json, "calibration_error", means.ece);
  nn_json_add_double (json, "calibration_error_cooled", means.cooled_ece);
  nn_json_end_object (json);
}

/* ---- the table ---- */

static void
print_sample (GString *text, const Sample *sample)
{
  const double deviation = sample_deviation (sample);
  g_autofree char *after = isnan (deviation)
      ? g_strdup ("")
      : g_strdup_printf ("+- %.3f", deviation);

  g_string_append_printf (text, "  %.3f %-8s", sample_mean (sample), after);
}

static void
print_row (GString *text, const char *kind, const char *name, const Sample *a,
    const Sample *b, const Sample *c, gsize n)
{
  g_autofree char *title = g_strdup_printf ("%s%s", kind, name);

  g_string_append_printf (text, "%-24s", title);
  print_sample (text, a);
  print_sample (text, b);
  print_sample (text, c);
  g_string_append_printf (text, "%8zu\n", n);
}

static void
print_figures (
    GString *text, const char *kind, const char *name, const Figures *figures)
{
  print_row (text, kind, name, &figures->uar, &figures->accuracy,
      &figures->macro_f1, figures->n_windows);
}

static void
print_heading (GString *text, const char *title, const char *a, const char *b,
    const char *c)
{
  g_string_append_printf (
      text, "\n%-24s  %-14s  %-14s  %-14s%8s\n", title, a, b, c, "windows");
}

static void
print_model (const TrainTrials *self, guint model, GString *text)
{
  const char *const name = g_ptr_array_index (self->models, model);
  g_autofree char *all =
      g_strdup_printf ("%u tasks", self->n_seeds * self->folds->len);
  g_autoptr (NnMetrics) pool = train_trials_pool (self, model);
  g_auto (Summary) summary = { 0 };

  summarize (self, model, &summary);
  print_heading (text, name, "UAR", "accuracy", "macro F1");
  print_row (text, "all ", all, &summary.tasks.uar, &summary.tasks.accuracy,
      &summary.tasks.macro_f1, nn_metrics_count (pool));
  for (guint i = 0; i < self->folds->len; i++)
    print_figures (
        text, "fold ", g_ptr_array_index (self->folds, i), &summary.folds[i]);
  for (guint i = 0; i < summary.set_names->len; i++)
    print_figures (text, "data set ", g_ptr_array_index (summary.set_names, i),
        &g_array_index (summary.sets, Figures, i));
  print_sets (self, model, text);
  print_heading (text, "", "recall", "precision", "F1");
  for (guint c = 0; c < n_classes_of (self); c++) {
    const ClassFigures *const class = &summary.classes[c];

    if (class->support > 0 || sample_mean (&class->f1) > 0)
      print_row (text, "", gst_emotion_labels_get (self->labels, c),
          &class->recall, &class->precision, &class->f1, class->support);
  }
}

char *
train_trials_table (const TrainTrials *self)
{
  GString *text = g_string_new (NULL);

  for (guint m = 0; m < self->models->len; m++)
    print_model (self, m, text);
  return g_string_free (text, FALSE);
}

/* ---- report.json ---- */

static void
add_sample (NnJson *json, const char *name, const Sample *sample)
{
  nn_json_begin_object (json, name);
  nn_json_add_double (json, "mean", sample_mean (sample));
  nn_json_add_double (json, "deviation", sample_deviation (sample));
  nn_json_end_object (json);
}

static void
add_figures (NnJson *json, const char *name, const Figures *figures)
{
  nn_json_begin_object (json, name);
  nn_json_add_int (json, "windows", figures->n_windows);
  add_sample (json, "uar", &figures->uar);
  add_sample (json, "accuracy", &figures->accuracy);
  add_sample (json, "macro_f1", &figures->macro_f1);
  nn_json_end_object (json);
}

static void
add_classes (NnJson *json, const TrainTrials *self, const Summary *summary)
{
  nn_json_begin_object (json, "classes");
  for (guint c = 0; c < n_classes_of (self); c++) {
    const ClassFigures *const class = &summary->classes[c];

    nn_json_begin_object (json, gst_emotion_labels_get (self->labels, c));
    nn_json_add_int (json, "support", class->support);
    add_sample (json, "recall", &class->recall);
    add_sample (json, "precision", &class->precision);
    add_sample (json, "f1", &class->f1);
    nn_json_end_object (json);
  }
  nn_json_end_object (json);
}

static void
add_model (NnJson *json, const TrainTrials *self, guint model)
{
  g_auto (Summary) summary = { 0 };
  g_autoptr (NnMetrics) pool = train_trials_pool (self, model);

  summarize (self, model, &summary);
  nn_json_begin_object (json, NULL);
  nn_json_add_string (json, "model", g_ptr_array_index (self->models, model));
  nn_json_add_int (json, "weights", summary.n_weights);
  nn_json_add_double (json, "seconds", summary.seconds);
  add_figures (json, "tasks", &summary.tasks);
  nn_json_begin_object (json, "folds");
  for (guint i = 0; i < self->folds->len; i++)
    add_figures (json, g_ptr_array_index (self->folds, i), &summary.folds[i]);
  nn_json_end_object (json);
  nn_json_begin_object (json, "data_sets");
  for (guint i = 0; i < summary.set_names->len; i++)
    add_figures (json, g_ptr_array_index (summary.set_names, i),
        &g_array_index (summary.sets, Figures, i));
  nn_json_end_object (json);
  add_sets (json, self, model);
  add_classes (json, self, &summary);
  train_json_add_metrics (json, "pooled", pool, self->labels);
  nn_json_end_object (json);
}

static void
add_task (NnJson *json, const TrainTrials *self, guint number)
{
  const TrainTrial *const trial = self->results[number];
  const TrainTask task = train_trials_task (self, number);
  g_autoptr (NnMetrics) metrics =
      train_trial_metrics (trial, n_classes_of (self));

  nn_json_begin_object (json, NULL);
  nn_json_add_string (
      json, "model", g_ptr_array_index (self->models, task.model));
  nn_json_add_int (json, "seed", (gint64) self->first_seed + task.seed);
  nn_json_add_string (json, "fold", g_ptr_array_index (self->folds, task.fold));
  nn_json_add_int (json, "epochs", trial->n_epochs);
  nn_json_add_int (json, "best_epoch", trial->best_epoch);
  nn_json_add_double (json, "seconds", trial->seconds);
  nn_json_add_int (json, "windows", nn_metrics_count (metrics));
  nn_json_add_double (json, "uar", nn_metrics_uar (metrics));
  nn_json_add_double (json, "accuracy", nn_metrics_accuracy (metrics));
  nn_json_add_double (json, "macro_f1", nn_metrics_macro_f1 (metrics));
  nn_json_end_object (json);
}

/* The lines "name=value" of the options. */
static void
add_options (NnJson *json, const TrainTrials *self)
{
  g_auto (GStrv) lines = g_strsplit (self->options, "\n", -1);

  nn_json_begin_object (json, "training");
  nn_json_begin_object (json, "options");
  for (char **line = lines; *line; line++) {
    char *const equals = strchr (*line, '=');

    if (!equals)
      continue;
    *equals = '\0';
    nn_json_add_string (json, *line, equals + 1);
  }
  nn_json_end_object (json);
  nn_json_end_object (json);
}

static char *
to_json (const TrainTrials *self)
{
  g_autoptr (NnJson) json = nn_json_new (TRUE);

  nn_json_begin_object (json, NULL);
  train_json_add_labels (json, self->labels);
  add_options (json, self);
  nn_json_add_int (json, "seeds", self->n_seeds);
  nn_json_begin_array (json, "models");
  for (guint m = 0; m < self->models->len; m++)
    add_model (json, self, m);
  nn_json_end_array (json);
  nn_json_begin_array (json, "tasks");
  for (guint i = 0; i < self->n_tasks; i++)
    add_task (json, self, i);
  nn_json_end_array (json);
  if (self->models->len == 1) { /* as in the report of one run */
    g_autoptr (NnMetrics) pool = train_trials_pool (self, 0);

    nn_json_begin_object (json, "metrics");
    train_json_add_metrics (json, "test", pool, self->labels);
    nn_json_end_object (json);
  }
  nn_json_end_object (json);
  return g_strconcat (nn_json_text (json), "\n", NULL);
}

static gboolean
draw (const TrainTrials *self, const char *folder, guint model, GError **error)
{
  g_autoptr (NnMetrics) pool = train_trials_pool (self, model);
  g_autofree char *base =
      g_path_get_basename (g_ptr_array_index (self->models, model));
  g_autofree char *name = self->models->len == 1
      ? g_strdup ("test")
      : g_strdup_printf ("%u-%s", model + 1, base);

  return train_report_draw_confusion (
      folder, name, base, pool, self->labels, error);
}

gboolean
train_trials_report_write (
    const TrainTrials *self, const char *folder, GError **error)
{
  g_autofree char *text = to_json (self);

  if (!train_report_write_text (folder, text, error))
    return FALSE;
  for (guint m = 0; m < self->models->len && train_plot_is_available (); m++)
    if (!draw (self, folder, m, error))
      return FALSE;
  return TRUE;
}
