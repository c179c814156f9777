/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --evaluate, with --conditions and --calibrate. */
#include "gst/tools/train-tool.h"
#include "gst/train/calibrate.h"
#include "gst/train/evaluate.h"

/* condition: NULL for the sounds as they are. */
static TrainTrial *
evaluate_under (
    TrainTool *self, const TrainCondition *condition, GError **error)
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
    TrainTool *self, const char *name, TrainTrial *conditions, GError **error)
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
evaluate_conditions (TrainTool *self, GError **error)
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
calibrate (const TrainTool *self, const TrainTrial *trial, GError **error)
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
  if (!train_tool_is_speaker (self))
    return TRUE;
  if (!train_calibrate_file (
          options->evaluate, temperature, options->output, error))
    return FALSE;
  train_tool_say (
      self, "\nTemperature %.3g. Model: %s\n", temperature, options->output);
  return TRUE;
}

gboolean
train_tool_evaluate (TrainTool *self, GError **error)
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

  if (train_tool_is_speaker (self)) {
    train_tool_print_metrics (
        self->options->evaluate, metrics, self->corpus->labels);
    train_tool_print_sets (trial->sets);
    if (conditions)
      train_tool_print_sets (conditions->sets);
  }
  return train_tool_write_report (self, &report, error)
      && (!self->options->calibrate || calibrate (self, trial, error));
}
