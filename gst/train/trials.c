/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/trials.h"

#include <string.h>

TrainTrial *
train_trial_new (void)
{
  return g_new0 (TrainTrial, 1);
}

static void
set_result_free (TrainSetResult *set)
{
  g_free (set->name);
  nn_metrics_free (set->metrics);
  g_free (set);
}

void
train_trial_free (TrainTrial *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->sets, g_ptr_array_unref);
  g_free (self);
}

static gint
compare_sets (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(const TrainSetResult *const *) a)->name,
      (*(const TrainSetResult *const *) b)->name);
}

TrainSetResult *
train_trial_set (TrainTrial *self, const char *data_set, gsize n_classes)
{
  if (!self->sets)
    self->sets =
        g_ptr_array_new_with_free_func ((GDestroyNotify) set_result_free);
  for (guint i = 0; i < self->sets->len; i++) {
    TrainSetResult *const set = g_ptr_array_index (self->sets, i);

    if (g_str_equal (set->name, data_set))
      return set;
  }

  TrainSetResult *set = g_new0 (TrainSetResult, 1);

  set->name = g_strdup (data_set);
  set->metrics = nn_metrics_new (n_classes);
  g_ptr_array_add (self->sets, set);
  g_ptr_array_sort (self->sets, compare_sets);
  return set;
}

NnMetrics *
train_trial_metrics (const TrainTrial *self, gsize n_classes)
{
  NnMetrics *all = nn_metrics_new (n_classes);

  for (guint i = 0; self->sets && i < self->sets->len; i++)
    nn_metrics_merge (
        all, ((TrainSetResult *) g_ptr_array_index (self->sets, i))->metrics);
  return all;
}

static GPtrArray *
copy_names (const char *const *names)
{
  GPtrArray *copy = g_ptr_array_new_with_free_func (g_free);

  for (; *names; names++)
    g_ptr_array_add (copy, g_strdup (*names));
  return copy;
}

TrainTrials *
train_trials_new (const TrainTrialPlan *plan)
{
  TrainTrials *self = g_new0 (TrainTrials, 1);

  self->models = copy_names (plan->models);
  self->folds = copy_names (plan->folds);
  self->n_seeds = plan->n_seeds;
  self->first_seed = plan->first_seed;
  self->labels = gst_emotion_labels_ref ((GstEmotionLabels *) plan->labels);
  self->options = g_strdup (plan->options);
  self->sounds = g_strdup (plan->sounds);
  self->n_tasks = self->models->len * self->n_seeds * self->folds->len;
  self->results = g_new0 (TrainTrial *, self->n_tasks);
  return self;
}

void
train_trials_free (TrainTrials *self)
{
  if (!self)
    return;
  for (guint i = 0; i < self->n_tasks; i++)
    train_trial_free (self->results[i]);
  g_free (self->results);
  g_ptr_array_unref (self->models);
  g_ptr_array_unref (self->folds);
  gst_emotion_labels_unref (self->labels);
  g_free (self->options);
  g_free (self->sounds);
  g_free (self);
}

TrainTask
train_trials_task (const TrainTrials *self, guint task)
{
  const guint n_folds = self->folds->len;

  return (TrainTask){ .model = task / n_folds / self->n_seeds,
    .seed = task / n_folds % self->n_seeds,
    .fold = task % n_folds };
}

guint
train_trials_number (const TrainTrials *self, TrainTask task)
{
  return (task.model * self->n_seeds + task.seed) * self->folds->len
      + task.fold;
}

char *
train_trials_task_name (const TrainTrials *self, guint number)
{
  const TrainTask task = train_trials_task (self, number);
  GString *name = g_string_new (NULL);

  if (self->models->len > 1)
    g_string_append_printf (name, "%s, ",
        (const char *) g_ptr_array_index (self->models, task.model));
  if (self->n_seeds > 1)
    g_string_append_printf (
        name, "seed %d, ", self->first_seed + (gint) task.seed);
  g_string_append_printf (name, "fold %s/%u",
      (const char *) g_ptr_array_index (self->folds, task.fold),
      self->folds->len);
  *name->str = g_ascii_toupper (*name->str);
  return g_string_free (name, FALSE);
}
