/* SPDX-License-Identifier: GPL-2.0-or-later */
/* emotion-features: sounds in; their features as HDF5, statistics as CSV, and
 * pictures out. Sounds are worked on in parallel and written in the order of
 * the arguments, so that equal calls make equal files. Exit status: 0 all fine,
 * 1 some file failed, 2 wrong usage. */
#include <gst/gst.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>

#include "gst/decode.h"
#include "gst/tools/feature-file.h"
#include "gst/tools/feature-plot.h"
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
  char **sources;
} Arguments;

typedef struct {
  const Arguments *arguments;
  DspRecipe recipe;
  char **names; /* of pictures */
  guint n_sources;
  GMutex lock; /* guards what follows */
  GCond turn;  /* next has changed */
  gsize next;  /* the source to be written next */
  NnH5Writer *file;
  GString *csv;
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
    feature_file_add (app->file, arguments->sources[i], job->features);
  if (app->csv)
    feature_csv_append (app->csv, arguments->sources[i], job->features);
  return !arguments->plot
      || feature_plot (arguments->plot, app->names[i], job->samples,
          job->n_samples, &app->recipe, error);
}

/* Called on several threads. */
static void
work (gpointer data, gsize i)
{
  App *const app = data;
  const char *const source = app->arguments->sources[i];
  g_autoptr (GError) error = NULL;
  Job job = { 0 };

  job.samples = gst_emotion_decode_file (
      source, app->recipe.rate, 0, &job.n_samples, &error);
  if (job.samples && (app->file || app->csv))
    job.features = sound_features_new (job.samples, job.n_samples, &app->recipe,
        app->arguments->window_s == 0, &error);
  g_mutex_lock (&app->lock);
  while (app->next != i)
    g_cond_wait (&app->turn, &app->lock);
  if (error || !write_job (app, &job, i, &error)) {
    complain (source, error);
    app->status = STATUS_FAILED;
  }
  app->next++;
  if (!app->arguments->quiet)
    progress_show ("Features", app->next, app->n_sources, "");
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

static int
run (App *app)
{
  const Arguments *const arguments = app->arguments;
  g_autoptr (GError) error = NULL;

  if (arguments->output)
    app->file = nn_h5_writer_new ();
  if (arguments->csv) {
    app->csv = g_string_new (NULL);
    feature_csv_append_head (app->csv, &app->recipe);
  }
  train_parallel (arguments->n_threads > 0 ? (guint) arguments->n_threads
                                           : g_get_num_processors (),
      app->n_sources, work, app);
  progress_clear ();
  if (!save (app, &error)) {
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
  if (!arguments->sources)
    return fail (error, "no sound file is named");
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
setup (App *app, GError **error)
{
  const Arguments *const arguments = app->arguments;
  const char *twice;

  if (!check (arguments, error)
      || !make_recipe (arguments, &app->recipe, error))
    return FALSE;
  app->n_sources = g_strv_length (arguments->sources);
  app->names = feature_names (arguments->sources, &twice);
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
  } else if (setup (&app, &error))
    status = run (&app);
  else
    complain ("", error);
  app_clear (&app);
  arguments_clear (&arguments);
  return status;
}
