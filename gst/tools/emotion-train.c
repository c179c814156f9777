/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trains a network on labelled sounds, or says how good one is.
 * Exit status: 0 all fine; 1 something failed, or some file could not be read;
 * 2 the command line makes no sense. */
#include <gio/gio.h>
#include <gst/gst.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "gst/model/wording.h"
#include "gst/model/model-cache.h"
#include "gst/ranks/ranks.h"
#include "gst/tools/experiment.h"
#include "gst/tools/progress.h"
#include "gst/tools/standard-streams.h"
#include "gst/tools/train-data.h"
#include "gst/train/calibrate.h"
#include "gst/train/data-sets.h"
#include "gst/train/evaluate.h"
#include "gst/train/options.h"
#include "gst/train/training-plot.h"
#include "gst/train/training-report.h"
#include "gst/train/training-run.h"
#include "gst/train/text.h"
#include "gst/train/trials-report.h"

enum { EXIT_FINE, EXIT_FAILED, EXIT_USAGE };

typedef struct {
  TrainOptions *options;
  GstEmotionModel *model; /* of --evaluate, or of a file in --model */
  DspRecipe *recipes;     /* of each model */
  TrainCorpus *corpus;
  Ranks *ranks; /* with whom this process works; rank 0 speaks */
  char *task;   /* before the line of an epoch; NULL: there is one only */
} Tool;

/* Set by Ctrl-C; a second one ends the program at once. */
static gint stop;

static void
on_interrupt (int number)
{
  g_atomic_int_set (&stop, 1);
  signal (number, SIG_DFL);
}

static gboolean
is_speaker (const Tool *self)
{
  return ranks_index (self->ranks) == 0;
}

static int
fail (const Tool *self, const GError *error)
{
  tool_progress_clear ();
  if (is_speaker (self))
    g_printerr ("emotion-train: %s\n", error->message);
  return error->domain == G_OPTION_ERROR ? EXIT_USAGE : EXIT_FAILED;
}

static void
say (const Tool *self, const char *format, ...)
{
  va_list args;

  if (self->options->quiet || !is_speaker (self))
    return;
  tool_progress_clear ();
  va_start (args, format);
  vprintf (format, args);
  va_end (args);
  fflush (stdout);
}

/* --train-on and --test-on, for one split; folds are restricted each. */
static gboolean
choose_data_sets (const Tool *self, GError **error)
{
  const TrainOptions *const options = self->options;
  g_auto (GStrv) train_on = train_options_list (options->train_on);
  g_auto (GStrv) test_on = train_options_list (options->test_on);
  const TrainDataSets sets = { (const char *const *) train_on,
    (const char *const *) test_on };

  return train_data_sets_check (&sets, self->corpus, error)
      && (options->cross_validate
          || train_data_sets_hold_out (&sets, self->corpus, error));
}

static gboolean
new_corpus (Tool *self, GError **error)
{
  const TrainOptions *const options = self->options;
  g_autoptr (GstEmotionLabels) labels = NULL;

  if (self->model && (options->evaluate || !options->labels))
    labels = gst_emotion_model_labels (self->model, options->labels, error);
  else if (options->labels)
    labels = gst_emotion_labels_parse (options->labels, error);
  else
    labels = gst_emotion_labels_new_default ();
  if (!labels)
    return FALSE;
  self->corpus = train_corpus_new (labels);
  return TRUE;
}

static void
complain_all (const GPtrArray *lines)
{
  for (guint i = 0; i < lines->len; i++)
    g_printerr ("emotion-train: %s\n", (char *) g_ptr_array_index (lines, i));
}

/* All ranks at once. */
static gboolean
load_corpus (Tool *self, GError **error)
{
  const gboolean ok = tool_train_data_load (
      self->corpus, self->options, self->recipes, self->ranks, &stop, error);

  if (is_speaker (self)) {
    complain_all (self->corpus->notes);
    complain_all (self->corpus->losses);
    complain_all (self->corpus->problems);
  }
  if (!ok || !choose_data_sets (self, error))
    return FALSE;
  say (self,
      "%u sounds; %u unreadable, %zu without a class, %zu with names that do "
      "not match the scheme\n",
      self->corpus->items->len, self->corpus->problems->len,
      self->corpus->n_no_class, self->corpus->n_foreign);
  return TRUE;
}

/* Of all that was read. Free with g_free. */
static char *
digest_of (const Tool *self)
{
  const GPtrArray *const items = self->corpus->items;
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  for (guint i = 0; i < items->len; i++) {
    const TrainItem *const item = g_ptr_array_index (items, i);
    g_autofree char *line = g_strdup_printf ("%u %s %s %s\n", item->label,
        item->data_set, item->speaker, item->digest);

    g_checksum_update (checksum, (const guchar *) line, -1);
  }
  return g_strdup (g_checksum_get_string (checksum));
}

/* Output. */

static void
print_metrics (
    const char *title, const NnMetrics *metrics, const GstEmotionLabels *labels)
{
  g_autofree char *text = train_text_metrics (metrics, labels);

  tool_progress_clear ();
  printf ("\n%s: %zu windows\n\n%s", title, nn_metrics_count (metrics), text);
  fflush (stdout);
}

/* The test by data sets. */
static void
print_sets (const GPtrArray *sets)
{
  g_autofree char *text = train_text_sets (sets);

  printf ("\n%s", text);
  fflush (stdout);
}

/* Always FALSE. */
static gboolean
warn_of_plots (const Tool *self)
{
  if (!train_plot_is_available ())
    g_printerr ("emotion-train: no pictures in %s: built without PLplot\n",
        self->options->report);
  return FALSE;
}

static gboolean
write_report (const Tool *self, const TrainReport *report, GError **error)
{
  const char *const folder = self->options->report;

  if (!folder || !is_speaker (self))
    return TRUE;
  warn_of_plots (self);
  return train_report_write (report, folder, error);
}

static void
on_batch (const NnEpoch *progress, gpointer user_data)
{
  const Tool *const self = user_data;
  g_autofree char *before = g_strdup_printf (
      "%sEpoch %zu", self->task ? self->task : "", progress->epoch + 1);
  g_autofree char *after = g_strdup_printf (
      "loss %.4f, accuracy %.3f", progress->loss, progress->accuracy);

  if (!self->options->quiet && is_speaker (self))
    tool_progress_show (before, progress->batch, progress->n_batches, after);
}

static void
on_epoch (const NnEpoch *epoch, gpointer user_data)
{
  const Tool *const self = user_data;
  g_autofree char *validation = isfinite (epoch->val_loss)
      ? g_strdup_printf ("val_loss %.4f  val_accuracy %.3f  ", epoch->val_loss,
          epoch->val_accuracy)
      : g_strdup ("");

  say (self,
      "%sEpoch %3zu/%d  loss %.4f  accuracy %.3f  %srate %.2g  %.1f s%s\n",
      self->task ? self->task : "", epoch->epoch + 1, self->options->epochs,
      epoch->loss, epoch->accuracy, validation, epoch->learning_rate,
      epoch->seconds, epoch->is_best ? "  best" : "");
}

/* The three things that the tool does. */

/* condition: NULL for the sounds as they are. */
static TrainTrial *
evaluate_under (Tool *self, const TrainCondition *condition, GError **error)
{
  const guint n_threads = train_options_n_threads (self->options);
  TrainExamplesConfig config;

  train_options_examples (self->options, self->recipes, FALSE, &config);
  config.comm = ranks_comm (self->ranks);
  config.condition = condition;
  g_autoptr (TrainExamples) examples = train_examples_new (
      self->corpus, NULL, TRAIN_SUBSET_TEST, &config, error);

  return examples ? train_evaluate_model (
             self->model, examples, n_threads, ranks_comm (self->ranks))
                  : NULL;
}

/* Adds the data sets under one condition, called "white:10 ravdess". */
static gboolean
evaluate_condition (
    Tool *self, const char *name, TrainTrial *conditions, GError **error)
{
  TrainCondition condition;

  if (!train_condition_parse (name, &condition, error))
    return FALSE;

  g_autoptr (TrainTrial) trial = evaluate_under (self, &condition, error);

  for (guint i = 0; trial && i < trial->sets->len; i++) {
    const TrainSetResult *const set = g_ptr_array_index (trial->sets, i);
    g_autofree char *title = g_strdup_printf ("%s %s", name, set->name);

    train_trial_set (
        conditions, title, gst_emotion_labels_count (self->corpus->labels))
        ->figures = set->figures;
  }
  return trial != NULL;
}

/* NULL and no error where none were asked for. */
static TrainTrial *
evaluate_conditions (Tool *self, GError **error)
{
  const char *const wanted = self->options->conditions;
  g_auto (GStrv) names = train_options_list (
      g_strcmp0 (wanted, "all") == 0 ? TRAIN_ALL_CONDITIONS : wanted);
  g_autoptr (TrainTrial) conditions = names ? train_trial_new () : NULL;

  for (char **name = names; name && *name; name++)
    if (!evaluate_condition (self, *name, conditions, error))
      return NULL;
  return g_steal_pointer (&conditions);
}

/* --calibrate: a temperature for all data sets, of which each counts the same.
 */
static gboolean
calibrate (const Tool *self, const TrainTrial *trial, GError **error)
{
  const TrainOptions *const options = self->options;
  g_autofree const TrainFigures **sets =
      g_new (const TrainFigures *, trial->sets->len);
  double temperature;

  for (guint i = 0; i < trial->sets->len; i++)
    sets[i] =
        &((const TrainSetResult *) g_ptr_array_index (trial->sets, i))->figures;
  train_options_temperature (options, &temperature);
  if (temperature == 0)
    temperature = train_temperature (
        train_figures_best_temperature (sets, trial->sets->len));
  if (!is_speaker (self))
    return TRUE;
  if (!train_calibrate_file (
          options->evaluate, temperature, options->output, error))
    return FALSE;
  say (self, "\nTemperature %.3g. Model: %s\n", temperature, options->output);
  return TRUE;
}

static gboolean
evaluate (Tool *self, GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autoptr (TrainTrial) trial = evaluate_under (self, NULL, error);
  g_autoptr (TrainTrial) conditions =
      trial ? evaluate_conditions (self, &failure) : NULL;

  if (failure)
    g_propagate_error (error, g_steal_pointer (&failure));
  if (!trial || (self->options->conditions && !conditions))
    return FALSE;

  g_autoptr (NnMetrics) metrics = train_trial_metrics (
      trial, gst_emotion_labels_count (self->corpus->labels));
  const TrainReport report = { .model = self->options->evaluate,
    .corpus = self->corpus,
    .recipe = self->recipes,
    .best_epoch = G_MAXSIZE,
    .test = metrics,
    .test_sets = trial->sets,
    .conditions = conditions ? conditions->sets : NULL };

  if (is_speaker (self)) {
    print_metrics (self->options->evaluate, metrics, self->corpus->labels);
    print_sets (trial->sets);
    if (conditions)
      print_sets (conditions->sets);
  }
  return write_report (self, &report, error)
      && (!self->options->calibrate || calibrate (self, trial, error));
}

static TrainRunHooks
hooks_of (Tool *self)
{
  return (TrainRunHooks){ .stop = &stop,
    .on_batch = on_batch,
    .on_epoch = on_epoch,
    .user_data = self,
    .ranks = self->ranks };
}

static TrainRun *
run (Tool *self, const TrainSubset *subsets, const char *state, GError **error)
{
  const TrainRunHooks hooks = hooks_of (self);
  TrainRun *result = train_run_new (self->corpus, subsets, self->options,
      self->recipes, state, &hooks, error);

  tool_progress_clear ();
  return result;
}

static TrainReport
report_of (const Tool *self, const TrainSubset *subsets, const TrainRun *result)
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
check_end (const Tool *self, const TrainRun *result, GError **error)
{
  if (result->result == NN_FIT_DIVERGED && is_speaker (self))
    g_printerr ("emotion-train: the loss is no longer finite; a smaller "
                "--learning-rate may help\n");
  if (result->result == NN_FIT_STOPPED && is_speaker (self))
    g_printerr (
        "emotion-train: interrupted; run again with --resume to continue\n");
  if (result->best_epoch != G_MAXSIZE)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED,
      "no epoch was completed, so no model was saved");
  return FALSE;
}

static gboolean
save (Tool *self, const TrainSubset *subsets, const TrainRun *result,
    const char *state, GError **error)
{
  const TrainReport report = report_of (self, subsets, result);
  const TrainOptions *const options = self->options;

  if (!is_speaker (self))
    return TRUE;
  if (!train_run_save (result, &report, options->output, error)
      || !write_report (self, &report, error))
    return FALSE;
  if (result->result != NN_FIT_STOPPED)
    remove (state);
  say (self, "\nEpoch %zu of %zu, %.0f s. Model: %s\n", result->best_epoch + 1,
      result->n_epochs, result->seconds, options->output);
  if (result->validation)
    print_metrics ("Validation", result->validation, self->corpus->labels);
  if (result->test)
    print_metrics ("Test", result->test, self->corpus->labels);
  if (result->trial)
    print_sets (result->trial->sets);
  return TRUE;
}

static gboolean
train (Tool *self, GError **error)
{
  const TrainOptions *const options = self->options;
  g_autofree TrainSubset *subsets =
      g_new (TrainSubset, self->corpus->items->len);
  g_autofree char *state = g_strconcat (options->output, ".state", NULL);

  if (!train_options_split (options, self->corpus, subsets, error))
    return FALSE;
  g_autoptr (TrainRun) result = run (self, subsets, state, error);

  return result && check_end (self, result, error)
      && save (self, subsets, result, state, error);
}

static void
begin_task (const char *task, gpointer user_data)
{
  Tool *const self = user_data;

  g_free (self->task);
  self->task = g_strconcat (task, "  ", NULL);
}

static void
end_task (const char *task, const TrainTrial *trial, gpointer user_data)
{
  const Tool *const self = user_data;
  g_autoptr (NnMetrics) test = train_trial_metrics (
      trial, gst_emotion_labels_count (self->corpus->labels));

  say (self, "%s  epoch %u of %u, %.0f s, test: accuracy %.3f, UAR %.3f\n",
      task, trial->best_epoch, trial->n_epochs, trial->seconds,
      nn_metrics_accuracy (test), nn_metrics_uar (test));
}

/* What all runs come to. */
static gboolean
show_trials (const Tool *self, const TrainTrials *trials, GError **error)
{
  g_autofree char *table = train_trials_table (trials);

  for (guint m = 0; m < trials->models->len; m++) {
    g_autoptr (NnMetrics) pool = train_trials_pool (trials, m);
    g_autofree char *title = trials->models->len == 1
        ? g_strdup ("Cross-validation")
        : g_strdup_printf ("Cross-validation, %s",
            (const char *) g_ptr_array_index (trials->models, m));

    print_metrics (title, pool, trials->labels);
  }
  printf ("%s", table);
  return !self->options->report || warn_of_plots (self)
      || train_trials_report_write (trials, self->options->report, error);
}

static gboolean
run_experiment (Tool *self, GError **error)
{
  const TrainOptions *const options = self->options;
  g_autofree char *sounds = digest_of (self);
  g_autoptr (TrainTrials) trials = NULL;
  const ToolExperiment experiment = { .options = options,
    .corpus = self->corpus,
    .sounds = sounds,
    .recipes = self->recipes,
    .ranks = self->ranks,
    .hooks = hooks_of (self),
    .begin = begin_task,
    .done = end_task,
    .user_data = self };

  const gboolean ok = tool_experiment_run (&experiment, &trials, error);

  g_clear_pointer (&self->task, g_free);
  if (!ok || !is_speaker (self))
    return ok;
  if (trials)
    return show_trials (self, trials, error);
  say (self, "Shard %s is in %s; --gather combines the shards\n",
      options->shard, options->output);
  return TRUE;
}

static gboolean
gather (const Tool *self, GError **error)
{
  g_autoptr (TrainTrials) trials =
      tool_experiment_gather ((const char *const *) self->options->rest, error);

  return trials && show_trials (self, trials, error);
}

/* The recipe of one model, and the model itself where it is a file. */
static gboolean
load_model (const Tool *self, const char *name, DspRecipe *recipe,
    GstEmotionModel **model, GError **error)
{
  g_autofree char *changes = train_options_recipe_text (self->options);
  const GstEmotionModelOptions options = { .recipe = changes };
  GstEmotionBuiltin builtin;

  *model = NULL;
  if (!self->options->evaluate && train_is_architecture (name))
    return train_options_recipe (self->options, name, recipe, error);
  if (!self->options->evaluate && !g_file_test (name, G_FILE_TEST_EXISTS)) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--model %s is neither an architecture nor a file", name);
    return FALSE;
  }
  *model = gst_emotion_builtin_find (name, &builtin)
      ? gst_emotion_model_cache_get_builtin (builtin, &options, error)
      : gst_emotion_model_load (name, &options, error);
  if (*model)
    *recipe = *gst_emotion_model_recipe (*model);
  return *model != NULL;
}

/* Sounds are decoded once, for all of them. */
static gboolean
check_recipe (
    const Tool *self, const char *name, const DspRecipe *recipe, GError **error)
{
  if (recipe->rate == self->recipes->rate
      && recipe->window_len == self->recipes->window_len)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--model %s needs windows of %zu samples at %g Hz, but the first model "
      "needs %zu at %g Hz: train them separately",
      name, (gsize) recipe->window_len, recipe->rate,
      (gsize) self->recipes->window_len, self->recipes->rate);
  return FALSE;
}

/* The first one that is a file says what the labels are. */
static gboolean
load_models (Tool *self, GError **error)
{
  const TrainOptions *const options = self->options;
  const guint n = options->evaluate ? 1 : train_options_n_models (options);

  self->recipes = g_new0 (DspRecipe, n);
  for (guint m = 0; m < n; m++) {
    const char *const name = options->evaluate
        ? options->evaluate
        : train_options_nth_model (options, m);
    g_autoptr (GstEmotionModel) model = NULL;

    if (!load_model (self, name, &self->recipes[m], &model, error)
        || !check_recipe (self, name, &self->recipes[m], error))
      return FALSE;
    if (!self->model)
      self->model = g_steal_pointer (&model);
  }
  return TRUE;
}

static int
work (Tool *self)
{
  g_autoptr (GError) error = NULL;

  if (self->options->gather)
    return gather (self, &error) ? EXIT_FINE : fail (self, error);

  gboolean ok = load_models (self, &error) && new_corpus (self, &error);

  ok = ranks_agree (self->ranks, ok, &error);
  if (ok)
    ok = ranks_agree (self->ranks, load_corpus (self, &error), &error);
  if (ok) {
    ok = self->options->evaluate ? evaluate (self, &error)
        : train_options_is_experiment (self->options)
        ? run_experiment (self, &error)
        : train (self, &error);
    ok = ranks_agree (self->ranks, ok, &error);
  }
  if (!ok)
    return fail (self, error);
  return self->corpus->problems->len > 0 || self->corpus->losses->len > 0
          || g_atomic_int_get (&stop)
      ? EXIT_FAILED
      : EXIT_FINE;
}

static gboolean
parse (TrainOptions *options, int *argc, char ***argv, GError **error)
{
  g_autoptr (GOptionContext) context = train_options_context (options);

  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  return options->version || train_options_check (options, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (TrainOptions) options = train_options_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (Ranks) ranks = NULL;
  Tool self = { .options = options };

  tool_standard_streams_hold ();
  gst_emotion_wording_use_options ();
  setlocale (LC_ALL, "");
  if (!(ranks = ranks_new (&error)))
    return fail (&self, error);
  self.ranks = ranks;
  if (!parse (options, &argc, &argv, &error)) {
    fail (&self, error);
    if (is_speaker (&self))
      g_printerr ("emotion-train --help lists all options\n");
    return EXIT_USAGE;
  }
  if (options->threads == 0)
    options->threads = ranks_n_processors (ranks);
  if (options->version) {
    printf ("emotion-train %s\n", PACKAGE_VERSION);
    return EXIT_FINE;
  }
  signal (SIGINT, on_interrupt);
  signal (SIGTERM, on_interrupt);

  const int status = work (&self);

  train_corpus_free (self.corpus);
  gst_emotion_model_unref (self.model);
  g_free (self.recipes);
  gst_deinit ();
  return status;
}
