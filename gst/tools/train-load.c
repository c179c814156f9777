/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What emotion-train works on: models and sounds. */
#include <gio/gio.h>

#include "gst/model/model-cache.h"
#include "gst/tools/output-check.h"
#include "gst/tools/train-data.h"
#include "gst/tools/train-tool.h"
#include "gst/train/data-sets.h"

/* A built-in model, or a file. NULL and an error. */
static GstEmotionModel *
load_file (
    const char *name, const GstEmotionModelOptions *options, GError **error)
{
  GstEmotionBuiltin builtin;

  return gst_emotion_builtin_find (name, &builtin)
      ? gst_emotion_model_cache_get_builtin (builtin, options, error)
      : gst_emotion_model_load (name, options, error);
}

GstEmotionModel *
tool_train_load_file (const ToolTrain *self, const char *name, GError **error)
{
  g_autofree char *changes = train_options_recipe_text (self->options);
  const GstEmotionModelOptions options = { .recipe = changes };

  return load_file (name, &options, error);
}

/* The recipe of one model, and the model itself where it is a file. */
static gboolean
load_model (const ToolTrain *self, const char *name, DspRecipe *recipe,
    GstEmotionModel **model, GError **error)
{
  const gboolean is_new =
      !self->options->evaluate && train_is_architecture (name);

  *model = NULL;
  if (is_new && self->options->trunk) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--trunk keeps layers of a model file, and --model %s is an "
        "architecture",
        name);
    return FALSE;
  }
  if (is_new)
    return train_options_recipe (self->options, name, recipe, error);
  if (!self->options->evaluate && !g_file_test (name, G_FILE_TEST_EXISTS)) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--model %s is neither an architecture nor a file", name);
    return FALSE;
  }
  *model = tool_train_load_file (self, name, error);
  if (*model)
    *recipe = *gst_emotion_model_recipe (*model);
  return *model != NULL;
}

/* Sounds are decoded once, for all of them. */
static gboolean
check_recipe (const ToolTrain *self, const char *name, const DspRecipe *recipe,
    GError **error)
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
gboolean
tool_train_load_models (ToolTrain *self, GError **error)
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

gboolean
tool_train_new_corpus (ToolTrain *self, GError **error)
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
  if (gst_emotion_labels_count (labels) < 2) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "“%s” is the only label, and there is nothing to tell it from: name at "
        "least two (--labels A,B)",
        gst_emotion_labels_get (labels, 0));
    return FALSE;
  }
  self->corpus = train_corpus_new (labels);
  return TRUE;
}

gboolean
tool_train_load_teacher (ToolTrain *self, GError **error)
{
  const char *const name = self->options->teacher;
  const GstEmotionModelOptions as_it_is = { 0 };
  g_autoptr (GstEmotionModel) model =
      name ? load_file (name, &as_it_is, error) : NULL;

  if (model)
    self->teacher =
        train_teacher_new (model, self->corpus->labels, self->recipes, error);
  return !name || self->teacher;
}

static void
complain_all (const GPtrArray *lines)
{
  for (guint i = 0; i < lines->len; i++)
    g_printerr ("emotion-train: %s\n", (char *) g_ptr_array_index (lines, i));
}

/* --train-on and --test-on, for one split; folds are restricted each. */
static gboolean
choose_data_sets (const ToolTrain *self, GError **error)
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

gboolean
tool_train_check_paths (const ToolTrain *self, GError **error)
{
  const TrainOptions *const options = self->options;

  return !tool_train_is_speaker (self)
      || (tool_output_check_apart (
              "--output", options->output, "--report", options->report, error)
          && tool_output_check ("--output", options->output, error)
          && tool_output_check_folder ("--report", options->report, error));
}

/* All ranks at once. */
gboolean
tool_train_load_corpus (ToolTrain *self, GError **error)
{
  const gboolean ok = tool_train_data_load (self->corpus, self->options,
      self->recipes, self->ranks, self->stop, error);

  if (tool_train_is_speaker (self)) {
    complain_all (self->corpus->notes);
    complain_all (self->corpus->losses);
    complain_all (self->corpus->problems);
  }
  if (!ok || !choose_data_sets (self, error))
    return FALSE;
  tool_train_say (self,
      "%u sounds; %u unreadable, %zu without a class, %zu with names that do "
      "not match the scheme\n",
      self->corpus->items->len, self->corpus->problems->len,
      self->corpus->n_no_class, self->corpus->n_foreign);
  if (self->corpus->unlabelled)
    tool_train_say (self, "%u sounds without a label for the teacher\n",
        self->corpus->unlabelled->items->len);
  return TRUE;
}
