/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --evaluate, with --conditions, --quantize and --calibrate. */
#include "gst/tools/train-tool.h"
#include "gst/train/calibrate.h"
#include "gst/train/ensemble.h"
#include "gst/train/evaluate.h"

/* condition: NULL for the sounds as they are. */
static TrainExamples *
examples_under (
    ToolTrain *self, const TrainCondition *condition, GError **error)
{
  TrainExamplesConfig config;

  train_options_examples (self->options, self->recipes, FALSE, &config);
  config.comm = ranks_comm (self->ranks);
  config.condition = condition;
  return train_examples_new (
      self->corpus, NULL, TRAIN_SUBSET_TEST, &config, error);
}

static TrainTrial *
evaluate_on (const ToolTrain *self, GstEmotionModel *model,
    const TrainExamples *examples)
{
  return train_evaluate_model (model, examples,
      train_options_n_threads (self->options), ranks_comm (self->ranks));
}

/* Adds the data sets of a trial to others, called "before SET". */
static void
add_sets (const ToolTrain *self, const char *before, const TrainTrial *trial,
    TrainTrial *all)
{
  for (guint i = 0; i < trial->sets->len; i++) {
    const TrainSetResult *const set = g_ptr_array_index (trial->sets, i);
    g_autofree char *title = g_strdup_printf ("%s %s", before, set->name);

    train_trial_set (
        all, title, gst_emotion_labels_count (self->corpus->labels))
        ->figures = set->figures;
  }
}

/* Adds the data sets under one condition, called "white:10 ravdess". */
static gboolean
evaluate_condition (
    ToolTrain *self, const char *name, TrainTrial *conditions, GError **error)
{
  TrainCondition condition;

  if (!train_condition_parse (name, &condition, error))
    return FALSE;

  g_autoptr (TrainExamples) examples = examples_under (self, &condition, error);
  g_autoptr (TrainTrial) trial =
      examples ? evaluate_on (self, self->model, examples) : NULL;

  if (trial)
    add_sets (self, name, trial, conditions);
  return trial != NULL;
}

/* NULL and no error where none were asked for. */
static TrainTrial *
evaluate_conditions (ToolTrain *self, GError **error)
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
calibrate (const ToolTrain *self, const TrainTrial *trial, GError **error)
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
  if (!tool_train_is_speaker (self))
    return TRUE;
  if (!train_calibrate (gst_emotion_model_network (self->model), temperature,
          options->output, error))
    return FALSE;
  tool_train_say (
      self, "\nTemperature %.3g. Model: %s\n", temperature, options->output);
  return TRUE;
}

/* The members of an ensemble beside it. NULL and no error where it is none. */
static TrainTrial *
evaluate_members (const ToolTrain *self, const TrainExamples *examples,
    const TrainTrial *whole, GError **error)
{
  g_autoptr (GPtrArray) members = train_ensemble_members (self->model, error);
  g_autoptr (TrainTrial) all = members ? train_trial_new () : NULL;

  for (guint i = 0; members && i < members->len; i++) {
    GstEmotionModel *const member = g_ptr_array_index (members, i);
    g_autoptr (TrainTrial) trial = evaluate_on (self, member, examples);

    add_sets (self, gst_emotion_model_name (member), trial, all);
  }
  if (all)
    add_sets (self, "ensemble", whole, all);
  return g_steal_pointer (&all);
}

/* --quantize: the same model with smaller weights beside it, which is written
 * where there is --output. */
static gboolean
quantize (const ToolTrain *self, const TrainExamples *examples,
    const TrainTrial *before, GError **error)
{
  const TrainOptions *const options = self->options;
  const NnStorage storage = train_options_storage (options);
  g_autoptr (TrainTrial) all = train_trial_new ();
  g_autoptr (GstEmotionModel) plain = NULL;
  g_autoptr (GstEmotionModel) small = NULL;
  g_autoptr (TrainTrial) after = NULL;
  gsize n_plain, n_small;

  plain = train_compressed (
      self->model, "float32", NN_STORAGE_FLOAT32, &n_plain, error);
  if (plain)
    small = train_compressed (
        self->model, options->quantize, storage, &n_small, error);
  if (!small)
    return FALSE;
  after = evaluate_on (self, small, examples);
  add_sets (self, "as it is:", before, all);
  add_sets (self, options->quantize, after, all);
  if (!tool_train_is_speaker (self))
    return TRUE;
  tool_train_print_sets (all->sets);
  tool_train_say (self, "\nBytes of the file: %zu, with %s %zu\n", n_plain,
      options->quantize, n_small);
  return !options->output
      || train_compressed_save (self->model, storage, options->output, error);
}

gboolean
tool_train_evaluate (ToolTrain *self, GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autoptr (TrainExamples) examples = examples_under (self, NULL, error);
  g_autoptr (TrainTrial) trial =
      examples ? evaluate_on (self, self->model, examples) : NULL;
  g_autoptr (TrainTrial) members =
      trial ? evaluate_members (self, examples, trial, &failure) : NULL;
  g_autoptr (TrainTrial) conditions =
      trial && !failure ? evaluate_conditions (self, &failure) : NULL;

  if (failure) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return FALSE;
  }
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

  if (tool_train_is_speaker (self)) {
    tool_train_print_metrics (
        self->options->evaluate, metrics, self->corpus->labels);
    tool_train_print_sets (trial->sets);
    if (members)
      tool_train_print_sets (members->sets);
    if (conditions)
      tool_train_print_sets (conditions->sets);
  }
  return tool_train_write_report (self, &report, error)
      && (!self->options->quantize || quantize (self, examples, trial, error))
      && (!self->options->calibrate || calibrate (self, trial, error));
}
