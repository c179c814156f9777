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

#include "gst/model-cache.h"
#include "gst/ranks/ranks.h"
#include "gst/tools/progress.h"
#include "gst/tools/train-data.h"
#include "gst/train/evaluate.h"
#include "gst/train/options.h"
#include "gst/train/plot.h"
#include "gst/train/report.h"
#include "gst/train/run.h"
#include "gst/train/text.h"

enum { EXIT_FINE, EXIT_FAILED, EXIT_USAGE };

typedef struct {
  TrainOptions *options;
  GstEmotionModel *model; /* of --evaluate, or of a file in --model */
  DspRecipe recipe;
  TrainCorpus *corpus;
  Ranks *ranks;     /* with whom this process works; rank 0 speaks */
  const char *fold; /* before the line of an epoch */
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
  progress_clear ();
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
  progress_clear ();
  va_start (args, format);
  vprintf (format, args);
  va_end (args);
  fflush (stdout);
}

static gboolean
load_corpus (Tool *self, GError **error)
{
  const TrainOptions *const options = self->options;
  g_autoptr (GstEmotionLabels) labels = NULL;

  if (self->model)
    labels = gst_emotion_model_labels (self->model, options->labels, error);
  else if (options->labels)
    labels = gst_emotion_labels_parse (options->labels, error);
  else
    labels = gst_emotion_labels_new_default ();
  if (!labels)
    return FALSE;
  self->corpus = train_corpus_new (labels);

  const gboolean ok =
      train_data_load (self->corpus, options, &self->recipe, &stop, error);

  for (guint i = 0; i < self->corpus->problems->len && is_speaker (self); i++)
    g_printerr ("emotion-train: %s\n",
        (char *) g_ptr_array_index (self->corpus->problems, i));
  if (!ok)
    return FALSE;
  say (self,
      "%u sounds; %u could not be read, %zu of no class, %zu with names of "
      "another kind\n",
      self->corpus->items->len, self->corpus->problems->len,
      self->corpus->n_no_class, self->corpus->n_foreign);
  return TRUE;
}

/* All ranks must have been asked for the same, and have read the same. */
static gboolean
check_same_corpus (const Tool *self, GError **error)
{
  const GPtrArray *const items = self->corpus->items;
  g_autofree char *options = train_options_to_text (self->options);
  g_autoptr (GString) text = g_string_new (options);

  for (guint i = 0; i < items->len; i++) {
    const TrainItem *const item = g_ptr_array_index (items, i);

    g_string_append_printf (
        text, "%u %s %s\n", item->label, item->speaker, item->digest);
  }
  if (ranks_have_same (self->ranks, text->str, text->len))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "the ranks have read different sounds, or have other options (rank %zu: "
      "%u sounds): give all the same",
      ranks_index (self->ranks), items->len);
  return FALSE;
}

/* Output. */

static void
print_metrics (const Tool *self, const char *title, const NnMetrics *metrics)
{
  g_autofree char *text = train_text_metrics (metrics, self->corpus->labels);

  if (!is_speaker (self))
    return;
  progress_clear ();
  printf ("\n%s: %zu windows\n\n%s", title, nn_metrics_count (metrics), text);
  fflush (stdout);
}

static gboolean
write_report (const Tool *self, const TrainReport *report, GError **error)
{
  const char *const folder = self->options->report;

  if (!folder || !is_speaker (self))
    return TRUE;
  if (!train_plot_is_available ())
    g_printerr (
        "emotion-train: no pictures in %s: built without PLplot\n", folder);
  return train_report_write (report, folder, error);
}

static void
on_batch (const NnEpoch *progress, gpointer user_data)
{
  const Tool *const self = user_data;
  g_autofree char *before =
      g_strdup_printf ("%sEpoch %zu", self->fold, progress->epoch + 1);
  g_autofree char *after = g_strdup_printf (
      "loss %.4f, accuracy %.3f", progress->loss, progress->accuracy);

  if (!self->options->quiet && is_speaker (self))
    progress_show (before, progress->batch, progress->n_batches, after);
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
      self->fold, epoch->epoch + 1, self->options->epochs, epoch->loss,
      epoch->accuracy, validation, epoch->learning_rate, epoch->seconds,
      epoch->is_best ? "  best" : "");
}

/* The three things that the tool does. */

static gboolean
evaluate (Tool *self, GError **error)
{
  const guint n_threads = train_options_n_threads (self->options);
  TrainExamplesConfig config;

  train_options_examples (self->options, &self->recipe, FALSE, &config);
  g_autoptr (TrainExamples) examples =
      train_examples_new (self->corpus, NULL, TRAIN_PART_TEST, &config, error);

  if (!examples)
    return FALSE;
  g_autoptr (NnMetrics) metrics = train_evaluate (
      self->model, examples, n_threads, ranks_comm (self->ranks));
  const TrainReport report = { .model = self->options->evaluate,
    .corpus = self->corpus,
    .recipe = &self->recipe,
    .best_epoch = G_MAXSIZE,
    .test = metrics };

  print_metrics (self, self->options->evaluate, metrics);
  return write_report (self, &report, error);
}

static TrainRun *
run (Tool *self, const TrainPart *parts, const char *state, GError **error)
{
  const TrainRunHooks hooks = { .stop = &stop,
    .on_batch = on_batch,
    .on_epoch = on_epoch,
    .user_data = self,
    .ranks = self->ranks };

  TrainRun *result = train_run_new (
      self->corpus, parts, self->options, &self->recipe, state, &hooks, error);

  progress_clear ();
  return result;
}

static TrainReport
report_of (const Tool *self, const TrainPart *parts, const TrainRun *result)
{
  return (TrainReport){ .model = train_options_model (self->options),
    .options = self->options,
    .corpus = self->corpus,
    .parts = parts,
    .recipe = &self->recipe,
    .epochs = result->epochs,
    .n_epochs = result->n_epochs,
    .best_epoch = result->best_epoch,
    .n_weights = nn_trainer_n_weights (result->trainer),
    .seconds = result->seconds,
    .validation = result->validation,
    .test = result->test };
}

/* Says how the run ended; FALSE where there is nothing to save. */
static gboolean
check_end (const Tool *self, const TrainRun *result, GError **error)
{
  if (result->result == NN_FIT_DIVERGED && is_speaker (self))
    g_printerr ("emotion-train: the loss is not finite any more; a smaller "
                "--learning-rate may help\n");
  if (result->result == NN_FIT_STOPPED && is_speaker (self))
    g_printerr ("emotion-train: interrupted; --resume goes on\n");
  if (result->best_epoch != G_MAXSIZE)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED,
      "no epoch is complete, so there is no model");
  return FALSE;
}

static gboolean
save (Tool *self, const TrainPart *parts, const TrainRun *result,
    const char *state, GError **error)
{
  const TrainReport report = report_of (self, parts, result);
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
    print_metrics (self, "Validation", result->validation);
  if (result->test)
    print_metrics (self, "Test", result->test);
  return TRUE;
}

static gboolean
train (Tool *self, GError **error)
{
  const TrainOptions *const options = self->options;
  g_auto (GStrv) validation = train_options_list (options->validation_speakers);
  g_auto (GStrv) test = train_options_list (options->test_speakers);
  const TrainSplitConfig split = { .mode = train_options_split_mode (options),
    .validation_fraction = options->validation_fraction,
    .seed = options->seed,
    .validation_speakers = (const char *const *) validation,
    .test_speakers = (const char *const *) test };
  g_autofree TrainPart *parts = g_new (TrainPart, self->corpus->items->len);
  g_autofree char *state = g_strconcat (options->output, ".state", NULL);

  if (!train_split (self->corpus, &split, parts, error))
    return FALSE;
  g_autoptr (TrainRun) result = run (self, parts, state, error);

  return result && check_end (self, result, error)
      && save (self, parts, result, state, error);
}

/* Without a validation part, all that is not tested is learnt. */
static void
learn_from_validation (const Tool *self, TrainPart *parts)
{
  for (guint i = 0; i < self->corpus->items->len; i++)
    if (parts[i] == TRAIN_PART_VALIDATION)
      parts[i] = TRAIN_PART_TRAIN;
}

/* One fold: adds its test to the others. */
static gboolean
train_fold (Tool *self, TrainSplitMode mode, guint n_folds, guint fold,
    NnMetrics *all, GError **error)
{
  g_autofree TrainPart *parts = g_new (TrainPart, self->corpus->items->len);
  g_autofree char *name = g_strdup_printf ("Fold %u/%u  ", fold + 1, n_folds);

  self->fold = name;
  if (!train_split_fold (
          self->corpus, mode, self->options->seed, n_folds, fold, parts, error))
    return FALSE;
  if (self->options->validation_fraction == 0)
    learn_from_validation (self, parts);
  g_autoptr (TrainRun) result = run (self, parts, NULL, error);

  self->fold = "";
  if (!result || !check_end (self, result, error))
    return FALSE;
  if (g_atomic_int_get (&stop)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted");
    return FALSE;
  }
  nn_metrics_merge (all, result->test);
  say (self, "%sepoch %zu of %zu, %.0f s, test: accuracy %.3f, UAR %.3f\n",
      name, result->best_epoch + 1, result->n_epochs, result->seconds,
      nn_metrics_accuracy (result->test), nn_metrics_uar (result->test));
  return TRUE;
}

static gboolean
cross_validate (Tool *self, GError **error)
{
  g_autoptr (NnMetrics) all =
      nn_metrics_new (gst_emotion_labels_count (self->corpus->labels));
  TrainSplitMode mode = TRAIN_SPLIT_SPEAKER;
  const guint n_folds = train_options_folds (self->options, &mode);

  for (guint fold = 0; fold < n_folds; fold++)
    if (!train_fold (self, mode, n_folds, fold, all, error))
      return FALSE;

  const TrainReport report = { .model = train_options_model (self->options),
    .options = self->options,
    .corpus = self->corpus,
    .recipe = &self->recipe,
    .best_epoch = G_MAXSIZE,
    .test = all };

  print_metrics (self, "Cross-validation", all);
  return write_report (self, &report, error);
}

/* The model that says what the labels and the features are. */
static gboolean
load_model (Tool *self, GError **error)
{
  const TrainOptions *const options = self->options;
  const char *path = options->evaluate;
  GstEmotionBuiltin builtin;

  if (!path && train_is_architecture (train_options_model (options)))
    return train_options_recipe (options, &self->recipe, error);
  if (options->recipe) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--recipe goes with an architecture: a model file has its own");
    return FALSE;
  }
  if (!path)
    path = train_options_model (options);
  if (!options->evaluate && !g_file_test (path, G_FILE_TEST_EXISTS)) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--model %s is no architecture and no file", path);
    return FALSE;
  }
  self->model = gst_emotion_builtin_find (path, &builtin)
      ? gst_emotion_model_cache_get_builtin (builtin, error)
      : gst_emotion_model_load (path, error);
  if (self->model)
    self->recipe = *gst_emotion_model_recipe (self->model);
  return self->model != NULL;
}

static int
work (Tool *self)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = load_model (self, &error) && load_corpus (self, &error);

  ok =
      ranks_agree (self->ranks, ok, &error) && check_same_corpus (self, &error);
  if (ok) {
    ok = self->options->evaluate        ? evaluate (self, &error)
        : self->options->cross_validate ? cross_validate (self, &error)
                                        : train (self, &error);
    ok = ranks_agree (self->ranks, ok, &error);
  }
  if (!ok)
    return fail (self, error);
  return self->corpus->problems->len > 0 || g_atomic_int_get (&stop)
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
  if (*argc > 1) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "“%s” is not an option", (*argv)[1]);
    return FALSE;
  }
  return options->version || train_options_check (options, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (TrainOptions) options = train_options_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (Ranks) ranks = NULL;
  Tool self = { .options = options, .fold = "" };

  setlocale (LC_ALL, "");
  if (!(ranks = ranks_new (&error)))
    return fail (&self, error);
  self.ranks = ranks;
  if (!parse (options, &argc, &argv, &error)) {
    fail (&self, error);
    if (is_speaker (&self))
      g_printerr ("emotion-train --help tells what there is\n");
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
  return status;
}
