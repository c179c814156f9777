/* SPDX-License-Identifier: GPL-2.0-or-later */
/* emotion-features: sounds in; their features as HDF5, statistics as CSV, and
 * pictures out. Sounds are worked on in parallel and written in the order of
 * the arguments, so that equal calls make equal files. Exit status: 0 all fine,
 * 1 some file failed, 2 wrong usage. */
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gst/decode.h"
#include "gst/tools/feature-file.h"
#include "gst/tools/feature-plot.h"
#include "gst/tools/listing.h"
#include "gst/tools/part.h"
#include "gst/tools/progress.h"
#include "gst/train/parallel.h"
#include "nn/file-write.h"

#define PROGRAM "emotion-features"

enum { STATUS_FINE, STATUS_FAILED, STATUS_USAGE };

typedef struct {
  char *output, *csv, *plot; /* NULL: none */
  char *features;
  char **settings;  /* "NAME=VALUE" of the recipe */
  gdouble window_s; /* 0: whole sounds */
  gboolean frames, statistics, quiet, version;
  gint n_threads;
  char *files_from, *shard; /* "I/N" */
  gboolean resume, merge;
  char **sources; /* as given; with merge: parts */
} Arguments;

typedef struct {
  const Arguments *arguments;
  DspRecipe recipe;
  Listing *listing;
  char **sources; /* of the listing */
  char **names;   /* of pictures */
  guint n_sources;
  Shard shard;
  GArray *todo; /* guint64: sources, rising */
  GMutex lock;  /* guards what follows */
  GCond turn;   /* next has changed */
  gsize next;   /* the source to be written next */
  NnH5Writer *file;
  GString *csv;
  PartWriter *part; /* NULL: the above at once */
  int status;
} App;

/* One source. */
typedef struct {
  float *samples;
  gsize n_samples;
  SoundFeatures *features;
} Job;

static void
complain (const char *what, const GError *error)
{
  progress_clear ();
  fprintf (
      stderr, PROGRAM ": %s%s%s\n", what, *what ? ": " : "", error->message);
}

static gboolean
write_job (App *app, const Job *job, gsize i, GError **error)
{
  const Arguments *const arguments = app->arguments;

  if (app->file)
    feature_file_add (app->file, app->sources[i], job->features);
  if (app->csv)
    feature_csv_append (app->csv, app->sources[i], job->features);
  return !arguments->plot
      || feature_plot (arguments->plot, app->names[i], job->samples,
          job->n_samples, &app->recipe, error);
}

/* At once, whoever's turn it is. */
static gboolean
write_record (
    App *app, const Job *job, gsize i, const GError *failure, GError **error)
{
  g_autoptr (GBytes) bytes = failure
      ? g_bytes_new_static (failure->message, strlen (failure->message))
      : sound_features_pack (job->features);
  PartRecord record = { .index = i, .kind = failure ? PART_FAILED : PART_FINE };

  record.data = g_bytes_get_data (bytes, &record.len);
  return part_writer_add (app->part, &record, error);
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

  job.samples = gst_emotion_decode_file (
      source, app->recipe.rate, 0, &job.n_samples, &error);
  if (job.samples && (app->file || app->csv || app->part))
    job.features = sound_features_new (job.samples, job.n_samples, &app->recipe,
        app->arguments->window_s == 0, &error);
  if (app->part && !write_record (app, &job, i, error, &part_error) && !error)
    error = g_steal_pointer (&part_error);
  g_mutex_lock (&app->lock);
  while (app->next != k)
    g_cond_wait (&app->turn, &app->lock);
  if (error || !write_job (app, &job, i, &error)) {
    complain (source, error);
    app->status = STATUS_FAILED;
  }
  app->next++;
  if (!app->arguments->quiet)
    progress_show ("Features", app->next, app->todo->len, "");
  g_cond_broadcast (&app->turn);
  g_mutex_unlock (&app->lock);
  g_free (job.samples);
  sound_features_free (job.features);
}

static gboolean
save_h5 (App *app, GError **error)
{
  g_autoptr (GBytes) bytes = nn_h5_writer_finish (app->file, error);

  return bytes && nn_file_write (app->arguments->output, bytes, error);
}

/* Files appear whole or not at all. */
static gboolean
save (App *app, GError **error)
{
  if (app->file && !save_h5 (app, error))
    return FALSE;
  return !app->csv
      || g_file_set_contents (
          app->arguments->csv, app->csv->str, app->csv->len, error);
}

static void
begin_files (App *app)
{
  const Arguments *const arguments = app->arguments;

  if (arguments->output)
    app->file = nn_h5_writer_new ();
  if (arguments->csv) {
    app->csv = g_string_new (NULL);
    feature_csv_append_head (app->csv, &app->recipe);
  }
}

static void
run_all (App *app)
{
  const Arguments *const arguments = app->arguments;

  train_parallel (arguments->n_threads > 0 ? (guint) arguments->n_threads
                                           : g_get_num_processors (),
      app->todo->len, work, app);
  progress_clear ();
}

/* ---- parts of shards ---- */

/* What changes the features, as lines that read_settings reads. */
static char *
write_settings (const Arguments *arguments)
{
  GString *text = g_string_new (NULL);

  if (arguments->features)
    g_string_append_printf (text, "features=%s\n", arguments->features);
  if (arguments->statistics)
    g_string_append (text, "statistics=yes\n");
  if (arguments->window_s > 0)
    g_string_append_printf (text, "window=%.17g\n", arguments->window_s);
  for (char **set = arguments->settings; set && *set; set++)
    g_string_append_printf (text, "set=%s\n", *set);
  return g_string_free (text, FALSE);
}

static void
read_settings (const char *text, Arguments *arguments)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GPtrArray) settings = g_ptr_array_new ();

  g_clear_pointer (&arguments->features, g_free);
  g_clear_pointer (&arguments->settings, g_strfreev);
  arguments->statistics = FALSE;
  arguments->window_s = 0;
  for (char **line = lines; *line; line++) {
    if (g_str_has_prefix (*line, "features="))
      arguments->features = g_strdup (*line + strlen ("features="));
    if (g_str_equal (*line, "statistics=yes"))
      arguments->statistics = TRUE;
    if (g_str_has_prefix (*line, "window="))
      arguments->window_s = g_ascii_strtod (*line + strlen ("window="), NULL);
    if (g_str_has_prefix (*line, "set="))
      g_ptr_array_add (settings, g_strdup (*line + strlen ("set=")));
  }
  g_ptr_array_add (settings, NULL);
  arguments->settings =
      (char **) g_ptr_array_free (g_steal_pointer (&settings), FALSE);
}

static gboolean
open_part (App *app, const char *path, GError **error)
{
  g_autofree const char **keys = g_new (const char *, app->n_sources);
  g_autofree const char **names = g_new (const char *, app->todo->len + 1);
  g_autofree char *settings = write_settings (app->arguments);
  g_autofree char *id = NULL;
  guint n = 0;

  for (guint i = 0; i < app->n_sources; i++)
    keys[i] =
        ((ListingEntry *) g_ptr_array_index (app->listing->entries, i))->key;
  for (guint k = 0; k < app->todo->len; k++)
    names[k] = app->sources[g_array_index (app->todo, guint64, k)];
  id = part_listing_id (keys, app->n_sources);

  const PartInfo info = { .tool = PROGRAM,
    .settings = settings,
    .head = settings,
    .listing = id,
    .n_listed = app->n_sources,
    .shard = app->shard };

  app->part = part_writer_new (path, &info, (const guint64 *) app->todo->data,
      names, app->todo->len, app->arguments->resume, error);
  if (!app->part)
    return FALSE;
  for (guint k = 0; k < app->todo->len; k++) {
    const guint64 i = g_array_index (app->todo, guint64, k);

    if (!part_writer_has (app->part, i))
      g_array_index (app->todo, guint64, n++) = i;
  }
  g_array_set_size (app->todo, n);
  return TRUE;
}

/* The files, from what parts hold. */
static gboolean
write_parts (App *app, const PartSet *set, GError **error)
{
  begin_files (app);
  for (gsize k = 0; k < part_set_count (set); k++) {
    const PartRecord *const record = part_set_get (set, k);
    const char *const source = part_set_name (set, record->index);
    g_autoptr (SoundFeatures) features = NULL;

    if (record->kind == PART_FAILED) {
      if (app->arguments->merge)
        fprintf (stderr, PROGRAM ": %s: %.*s\n", source, (int) record->len,
            record->data);
      app->status = STATUS_FAILED;
      continue;
    }
    features = sound_features_unpack (
        record->data, record->len, &app->recipe, app->arguments->window_s == 0);
    if (!features) {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
          "the record of %s is damaged", source);
      return FALSE;
    }
    if (app->file)
      feature_file_add (app->file, source, features);
    if (app->csv)
      feature_csv_append (app->csv, source, features);
  }
  return save (app, error);
}

static gboolean
run_part (App *app, const char *path, GError **error)
{
  if (!open_part (app, path, error))
    return FALSE;
  run_all (app);
  return part_writer_finish (app->part, error);
}

static gboolean
run_resumable (App *app, GError **error)
{
  g_autofree char *path = g_strconcat (app->arguments->output, ".part", NULL);
  const char *const paths[] = { path, NULL };
  g_autoptr (PartSet) set = NULL;

  if (!run_part (app, path, error)
      || !(set = part_set_load (paths, PROGRAM, error))
      || !write_parts (app, set, error))
    return FALSE;
  if (app->status == STATUS_FINE)
    g_unlink (path);
  return TRUE;
}

static gboolean
run_plain (App *app, GError **error)
{
  begin_files (app);
  run_all (app);
  return save (app, error);
}

static int
run (App *app)
{
  const Arguments *const arguments = app->arguments;
  g_autoptr (GError) error = NULL;
  const gboolean ok = arguments->shard
      ? run_part (app, arguments->output, &error)
      : arguments->resume ? run_resumable (app, &error)
                          : run_plain (app, &error);

  if (!ok) {
    complain ("", error);
    app->status = STATUS_FAILED;
  }
  return app->status;
}

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, text);
  return FALSE;
}

/* "NAME=VALUE" */
static gboolean
change_recipe (DspRecipe *recipe, const char *setting, GError **error)
{
  g_auto (GStrv) sides = g_strsplit (setting, "=", 2);
  const DspRecipeField *const field =
      sides[0] ? dsp_recipe_find_field (sides[0]) : NULL;
  size_t n;
  const DspRecipeField *const fields = dsp_recipe_fields (&n);

  if (field && sides[1])
    return dsp_recipe_set_text (recipe, field, sides[1], error);

  GString *known = g_string_new (NULL);

  for (size_t i = 0; i < n; i++)
    g_string_append_printf (known, "%s%s", i ? ", " : "", fields[i].name);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--set %s: it takes NAME=VALUE, where NAME is one of %s", setting,
      known->str);
  g_string_free (known, TRUE);
  return FALSE;
}

static gboolean
make_recipe (const Arguments *arguments, DspRecipe *recipe, GError **error)
{
  const char *const features = arguments->features
      ? arguments->features
      : "mel,mfcc,delta,delta2,chroma";

  *recipe = DSP_RECIPE_DEFAULT;
  recipe->normalization = DSP_NORMALIZATION_NONE;
  if (arguments->statistics)
    recipe->statistics = DSP_STATISTIC_MEAN | DSP_STATISTIC_STD;
  if (!dsp_recipe_set_text (
          recipe, dsp_recipe_find_field ("features"), features, error))
    return FALSE;
  for (char **setting = arguments->settings; setting && *setting; setting++)
    if (!change_recipe (recipe, *setting, error))
      return FALSE;
  if (arguments->window_s > 0)
    recipe->window_len = MAX (1, round (arguments->window_s * recipe->rate));
  return dsp_recipe_check (recipe, error);
}

static gboolean
check (const Arguments *arguments, GError **error)
{
  if (!arguments->sources && !arguments->files_from)
    return fail (error, "no sound file is named");
  if ((arguments->shard || arguments->resume) && !arguments->output)
    return fail (error, "--shard and --resume go with --output");
  if (arguments->shard && arguments->csv)
    return fail (error, "--csv does not go with --shard, but with --merge");
  if (!arguments->output && !arguments->csv && !arguments->plot)
    return fail (error, "nothing to do: name --output, --csv or --plot");
  if (arguments->frames && arguments->statistics)
    return fail (error, "--frames and --statistics exclude each other");
  if (arguments->csv && !arguments->statistics)
    return fail (error, "--csv goes with --statistics");
  if (!(arguments->window_s == 0
          || (arguments->window_s >= 0.001 && arguments->window_s <= 3600)))
    return fail (error, "--window is 0.001 to 3600 seconds");
  if (arguments->n_threads < 0)
    return fail (error, "--threads is not negative");
  if (arguments->plot && !feature_plot_is_available ())
    return fail (error, "this build draws no pictures: it has no PLplot");
  return TRUE;
}

static gboolean
list_sources (App *app, GError **error)
{
  const Arguments *const arguments = app->arguments;

  app->listing = listing_new ();
  for (char **source = arguments->sources; source && *source; source++)
    listing_add (app->listing, *source);
  if (arguments->files_from
      && !listing_add_file (app->listing, arguments->files_from, error))
    return FALSE;
  app->n_sources = app->listing->entries->len;
  app->sources = g_new0 (char *, app->n_sources + 1);
  app->todo = g_array_new (FALSE, FALSE, sizeof (guint64));
  for (guint64 i = 0; i < app->n_sources; i++) {
    const ListingEntry *const entry =
        g_ptr_array_index (app->listing->entries, i);

    app->sources[i] = entry->source;
    if (shard_has (&app->shard, entry->key))
      g_array_append_val (app->todo, i);
  }
  return TRUE;
}

/* Parts of all shards to what one process would have written. */
static int
merge (App *app, Arguments *arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PartSet) set = NULL;
  g_autofree char *missing = NULL;

  if (!arguments->sources || !(arguments->output || arguments->csv)) {
    fprintf (stderr, PROGRAM ": --merge PART... goes with --output or --csv\n");
    return STATUS_USAGE;
  }
  set =
      part_set_load ((const char *const *) arguments->sources, PROGRAM, &error);
  missing = set ? part_set_missing (set) : NULL;
  if (missing)
    g_set_error (&error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
        "not all of it is there; this is missing:\n%sThe workers can go on "
        "with --resume.",
        missing);
  if (set && !missing)
    read_settings (part_set_info (set)->head, arguments);
  if (error || !make_recipe (arguments, &app->recipe, &error)
      || !write_parts (app, set, &error)) {
    complain ("", error);
    return STATUS_FAILED;
  }
  return app->status;
}

static gboolean
setup (App *app, GError **error)
{
  const Arguments *const arguments = app->arguments;
  const char *twice;

  if (!check (arguments, error)
      || !make_recipe (arguments, &app->recipe, error))
    return FALSE;
  app->shard = SHARD_ALL;
  if (arguments->shard && !shard_parse (arguments->shard, &app->shard, error))
    return FALSE;
  if (!list_sources (app, error))
    return FALSE;
  app->names = feature_names (app->sources, &twice);
  if (app->names)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "%s is named twice", twice);
  return FALSE;
}

static gboolean
parse (int *argc, char ***argv, Arguments *a, GError **error)
{
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &a->output,
        "HDF5 file with a group for each sound", "OUT.h5" },
    { "features", 'f', 0, G_OPTION_ARG_STRING, &a->features,
        "Which (mel,mfcc,delta,delta2,chroma); also mel_db, rms, zcr, "
        "centroid, bandwidth, rolloff, flatness",
        "A,B,..." },
    { "frames", 0, 0, G_OPTION_ARG_NONE, &a->frames,
        "Whole matrices, rows x frames (the default)", NULL },
    { "statistics", 's', 0, G_OPTION_ARG_NONE, &a->statistics,
        "Mean and standard deviation over time", NULL },
    { "csv", 'c', 0, G_OPTION_ARG_FILENAME, &a->csv,
        "The statistics as a table, too", "FILE" },
    { "plot", 'p', 0, G_OPTION_ARG_FILENAME, &a->plot,
        "A picture of each sound, into a folder", "DIR" },
    { "window", 'w', 0, G_OPTION_ARG_DOUBLE, &a->window_s,
        "Of windows of so many seconds, not of the whole sound", "S" },
    { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &a->settings,
        "Change a parameter (n_mels=128); librosa's names", "NAME=VALUE" },
    { "files-from", 'T', 0, G_OPTION_ARG_FILENAME, &a->files_from,
        "Files, folders and URIs, one to a line; - is standard input", "LIST" },
    { "shard", 0, 0, G_OPTION_ARG_STRING, &a->shard,
        "Only the I-th of N shares of the sounds; OUTPUT is a part for --merge",
        "I/N" },
    { "resume", 0, 0, G_OPTION_ARG_NONE, &a->resume,
        "Keep what is done, go on with the rest", NULL },
    { "merge", 0, 0, G_OPTION_ARG_NONE, &a->merge,
        "Join the parts of all shards: --merge PART... --output OUT.h5", NULL },
    { "threads", 0, 0, G_OPTION_ARG_INT, &a->n_threads,
        "0: one for each processor (0)", "N" },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &a->quiet, "No progress bar", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &a->version, "Print the version",
        NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &a->sources, NULL,
        "FILE|URI..." },
    { NULL },
  };
  g_autoptr (GOptionContext) context =
      g_option_context_new ("- the features that emotions are told by");

  g_option_context_set_summary (context,
      "Writes mel spectrograms, MFCC, chroma and more of sounds of any format "
      "that\nGStreamer decodes, as librosa computes them: mixed to mono, "
      "resampled to 16 kHz,\neach sound as a whole. Exit status: 0 all fine, "
      "1 some file failed (the rest are\nstill done), 2 wrong usage.");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  return g_option_context_parse (context, argc, argv, error);
}

static void
app_clear (App *app)
{
  g_strfreev (app->names);
  g_free (app->sources);
  listing_free (app->listing);
  part_writer_free (app->part);
  if (app->todo)
    g_array_unref (app->todo);
  nn_h5_writer_free (app->file);
  if (app->csv)
    g_string_free (app->csv, TRUE);
  g_mutex_clear (&app->lock);
  g_cond_clear (&app->turn);
}

static void
arguments_clear (Arguments *a)
{
  g_free (a->output);
  g_free (a->csv);
  g_free (a->plot);
  g_free (a->features);
  g_free (a->files_from);
  g_free (a->shard);
  g_strfreev (a->settings);
  g_strfreev (a->sources);
}

int
main (int argc, char **argv)
{
  Arguments arguments = { 0 };
  App app = { .arguments = &arguments };
  g_autoptr (GError) error = NULL;
  int status = STATUS_USAGE;

  setlocale (LC_ALL, "");
  g_mutex_init (&app.lock);
  g_cond_init (&app.turn);
  if (!parse (&argc, &argv, &arguments, &error))
    complain ("", error);
  else if (arguments.version) {
    printf (PROGRAM " %s\n", PACKAGE_VERSION);
    status = STATUS_FINE;
  } else if (arguments.merge)
    status = merge (&app, &arguments);
  else if (setup (&app, &error))
    status = run (&app);
  else
    complain ("", error);
  app_clear (&app);
  arguments_clear (&arguments);
  return status;
}
