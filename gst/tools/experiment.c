/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/experiment.h"

#include <gio/gio.h>
#include <string.h>
#include "gst/ranks/farm.h"
#include "gst/tools/shard-file.h"
#include "gst/tools/progress.h"
#include "gst/train/data-sets.h"
#include "gst/train/folds.h"

#define PROGRAM "emotion-train"

/* While it runs. */
typedef struct {
  const ToolExperiment *experiment;
  TrainTrials *trials;         /* plan, and on rank 0 results */
  TrainFolds *folds;           /* NULL: one split, that of the options */
  ToolShardWriter *shard_file; /* rank 0; NULL: none */
  guint64 *todo;               /* [n_todo] tasks */
  guint64 n_todo;
  guint n_failed;
  GError *error; /* of the shard file */
} Work;

static gboolean
open_folds (Work *work, GError **error)
{
  const TrainOptions *const options = work->experiment->options;
  TrainSplitMode mode = TRAIN_SPLIT_SPEAKER;
  const guint n = train_options_folds (options, &mode);
  TrainGroups groups;

  if (n > 0)
    work->folds = train_folds_new (mode, options->seed, n);
  else if (train_options_groups (options, &groups))
    work->folds =
        train_folds_new_groups (groups, work->experiment->corpus, error);
  else if (options->cross_validate)
    work->folds = train_folds_read (options->cross_validate, error);
  return work->folds || !options->cross_validate;
}

static void
plan (Work *work)
{
  const ToolExperiment *const self = work->experiment;
  const guint n_models = train_options_n_models (self->options);
  const guint n_folds = work->folds ? train_folds_count (work->folds) : 1;
  g_autofree const char **models = g_new0 (const char *, n_models + 1);
  g_autofree const char **folds = g_new0 (const char *, n_folds + 1);
  g_autofree char *options = train_options_to_text (self->options);
  const TrainTrialPlan trial_plan = { .models = models,
    .n_seeds = self->options->seeds,
    .first_seed = self->options->seed,
    .folds = folds,
    .labels = self->corpus->labels,
    .options = options,
    .sounds = self->sounds };

  for (guint m = 0; m < n_models; m++)
    models[m] = train_options_nth_model (self->options, m);
  folds[0] = "test";
  for (guint f = 0; f < n_folds && work->folds; f++)
    folds[f] = train_folds_name (work->folds, f);
  work->trials = train_trials_new (&trial_plan);
}

static ToolShard
shard_of (const TrainOptions *options, GError **error)
{
  ToolShard shard = TOOL_SHARD_ALL;

  if (options->shard && !tool_shard_parse (options->shard, &shard, error))
    return (ToolShard){ 0 };
  return shard;
}

/* Every n-th task: few tasks are shared out evenly that way. */
static gboolean
is_of_shard (const ToolShard *shard, guint task)
{
  return task % shard->n + 1 == shard->number;
}

/* ---- one task, on any thread of any rank ---- */

/* Without a validation subset, all that is not tested is learnt. */
static void
learn_from_validation (const TrainCorpus *corpus, TrainSubset *subsets)
{
  for (guint i = 0; i < corpus->items->len; i++)
    if (subsets[i] == TRAIN_SUBSET_VALIDATION)
      subsets[i] = TRAIN_SUBSET_TRAIN;
}

static gboolean
split (const Work *work, guint fold, TrainSubset *subsets, GError **error)
{
  const ToolExperiment *const self = work->experiment;
  const TrainOptions *const options = self->options;
  g_auto (GStrv) train_on = train_options_list (options->train_on);
  g_auto (GStrv) test_on = train_options_list (options->test_on);
  const TrainDataSets sets = { (const char *const *) train_on,
    (const char *const *) test_on };
  gboolean ok;

  if (work->folds)
    ok = train_folds_subsets (work->folds, self->corpus, fold, subsets, error);
  else
    ok = train_options_split (options, self->corpus, subsets, error);
  if (!ok)
    return FALSE;
  if (work->folds && options->validation_fraction == 0)
    learn_from_validation (self->corpus, subsets);
  if (work->folds)
    train_data_sets_restrict (&sets, self->corpus, subsets);
  for (guint i = 0; i < self->corpus->items->len; i++)
    if (subsets[i] == TRAIN_SUBSET_TEST)
      return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
      work->folds ? "nothing to test"
                  : "nothing to test: use --cross-validate, --test-on or "
                    "--test-speakers");
  return FALSE;
}

static TrainRun *
run_task (const Work *work, guint number, GError **error)
{
  const ToolExperiment *const self = work->experiment;
  const TrainTask task = train_trials_task (work->trials, number);
  const gboolean is_alone = ranks_size (self->ranks) == 1;
  const TrainRunHooks silent = { .stop = self->hooks.stop,
    .teacher = self->hooks.teacher };
  g_autofree TrainSubset *subsets =
      g_new (TrainSubset, self->corpus->items->len);
  char *models[] = {
    (char *) train_options_nth_model (self->options, task.model), NULL
  };
  TrainOptions options = *self->options; /* strings are borrowed */

  options.models = models;
  options.seed += task.seed;
  if (!split (work, task.fold, subsets, error))
    return NULL;

  g_autoptr (TrainRun) run = train_run_new (self->corpus, subsets, &options,
      &self->recipes[task.model], NULL, is_alone ? &self->hooks : &silent,
      error);

  if (!run)
    return NULL;
  if (run->trial && !g_atomic_int_get (self->hooks.stop))
    return g_steal_pointer (&run);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED,
      g_atomic_int_get (self->hooks.stop) ? "interrupted"
                                          : "the loss is not finite");
  return NULL;
}

/* The result; what went wrong begins with a "!". */
static GBytes *
run_number (gpointer data, gpointer own, gsize i)
{
  const Work *const work = data;
  const ToolExperiment *const self = work->experiment;
  const guint number = work->todo[i];
  g_autofree char *name = train_trials_task_name (work->trials, number);
  g_autoptr (GError) error = NULL;
  char *text;

  if (self->begin && ranks_size (self->ranks) == 1)
    self->begin (name, self->user_data);

  g_autoptr (TrainRun) run = run_task (work, number, &error);

  if (run) {
    run->trial->task = number;
    text = train_trials_write_task (work->trials, run->trial);
  } else if (g_atomic_int_get (self->hooks.stop)) {
    return NULL;
  } else {
    text = g_strconcat ("!", error->message, NULL);
  }
  return g_bytes_new_take (text, strlen (text) + 1);
}

/* ---- rank 0: results ---- */

static void
keep (Work *work, guint number, ToolShardKind kind, const char *text)
{
  const ToolShardRecord record = {
    .index = number, .kind = kind, .data = text, .len = strlen (text)
  };

  if (work->shard_file && !work->error)
    tool_shard_writer_add (work->shard_file, &record, &work->error);
}

static void
take_result (gpointer data, gsize i, GBytes *result)
{
  Work *const work = data;
  const ToolExperiment *const self = work->experiment;
  const guint number = work->todo[i];
  const char *const text = result ? g_bytes_get_data (result, NULL) : NULL;
  g_autofree char *name = train_trials_task_name (work->trials, number);
  g_autoptr (GError) error = NULL;

  if (text && *text != '!'
      && train_trials_read_task (work->trials, text, &error)) {
    keep (work, number, TOOL_SHARD_FINE, text);
    if (self->done)
      self->done (name, work->trials->results[number], self->user_data);
    return;
  }
  if (!text) /* interrupted */
    return;
  work->n_failed++;
  keep (work, number, TOOL_SHARD_FAILED, error ? error->message : text + 1);
  tool_progress_clear ();
  g_printerr (PROGRAM ": %s: %s\n", name, error ? error->message : text + 1);
}

static gboolean
read_shard_file (TrainTrials *trials, const ToolShardSet *set, GError **error)
{
  for (gsize i = 0; i < tool_shard_set_count (set); i++) {
    const ToolShardRecord *const record = tool_shard_set_get (set, i);
    g_autofree char *text = g_strndup (record->data, record->len);

    if (record->kind == TOOL_SHARD_FAILED)
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s failed: %s",
          tool_shard_set_name (set, record->index), text);
    if (record->kind == TOOL_SHARD_FAILED
        || !train_trials_read_task (trials, text, error))
      return FALSE;
  }
  return TRUE;
}

/* ---- rank 0: the shard file ---- */

static gboolean
open_shard_file (Work *work, const ToolShard *shard, GError **error)
{
  const TrainOptions *const options = work->experiment->options;
  const guint n = work->trials->n_tasks;
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) indices = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GPtrArray) mine = g_ptr_array_new ();
  g_autofree char *head = train_trials_write_plan (work->trials);

  for (guint64 i = 0; i < n; i++) {
    g_ptr_array_add (names, train_trials_task_name (work->trials, i));
    if (is_of_shard (shard, i)) {
      g_array_append_val (indices, i);
      g_ptr_array_add (mine, g_ptr_array_index (names, i));
    }
  }

  g_autofree char *listing =
      tool_shard_listing_id ((const char *const *) names->pdata, n);
  const ToolShardInfo info = { .tool = PROGRAM,
    .settings = head,
    .head = head,
    .listing = listing,
    .n_listed = n,
    .shard = *shard };

  work->shard_file = tool_shard_writer_new (options->output, &info,
      (const guint64 *) indices->data, (const char *const *) mine->pdata,
      indices->len, options->resume, error);
  return work->shard_file != NULL;
}

/* Rank 0 says what there is to do. */
static gboolean
choose (Work *work, const ToolShard *shard, GError **error)
{
  const ToolExperiment *const self = work->experiment;
  const NnComm *const comm = ranks_comm (self->ranks);
  gboolean ok = TRUE;

  work->todo = g_new0 (guint64, work->trials->n_tasks);
  if (nn_comm_rank (comm) == 0) {
    ok = !self->options->output || open_shard_file (work, shard, error);
    for (guint i = 0; i < work->trials->n_tasks && ok; i++)
      if (is_of_shard (shard, i)
          && !(work->shard_file && tool_shard_writer_has (work->shard_file, i)))
        work->todo[work->n_todo++] = i;
  }
  if (!ranks_agree (self->ranks, ok, error))
    return FALSE;
  nn_comm_broadcast (comm, &work->n_todo, sizeof work->n_todo);
  nn_comm_broadcast (
      comm, work->todo, work->trials->n_tasks * sizeof *work->todo);
  return TRUE;
}

static gboolean
check_end (const Work *work, GError **error)
{
  const TrainOptions *const options = work->experiment->options;

  if (work->error)
    g_propagate_error (error, g_error_copy (work->error));
  else if (g_atomic_int_get (work->experiment->hooks.stop))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted%s",
        options->output ? "; run again with --resume to continue" : "");
  else if (work->n_failed > 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "%u of %" G_GUINT64_FORMAT " tasks failed%s", work->n_failed,
        work->n_todo, options->output ? "; --resume retries them" : "");
  else
    return TRUE;
  return FALSE;
}

/* Rank 0: completes the shard file, and reads back what it held before. */
static gboolean
finish_shard_file (Work *work, GError **error)
{
  const char *const paths[] = { work->experiment->options->output, NULL };
  g_autoptr (ToolShardSet) set = NULL;

  return tool_shard_writer_finish (work->shard_file, error)
      && (set = tool_shard_set_load (paths, PROGRAM, error))
      && read_shard_file (work->trials, set, error);
}

static gboolean
run_all (Work *work, TrainTrials **trials, GError **error)
{
  const ToolExperiment *const self = work->experiment;
  const ToolShard shard = shard_of (self->options, error);

  if (shard.n == 0 || !open_folds (work, error))
    return FALSE;
  plan (work);
  if (!choose (work, &shard, error))
    return FALSE;

  const RanksFarmConfig farm = { .n_tasks = work->n_todo,
    .n_threads = 1, /* a run has threads of its own */
    .stop = self->hooks.stop,
    .run = run_number,
    .done = take_result,
    .data = work };

  ranks_farm_run (self->ranks, &farm);
  if (ranks_index (self->ranks) > 0)
    return TRUE;
  if (!check_end (work, error)
      || (work->shard_file && !finish_shard_file (work, error)))
    return FALSE;
  if (shard.n == 1)
    *trials = g_steal_pointer (&work->trials);
  return TRUE;
}

gboolean
tool_experiment_run (
    const ToolExperiment *self, TrainTrials **trials, GError **error)
{
  Work work = { .experiment = self };
  const gboolean ok = run_all (&work, trials, error);

  train_trials_free (work.trials);
  train_folds_free (work.folds);
  tool_shard_writer_free (work.shard_file);
  g_free (work.todo);
  g_clear_error (&work.error);
  return ok;
}

TrainTrials *
tool_experiment_gather (const char *const *parts, GError **error)
{
  g_autoptr (ToolShardSet) set = tool_shard_set_load (parts, PROGRAM, error);
  g_autofree char *missing = set ? tool_shard_set_missing (set) : NULL;
  g_autoptr (TrainTrials) trials = NULL;

  if (missing)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
        "the result is incomplete; missing:\n%sRun the workers again with "
        "--resume.",
        missing);
  if (!set || missing)
    return NULL;
  trials = train_trials_read_plan (tool_shard_set_info (set)->head, error);
  return trials && read_shard_file (trials, set, error)
      ? g_steal_pointer (&trials)
      : NULL;
}
