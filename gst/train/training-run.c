/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/training-run.h"

#include <string.h>
#include "gst/model/output.h"
#include "gst/train/evaluate.h"
#include "gst/train/examples.h"
#include "nn/error.h"
#include "nn/metadata.h"
#include "nn/save.h"
#include "nn/train/architectures.h"
#include "nn/train/probe.h"
#include "nn/train/transfer.h"

#define SELF_TEST_SEED 7
#define SETTLING_STEPS 500
#define TRUNK_DROPOUT 0.3
#define TEACHER_LINE "teacher-digest="

/* What the callbacks of the fit need. */
typedef struct {
  const TrainRunHooks *hooks;
  Ranks *ranks;
  NnFit *fit;
  const char *state;
  char *text;     /* of the options, and of the teacher: see run_text */
  GError **error; /* of the state */
} Context;

gboolean
train_is_architecture (const char *model)
{
  for (const char *const *nick = nn_architecture_nicks (); *nick; nick++)
    if (g_str_equal (model, *nick))
      return TRUE;
  return FALSE;
}

/* Statistics are values in a row; a matrix over time is a picture. */
static NnShape
input_shape (const DspRecipe *recipe)
{
  const size_t n_bands = dsp_recipe_n_bands (recipe);
  const size_t n_columns = dsp_recipe_n_columns (recipe);

  if (recipe->statistics)
    return (NnShape){ .rank = 1, .dim = { n_bands * n_columns } };
  return (NnShape){ .rank = 3, .dim = { n_bands, n_columns, 1 } };
}

/* Whether the outputs are probabilities of the classes, which can be trained.
 */
static gboolean
fits_classes (NnModel *network, guint n_classes)
{
  g_autoptr (NnSession) session = nn_session_new (network, 1, NULL);
  GstEmotionOutput output;

  return nn_shape_size (nn_model_output_shape (network, 0)) == n_classes
      && session
      && gst_emotion_output_find ("", network, session, &output, NULL)
      && output == GST_EMOTION_OUTPUT_PROBABILITIES;
}

/* A file that was trained on other classes gets a new last layer, one that puts
 * out logits a softmax, and one of which the trunk alone is wanted a new end.
 */
static NnModel *
load_network (const TrainOptions *options, const DspRecipe *recipe,
    guint n_classes, GError **error)
{
  g_autoptr (NnModelFile) file =
      nn_model_file_open (train_options_model (options), error);
  g_autoptr (NnModel) network =
      file ? gst_emotion_load_network (file, recipe, TRUE, error) : NULL;

  if (network && options->trunk)
    return nn_model_trunk (network, options->trunk, n_classes,
        MIN (TRUNK_DROPOUT * options->dropout, 0.9), error);
  if (!network || fits_classes (network, n_classes))
    return g_steal_pointer (&network);
  return nn_model_with_classes (network, n_classes, error);
}

static NnModel *
new_network (const TrainCorpus *corpus, const TrainOptions *options,
    const DspRecipe *recipe, GError **error)
{
  const NnArchitectureOptions architecture = {
    .input = input_shape (recipe),
    .n_classes = gst_emotion_labels_count (corpus->labels),
    .dropout = options->dropout,
    .l2 = options->l2,
  };

  if (train_is_architecture (train_options_model (options)))
    return nn_architecture_new (
        train_options_model (options), &architecture, options->seed, error);
  return load_network (options, recipe, architecture.n_classes, error);
}

/* Finds how the features go in; FALSE and an error if they do not. */
static gboolean
find_arrangement (const NnModel *network, const DspRecipe *recipe,
    GstEmotionArrangement *arrangement, GError **error)
{
  const NnShape *const input = nn_model_input_shape (network, 0);
  g_autofree char *text = nn_shape_to_string (input);

  if (gst_emotion_arrangement_find (recipe, input, arrangement))
    return TRUE;
  g_set_error (error, NN_ERROR, NN_ERROR_SHAPE,
      "the network has the input %s, but the recipe makes (%zu bands, %zu "
      "frames); describe the features that it was trained on by --recipe",
      text, dsp_recipe_n_bands (recipe), dsp_recipe_n_columns (recipe));
  return FALSE;
}

static NnTrainer *
new_trainer (const TrainCorpus *corpus, const TrainOptions *options,
    const DspRecipe *recipe, const TrainRunHooks *hooks,
    GstEmotionArrangement *arrangement, GError **error)
{
  g_autoptr (NnModel) network = new_network (corpus, options, recipe, error);
  NnTrainConfig config;

  if (!network || !find_arrangement (network, recipe, arrangement, error))
    return NULL;
  nn_train_config_init (&config);
  config.batch_size = options->batch_size;
  config.n_threads = train_options_n_threads (options);
  config.seed = options->seed;
  config.learning_rate = options->learning_rate;
  if (options->head_learning_rate > 0)
    config.head_rate = options->head_learning_rate / options->learning_rate;
  config.epsilon = options->epsilon;
  config.clip_norm = options->clip_norm;
  config.weight_decay = options->weight_decay;
  config.label_smoothing = options->label_smoothing;
  config.teacher_weight = hooks->teacher ? options->teacher_weight : 0;
  config.temperature = options->temperature;
  config.freeze = options->freeze;
  config.comm = ranks_comm (hooks->ranks);
  return nn_trainer_new (network, &config, error);
}

static bool
is_running (const TrainRunHooks *hooks)
{
  return !hooks->stop || g_atomic_int_get (hooks->stop) == 0;
}

static bool
on_batch (gpointer data, const NnEpoch *progress)
{
  const Context *const context = data;

  if (context->hooks->on_batch)
    context->hooks->on_batch (progress, context->hooks->user_data);
  return is_running (context->hooks);
}

static bool
on_epoch (gpointer data, const NnEpoch *epoch)
{
  const Context *const context = data;

  if (context->hooks->on_epoch)
    context->hooks->on_epoch (epoch, context->hooks->user_data);
  if (context->state && ranks_index (context->ranks) == 0
      && !nn_fit_save_state (
          context->fit, context->state, context->text, context->error))
    return false;
  return is_running (context->hooks);
}

/* By default behind the steps in which moving statistics settle (momentum 0.99:
 * 0.7 % of the first values are left), but in the first half: a small set of
 * sounds has few steps in an epoch, and would be given up before it learns. */
static gsize
first_to_watch (const TrainOptions *options, gsize n_examples)
{
  const gsize n_steps =
      (n_examples + options->batch_size - 1) / options->batch_size;

  if (options->start_from_epoch >= 0)
    return options->start_from_epoch;
  return MIN (
      (SETTLING_STEPS + n_steps - 1) / n_steps, (gsize) options->epochs / 2);
}

static void
set_fit (const TrainOptions *options, gsize n_examples, Context *context,
    NnFitConfig *config)
{
  nn_fit_config_init (config);
  config->epochs = options->epochs;
  config->stop_patience = options->patience;
  config->start_from_epoch = first_to_watch (options, n_examples);
  config->plateau_patience = options->plateau_patience;
  config->plateau_factor = options->plateau_factor;
  config->plateau_min_rate = options->min_learning_rate;
  config->cosine = train_options_is_cosine (options);
  config->warm_up = options->warm_up;
  config->average = options->average;
  config->restore_best = !train_options_keeps_last (options);
  config->on_batch = on_batch;
  config->on_epoch = on_epoch;
  config->data = context;
}

/* What must be the same in a run that goes on: a path says little of the sounds
 * and of the teacher. */
static char *
run_text (const TrainCorpus *corpus, const TrainOptions *options,
    const TrainTeacher *teacher, GError **error)
{
  g_autofree char *given = train_options_to_text (options);
  g_autofree char *sounds = train_corpus_digest (corpus);
  g_autofree char *text = g_strconcat (given, "sounds=", sounds, "\n", NULL);
  g_autofree char *digest =
      teacher ? train_teacher_digest (teacher, error) : NULL;

  if (!teacher)
    return g_steal_pointer (&text);
  return digest ? g_strconcat (text, TEACHER_LINE, digest, "\n", NULL) : NULL;
}

static gsize
options_len (const char *text)
{
  const char *const teacher = strstr (text, TEACHER_LINE);

  return teacher ? (gsize) (teacher - text) : strlen (text);
}

/* The lines that are not in both, "\n  epochs=50\nnow\n  epochs=60". Free with
 * g_free. */
static char *
differences (const char *before, const char *now)
{
  g_auto (GStrv) old = g_strsplit (before, "\n", -1);
  g_auto (GStrv) new = g_strsplit (now, "\n", -1);
  GString *text = g_string_new (NULL);

  for (char **line = old; *line; line++)
    if (!g_strv_contains ((const char *const *) new, *line))
      g_string_append_printf (text, "\n  %s", *line);
  g_string_append (text, "\nnow");
  for (char **line = new; *line; line++)
    if (!g_strv_contains ((const char *const *) old, *line))
      g_string_append_printf (text, "\n  %s", *line);
  return g_string_free (text, FALSE);
}

/* Goes on with a saved state, if there is one of a run with equal options. */
static gboolean
resume (Context *context, const char *teacher, GError **error)
{
  g_autofree char *text = NULL;
  gsize len;

  if (!nn_fit_load_state (context->fit, context->state, &text, error))
    return FALSE;
  if (g_strcmp0 (text, context->text) == 0)
    return TRUE;
  len = options_len (context->text);
  if (teacher && text && options_len (text) == len
      && strncmp (text, context->text, len) == 0) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "%s belongs to a run with another teacher: %s has changed since; take "
        "the model that the run began with, or begin anew without --resume",
        context->state, teacher);
    return FALSE;
  }

  g_autofree char *different = differences (text ? text : "", context->text);

  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "%s belongs to a run with other options or sounds; give the same, begin "
      "anew without --resume, or train its result further in a run of its own "
      "(--model FILE):%s",
      context->state, different);
  return FALSE;
}

static gboolean
may_resume (const TrainOptions *options, const Context *context)
{
  return options->resume && context->state
      && nn_comm_any (ranks_comm (context->ranks),
          ranks_index (context->ranks) == 0
              && g_file_test (context->state, G_FILE_TEST_EXISTS));
}

/* Trains, and leaves the weights to keep in the trainer. validation: NULL for
 * none. */
static gboolean
fit (TrainRun *self, const TrainOptions *options, Context *context,
    const TrainExamples *training, const TrainExamples *validation,
    GError **error)
{
  g_autoptr (GError) state_error = NULL;
  NnFitConfig config;

  if (options->probe > 0 && !may_resume (options, context)
      && !nn_trainer_probe (self->trainer, train_examples_samples (training),
          options->probe, error))
    return FALSE;
  set_fit (options, train_examples_n (training), context, &config);
  g_autoptr (NnFit) fit =
      nn_fit_new (self->trainer, &config, train_examples_samples (training),
          validation ? train_examples_samples (validation) : NULL);

  context->fit = fit;
  context->error = &state_error;
  if (!ranks_agree (context->ranks,
          !may_resume (options, context)
              || resume (context, options->teacher, error),
          error))
    return FALSE;
  self->result = nn_fit_run (fit);
  if (self->result == NN_FIT_STOPPED && !state_error && context->state
      && ranks_index (context->ranks) == 0)
    nn_fit_save_state (fit, context->state, context->text, &state_error);

  const gboolean is_saved = state_error == NULL;

  if (!is_saved)
    g_propagate_error (error, g_steal_pointer (&state_error));
  if (!ranks_agree (context->ranks, is_saved, error))
    return FALSE;
  if (train_options_keeps_last (options))
    nn_fit_restore_average (fit);
  else
    nn_fit_restore_best (fit);

  const NnEpoch *const epochs = nn_fit_history (fit, &self->n_epochs);

  self->epochs = g_memdup2 (epochs, self->n_epochs * sizeof *epochs);
  self->best_epoch = nn_fit_best_epoch (fit);
  if (train_options_keeps_last (options) && self->n_epochs > 0)
    self->best_epoch = self->n_epochs - 1;
  return TRUE;
}

static gboolean
has_subset (
    const TrainCorpus *corpus, const TrainSubset *subsets, TrainSubset subset)
{
  for (guint i = 0; i < corpus->items->len; i++)
    if (subsets[i] == subset)
      return TRUE;
  return FALSE;
}

/* Plain examples of a subset; NULL if it has none. FALSE and an error if
 * they cannot be made. */
static gboolean
plain_examples (const TrainRun *self, const TrainCorpus *corpus,
    const TrainSubset *subsets, TrainSubset subset, const TrainOptions *options,
    const DspRecipe *recipe, const NnComm *comm, TrainExamples **examples,
    GError **error)
{
  TrainExamplesConfig config;

  *examples = NULL;
  if (!has_subset (corpus, subsets, subset))
    return TRUE;
  train_options_examples (options, recipe, FALSE, &config);
  config.arrangement = self->arrangement;
  config.comm = comm;
  *examples = train_examples_new (corpus, subsets, subset, &config, error);
  return *examples != NULL;
}

static gboolean
train (TrainRun *self, const TrainCorpus *corpus, const TrainSubset *subsets,
    const TrainOptions *options, const DspRecipe *recipe, Context *context,
    GError **error)
{
  const gint64 start = g_get_monotonic_time ();
  const NnComm *const comm = ranks_comm (context->ranks);
  g_autoptr (TrainExamples) training = NULL;
  g_autoptr (TrainExamples) validation = NULL;
  g_autoptr (TrainExamples) test = NULL;
  TrainExamplesConfig config;
  gboolean ok;

  train_options_examples (options, recipe, TRUE, &config);
  config.arrangement = self->arrangement;
  config.comm = comm;
  config.teacher = context->hooks->teacher;
  training =
      train_examples_new (corpus, subsets, TRAIN_SUBSET_TRAIN, &config, error);
  ok = training
      && plain_examples (self, corpus, subsets, TRAIN_SUBSET_VALIDATION,
          options, recipe, comm, &validation, error);
  if (!ranks_agree (context->ranks, ok, error)
      || !fit (self, options, context, training, validation, error))
    return FALSE;
  g_clear_pointer (&training, train_examples_free);
  ok = plain_examples (self, corpus, subsets, TRAIN_SUBSET_TEST, options,
      recipe, comm, &test, error);
  if (!ranks_agree (context->ranks, ok, error))
    return FALSE;
  if (self->best_epoch != G_MAXSIZE && validation) {
    g_autoptr (TrainTrial) trial =
        train_evaluate_trainer (self->trainer, validation);

    self->validation =
        train_trial_metrics (trial, nn_trainer_n_classes (self->trainer));
  }
  self->seconds = (g_get_monotonic_time () - start) / 1e6;
  if (self->best_epoch != G_MAXSIZE && test) {
    self->trial = train_evaluate_trainer (self->trainer, test);
    self->trial->n_epochs = self->n_epochs;
    self->trial->best_epoch = self->best_epoch + 1;
    self->trial->n_weights = nn_trainer_n_weights (self->trainer);
    self->trial->seconds = self->seconds;
    self->test =
        train_trial_metrics (self->trial, nn_trainer_n_classes (self->trainer));
  }
  return TRUE;
}

TrainRun *
train_run_new (const TrainCorpus *corpus, const TrainSubset *subsets,
    const TrainOptions *options, const DspRecipe *recipe, const char *state,
    const TrainRunHooks *hooks, GError **error)
{
  g_autoptr (TrainRun) self = g_new0 (TrainRun, 1);
  g_autofree char *text = run_text (corpus, options, hooks->teacher, error);
  Context context = {
    .hooks = hooks, .ranks = hooks->ranks, .state = state, .text = text
  };

  self->best_epoch = G_MAXSIZE;
  if (text)
    self->trainer =
        new_trainer (corpus, options, recipe, hooks, &self->arrangement, error);
  if (!ranks_agree (hooks->ranks, self->trainer != NULL, error)
      || !train (self, corpus, subsets, options, recipe, &context, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
train_run_free (TrainRun *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->trainer, nn_trainer_free);
  g_clear_pointer (&self->epochs, g_free);
  g_clear_pointer (&self->validation, nn_metrics_free);
  g_clear_pointer (&self->test, nn_metrics_free);
  g_clear_pointer (&self->trial, train_trial_free);
  g_free (self);
}

gboolean
train_run_save (const TrainRun *self, const TrainReport *report,
    const char *path, GError **error)
{
  g_autoptr (NnModel) trained = nn_trainer_export (self->trainer, NULL, error);
  g_autoptr (NnModel) network = trained
      ? nn_model_compress (
          trained, train_options_storage (report->options), error)
      : NULL;
  TrainReport whole = *report;
  g_autofree float *self_test = NULL;
  g_autofree char *metadata = NULL;
  gsize n;

  if (!network)
    return FALSE;
  whole.self_test_seed = SELF_TEST_SEED;
  whole.self_test = self_test =
      nn_metadata_self_test (network, SELF_TEST_SEED, &n, error);
  if (!self_test)
    return FALSE;
  metadata = train_report_metadata (&whole);
  return nn_model_save (network, path, metadata, error);
}
