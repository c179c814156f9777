/* SPDX-License-Identifier: GPL-2.0-or-later */
/* emotion-features: sounds in; their features as HDF5, statistics as CSV, and
 * pictures out. Sounds are processed in parallel and written in the order of
 * the arguments, so that equal calls give equal files. Exit status: 0 success,
 * 1 some file failed, 2 wrong usage. */
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <stdio.h>
#include <string.h>

#include "gst/model/wording.h"
#include "gst/media/decode.h"
#include "gst/tools/feature-file.h"
#include "gst/tools/feature-options.h"
#include "gst/tools/feature-plot.h"
#include "gst/tools/listing.h"
#include "gst/tools/output-check.h"
#include "gst/tools/shard-file.h"
#include "gst/tools/progress.h"
#include "gst/tools/standard-streams.h"
#include "gst/train/parallel.h"
#include "nn/file-write.h"

enum { STATUS_FINE, STATUS_FAILED, STATUS_USAGE };

typedef struct {
  const ToolFeatureOptions *options;
  DspRecipe recipe;
  ToolListing *listing;
  char **sources; /* of the listing */
  char **names;   /* of pictures */
  guint n_sources;
  ToolShard shard;
  GArray *todo; /* guint64: sources, rising */
  GMutex lock;  /* guards what follows */
  GCond turn;   /* next has changed */
  gsize next;   /* the source to be written next */
  NnH5Writer *file;
  GString *csv;
  ToolShardWriter *part; /* NULL: the above at once */
  int status;
} App;

/* One source. */
typedef struct {
  GstEmotionSound sound;
  ToolSoundFeatures *features;
} Job;

static void
complain (const char *what, const char *text)
{
  tool_progress_complain (PROGRAM, what, text);
}

static gboolean
write_job (App *app, const Job *job, gsize i, GError **error)
{
  const ToolFeatureOptions *const options = app->options;

  if (app->file)
    tool_feature_file_add (app->file, app->sources[i], job->features);
  if (app->csv)
    tool_feature_csv_append (app->csv, app->sources[i], job->features);
  return !options->plot
      || tool_feature_plot (options->plot, app->names[i], job->sound.samples,
          job->sound.n_samples, &app->recipe, error);
}

/* At once, regardless of order. */
static gboolean
write_record (
    App *app, const Job *job, gsize i, const GError *failure, GError **error)
{
  g_autoptr (GString) data = g_string_new (NULL);
  ToolShardRecord record = { .index = i, .kind = TOOL_SHARD_FINE };

  if (failure) {
    record.kind = TOOL_SHARD_FAILED;
    g_string_append (data, failure->message);
  } else {
    g_autoptr (GBytes) bytes = tool_sound_features_pack (job->features);
    gsize len;
    const char *const packed = g_bytes_get_data (bytes, &len);

    if (job->sound.loss) {
      record.kind = TOOL_SHARD_SHORT;
      g_string_append_printf (data, "%s\n", job->sound.loss);
    }
    g_string_append_len (data, packed, len);
  }
  record.data = data->str;
  record.len = data->len;
  return tool_shard_writer_add (app->part, &record, error);
}

static gboolean
decode (const App *app, gsize i, GstEmotionSound *sound, GError **error)
{
  const ToolListingEntry *const entry =
      g_ptr_array_index (app->listing->entries, i);
  const GstEmotionDecodeOptions options = { .rate = app->recipe.rate,
    .track = app->options->track };

  if (!entry->failure)
    return gst_emotion_decode (entry->source, &options, sound, error);
  g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOENT, entry->failure);
  return FALSE;
}

/* With the lock, when it is its turn. */
static void
tell_job (App *app, const Job *job, const char *source, const GError *error)
{
  if (job->sound.note)
    complain (source, job->sound.note);
  if (job->sound.loss)
    complain (source, job->sound.loss);
  if (error)
    complain (source, error->message);
  if (error || job->sound.loss)
    app->status = STATUS_FAILED;
}

/* Called on several threads. */
static void
work (gpointer data, gsize k)
{
  App *const app = data;
  const gsize i = g_array_index (app->todo, guint64, k);
  const char *const source = app->sources[i];
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) part_error = NULL;
  Job job = { 0 };

  if (decode (app, i, &job.sound, &error)
      && (app->file || app->csv || app->part))
    job.features = tool_sound_features_new (job.sound.samples,
        job.sound.n_samples, &app->recipe, app->options->window_s == 0, &error);
  if (app->part && !write_record (app, &job, i, error, &part_error) && !error)
    error = g_steal_pointer (&part_error);
  g_mutex_lock (&app->lock);
  while (app->next != k)
    g_cond_wait (&app->turn, &app->lock);
  if (!error)
    write_job (app, &job, i, &error);
  tell_job (app, &job, source, error);
  app->next++;
  if (!app->options->quiet)
    tool_progress_show ("Features", app->next, app->todo->len, "");
  g_cond_broadcast (&app->turn);
  g_mutex_unlock (&app->lock);
  gst_emotion_sound_clear (&job.sound);
  tool_sound_features_free (job.features);
}

/* Files appear complete or not at all. */
static gboolean
save (App *app, GError **error)
{
  if (app->file) {
    g_autoptr (GBytes) bytes = nn_h5_writer_finish (app->file, error);

    if (!bytes || !nn_file_write (app->options->output, bytes, error))
      return FALSE;
  }
  if (app->csv) {
    g_autoptr (GBytes) bytes =
        g_bytes_new_static (app->csv->str, app->csv->len);

    return nn_file_write (app->options->csv, bytes, error);
  }
  return TRUE;
}

static void
begin_files (App *app)
{
  const ToolFeatureOptions *const options = app->options;

  if (options->output)
    app->file = nn_h5_writer_new ();
  if (options->csv) {
    app->csv = g_string_new (NULL);
    tool_feature_csv_append_head (app->csv, &app->recipe);
  }
}

static void
run_all (App *app)
{
  const ToolFeatureOptions *const options = app->options;

  train_parallel (options->n_threads > 0 ? (guint) options->n_threads
                                         : g_get_num_processors (),
      app->todo->len, work, app);
  tool_progress_clear ();
}

/* ---- parts of shards ---- */

static gboolean
open_part (App *app, const char *path, GError **error)
{
  g_autofree const char **keys = g_new (const char *, app->n_sources);
  g_autofree const char **names = g_new (const char *, app->todo->len + 1);
  g_autofree char *settings = tool_feature_options_describe (app->options);
  g_autofree char *id = NULL;
  guint n = 0;

  for (guint i = 0; i < app->n_sources; i++)
    keys[i] =
        ((ToolListingEntry *) g_ptr_array_index (app->listing->entries, i))
            ->key;
  for (guint k = 0; k < app->todo->len; k++)
    names[k] = app->sources[g_array_index (app->todo, guint64, k)];
  id = tool_shard_listing_id (keys, app->n_sources);

  const ToolShardInfo info = { .tool = PROGRAM,
    .settings = settings,
    .head = settings,
    .listing = id,
    .n_listed = app->n_sources,
    .shard = app->shard };

  app->part =
      tool_shard_writer_new (path, &info, (const guint64 *) app->todo->data,
          names, app->todo->len, app->options->resume, error);
  if (!app->part)
    return FALSE;
  for (guint k = 0; k < app->todo->len; k++) {
    const guint64 i = g_array_index (app->todo, guint64, k);

    if (!tool_shard_writer_has (app->part, i))
      g_array_index (app->todo, guint64, n++) = i;
  }
  g_array_set_size (app->todo, n);
  return TRUE;
}

/* Writes the files from the records of parts. */
static gboolean
write_parts (App *app, const ToolShardSet *set, GError **error)
{
  begin_files (app);
  for (gsize k = 0; k < tool_shard_set_count (set); k++) {
    const ToolShardRecord *const record = tool_shard_set_get (set, k);
    const char *const source = tool_shard_set_name (set, record->index);
    const char *data = record->data;
    gsize len = record->len;
    g_autoptr (ToolSoundFeatures) features = NULL;

    if (record->kind != TOOL_SHARD_FINE) {
      g_autofree char *trouble = record->kind == TOOL_SHARD_SHORT
          ? tool_shard_record_loss (record, &data, &len)
          : g_strndup (data, len);

      if (app->options->merge)
        complain (source, trouble);
      app->status = STATUS_FAILED;
    }
    if (record->kind == TOOL_SHARD_FAILED)
      continue;
    features = tool_sound_features_unpack (
        data, len, &app->recipe, app->options->window_s == 0);
    if (!features) {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
          "the record of %s is damaged", source);
      return FALSE;
    }
    if (app->file)
      tool_feature_file_add (app->file, source, features);
    if (app->csv)
      tool_feature_csv_append (app->csv, source, features);
  }
  return save (app, error);
}

static gboolean
run_part (App *app, const char *path, GError **error)
{
  if (!open_part (app, path, error))
    return FALSE;
  run_all (app);
  return tool_shard_writer_finish (app->part, error);
}

static gboolean
run_resumable (App *app, GError **error)
{
  g_autofree char *path = g_strconcat (app->options->output, ".part", NULL);
  const char *const paths[] = { path, NULL };
  g_autoptr (ToolShardSet) set = NULL;

  if (!run_part (app, path, error)
      || !(set = tool_shard_set_load (paths, PROGRAM, error))
      || !write_parts (app, set, error))
    return FALSE;
  if (app->status == STATUS_FINE)
    g_unlink (path);
  return TRUE;
}

static gboolean
check_outputs (const ToolFeatureOptions *options, GError **error)
{
  return tool_output_check_apart (
             "--output", options->output, "--csv", options->csv, error)
      && tool_output_check_apart (
          "--output", options->output, "--plot", options->plot, error)
      && tool_output_check ("--output", options->output, error)
      && tool_output_check ("--csv", options->csv, error)
      && tool_output_check_folder ("--plot", options->plot, error);
}

static int
run (App *app)
{
  const ToolFeatureOptions *const options = app->options;
  g_autoptr (GError) error = NULL;
  gboolean ok;

  if (!check_outputs (options, &error)) {
    complain (NULL, error->message);
    return error->domain == G_OPTION_ERROR ? STATUS_USAGE : STATUS_FAILED;
  }
  if (options->shard)
    ok = run_part (app, options->output, &error);
  else if (options->resume)
    ok = run_resumable (app, &error);
  else {
    begin_files (app);
    run_all (app);
    ok = save (app, &error);
  }
  if (!ok) {
    complain (NULL, error->message);
    app->status = STATUS_FAILED;
  }
  return app->status;
}

static gboolean
list_sources (App *app, GError **error)
{
  const ToolFeatureOptions *const options = app->options;

  app->listing = tool_listing_new ();
  app->listing->reads_stdin = g_strcmp0 (options->files_from, "-") == 0;
  for (char **source = options->sources; source && *source; source++)
    tool_listing_add (app->listing, *source);
  if (options->files_from
      && !tool_listing_add_file (app->listing, options->files_from, error))
    return FALSE;
  app->n_sources = app->listing->entries->len;
  app->sources = g_new0 (char *, app->n_sources + 1);
  app->todo = g_array_new (FALSE, FALSE, sizeof (guint64));
  for (guint64 i = 0; i < app->n_sources; i++) {
    const ToolListingEntry *const entry =
        g_ptr_array_index (app->listing->entries, i);

    app->sources[i] = entry->source;
    if (tool_shard_has (&app->shard, entry->key))
      g_array_append_val (app->todo, i);
  }
  return TRUE;
}

/* Merges the parts of all shards into what one process would have written. */
static int
merge (App *app, ToolFeatureOptions *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ToolShardSet) set = NULL;
  g_autofree char *missing = NULL;

  if (!options->sources || !(options->output || options->csv)) {
    fprintf (stderr, PROGRAM ": --merge SHARD... needs --output or --csv\n");
    return STATUS_USAGE;
  }
  set = tool_shard_set_load (
      (const char *const *) options->sources, PROGRAM, &error);
  missing = set ? tool_shard_set_missing (set) : NULL;
  if (missing)
    g_set_error (&error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
        "the result is incomplete; missing:\n%sRun the workers again with "
        "--resume.",
        missing);
  if (set && !missing)
    tool_feature_options_take (options, tool_shard_set_info (set)->head);
  if (error || !tool_feature_options_recipe (options, &app->recipe, &error)
      || !write_parts (app, set, &error)) {
    complain (NULL, error->message);
    return STATUS_FAILED;
  }
  return app->status;
}

static gboolean
setup (App *app, GError **error)
{
  const ToolFeatureOptions *const options = app->options;
  const char *twice;

  if (!tool_feature_options_check (options, error)
      || !tool_feature_options_recipe (options, &app->recipe, error))
    return FALSE;
  app->shard = TOOL_SHARD_ALL;
  if (options->shard && !tool_shard_parse (options->shard, &app->shard, error))
    return FALSE;
  if (!list_sources (app, error))
    return FALSE;
  app->names = tool_feature_names (app->sources, &twice);
  if (app->names)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "%s is named twice", twice);
  return FALSE;
}

static void
app_clear (App *app)
{
  g_strfreev (app->names);
  g_free (app->sources);
  tool_listing_free (app->listing);
  tool_shard_writer_free (app->part);
  if (app->todo)
    g_array_unref (app->todo);
  nn_h5_writer_free (app->file);
  if (app->csv)
    g_string_free (app->csv, TRUE);
  g_mutex_clear (&app->lock);
  g_cond_clear (&app->turn);
}

int
main (int argc, char **argv)
{
  ToolFeatureOptions options = { 0 };
  App app = { .options = &options };
  g_autoptr (GError) error = NULL;
  int status = STATUS_USAGE;

  tool_standard_streams_hold ();
  gst_emotion_wording_use_options ();
  tool_standard_locale_set ();
  g_mutex_init (&app.lock);
  g_cond_init (&app.turn);
  if (!tool_feature_options_parse (&options, &argc, &argv, &error))
    complain (NULL, error->message);
  else if (options.version) {
    printf (PROGRAM " %s\n", PACKAGE_VERSION);
    status = STATUS_FINE;
  } else if (options.merge)
    status = merge (&app, &options);
  else if (setup (&app, &error))
    status = run (&app);
  else
    complain (NULL, error->message);
  app_clear (&app);
  tool_feature_options_clear (&options);
  gst_deinit ();
  return status;
}
