/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/feature-options.h"

#include <gst/gst.h>
#include <math.h>
#include <string.h>

#include "gst/tools/feature-plot.h"

gboolean
tool_feature_options_parse (
    ToolFeatureOptions *self, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &self->output,
        "HDF5 file with a group for each sound", "OUT.h5" },
    { "features", 'f', 0, G_OPTION_ARG_STRING, &self->features,
        "Which (mel,mfcc,delta,delta2,chroma)", "A,B,..." },
    { "frames", 0, 0, G_OPTION_ARG_NONE, &self->frames,
        "Whole matrices, rows x frames (the default)", NULL },
    { "statistics", 's', 0, G_OPTION_ARG_NONE, &self->statistics,
        "Mean and standard deviation over time", NULL },
    { "csv", 'c', 0, G_OPTION_ARG_FILENAME, &self->csv,
        "Also write the statistics as a table", "FILE" },
    { "plot", 'p', 0, G_OPTION_ARG_FILENAME, &self->plot,
        "Write a picture of each sound to a folder", "DIR" },
    { "window", 'w', 0, G_OPTION_ARG_DOUBLE, &self->window_s,
        "Use windows of S seconds, not whole sounds", "S" },
    { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->settings,
        "A parameter by librosa's name: n_mels=128", "FIELD=VALUE" },
    { "files-from", 'T', 0, G_OPTION_ARG_FILENAME, &self->files_from,
        "Read names from a file (-: standard input)", "LIST" },
    { "track", 0, 0, G_OPTION_ARG_STRING, &self->track,
        "Audio track, if there are several", "N|LANGUAGE" },
    { "shard", 0, 0, G_OPTION_ARG_STRING, &self->shard,
        "The I-th of N shards, to a file for --merge", "I/N" },
    { "resume", 0, 0, G_OPTION_ARG_NONE, &self->resume,
        "Keep what is done, continue with the rest", NULL },
    { "merge", 0, 0, G_OPTION_ARG_NONE, &self->merge,
        "Join shards: --merge SHARD... -o OUT.h5", NULL },
    { "threads", 0, 0, G_OPTION_ARG_INT, &self->n_threads,
        "Threads; 0: one per processor (0)", "N" },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &self->quiet, "No progress bar",
        NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &self->version, "Print the version",
        NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->sources,
        NULL, "FILE|URI..." },
    { NULL },
  };
  const char *const *const names = dsp_recipe_find_field ("features")->names;
  g_autoptr (GOptionContext) context =
      g_option_context_new ("- extract audio features");
  g_autoptr (GString) features = g_string_new (NULL);
  g_autofree char *summary = NULL;

  for (gsize i = 0; names[i]; i++)
    g_string_append_printf (features, "%s%s",
        i == 0      ? ""
            : i % 8 ? ", "
                    : ",\n",
        names[i]);
  summary = g_strdup_printf (
      "Writes mel spectrograms, MFCC, chroma and more of sounds in any format "
      "that\nGStreamer decodes, as librosa computes them: mixed to mono, "
      "resampled to 16 kHz,\neach sound as a whole. Exit status: 0 success, 1 "
      "a file failed (the others are\nstill processed), 2 usage error.\n\n"
      "Features: %s",
      features->str);
  g_option_context_set_summary (context, summary);
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  return g_option_context_parse (context, argc, argv, error);
}

void
tool_feature_options_clear (ToolFeatureOptions *self)
{
  g_free (self->output);
  g_free (self->csv);
  g_free (self->plot);
  g_free (self->features);
  g_free (self->files_from);
  g_free (self->track);
  g_free (self->shard);
  g_strfreev (self->settings);
  g_strfreev (self->sources);
}

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, text);
  return FALSE;
}

/* For a whole sound, whose length is unknown so far, only errors that are
 * independent of it count. */
static gboolean
check_recipe (
    const ToolFeatureOptions *self, const DspRecipe *recipe, GError **error)
{
  const double longest = dsp_recipe_find_field ("window_len")->max;
  DspRecipe checked = *recipe;

  if (self->window_s == 0)
    checked.window_len =
        MIN (recipe->n_fft + recipe->delta_width * recipe->hop_length, longest);
  return dsp_recipe_check (&checked, error);
}

static gboolean
change_recipe (DspRecipe *recipe, const char *setting, GError **error)
{
  const size_t window_len = recipe->window_len;

  recipe->window_len = 0;
  if (!dsp_recipe_change (recipe, setting, error)) {
    g_prefix_error (error, "--set: ");
    return FALSE;
  }
  if (recipe->window_len != 0 && strchr (setting, '='))
    return fail (error,
        "--set window_len cannot be used: --window S sets the window length");
  recipe->window_len = window_len;
  return TRUE;
}

gboolean
tool_feature_options_recipe (
    const ToolFeatureOptions *self, DspRecipe *recipe, GError **error)
{
  const char *const features =
      self->features ? self->features : "mel,mfcc,delta,delta2,chroma";

  *recipe = DSP_RECIPE_DEFAULT;
  recipe->normalization = DSP_NORMALIZATION_NONE;
  if (self->statistics)
    recipe->statistics = DSP_STATISTIC_MEAN | DSP_STATISTIC_STD;
  if (!dsp_recipe_set_text (
          recipe, dsp_recipe_find_field ("features"), features, error))
    return FALSE;
  for (char **setting = self->settings; setting && *setting; setting++)
    if (!change_recipe (recipe, *setting, error))
      return FALSE;
  if (self->csv && recipe->statistics == 0)
    return fail (error, "--csv needs --statistics");
  if (self->csv && recipe->statistics_axis == DSP_AXIS_COEFFICIENTS)
    return fail (error, "--csv needs statistics over time");
  if (self->window_s > 0)
    recipe->window_len = MAX (1, round (self->window_s * recipe->rate));
  return check_recipe (self, recipe, error);
}

gboolean
tool_feature_options_check (const ToolFeatureOptions *self, GError **error)
{
  if (!self->sources && !self->files_from)
    return fail (error, "no audio file is named");
  if ((self->shard || self->resume) && !self->output)
    return fail (error, "--shard and --resume need --output");
  if (self->shard && self->csv)
    return fail (
        error, "--csv cannot be used with --shard; use it with --merge");
  if (!self->output && !self->csv && !self->plot)
    return fail (error, "nothing to do: use --output, --csv or --plot");
  if (self->frames && self->statistics)
    return fail (error, "--frames and --statistics cannot be used together");
  if (!(self->window_s == 0
          || (self->window_s >= 0.001 && self->window_s <= 3600)))
    return fail (error, "--window must be between 0.001 and 3600 seconds");
  if (self->n_threads < 0)
    return fail (error, "--threads must not be negative");
  if (self->plot && !tool_feature_plot_is_available ())
    return fail (error, "this build cannot draw pictures: it lacks PLplot");
  return TRUE;
}

/* Parts */

char *
tool_feature_options_describe (const ToolFeatureOptions *self)
{
  GString *text = g_string_new (NULL);

  if (self->features)
    g_string_append_printf (text, "features=%s\n", self->features);
  if (self->statistics)
    g_string_append (text, "statistics=yes\n");
  if (self->track)
    g_string_append_printf (text, "track=%s\n", self->track);
  if (self->window_s > 0)
    g_string_append_printf (text, "window=%.17g\n", self->window_s);
  for (char **set = self->settings; set && *set; set++)
    g_string_append_printf (text, "set=%s\n", *set);
  return g_string_free (text, FALSE);
}

void
tool_feature_options_take (ToolFeatureOptions *self, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GPtrArray) settings = g_ptr_array_new ();

  g_clear_pointer (&self->features, g_free);
  g_clear_pointer (&self->settings, g_strfreev);
  self->statistics = FALSE;
  self->window_s = 0;
  for (char **line = lines; *line; line++) {
    if (g_str_has_prefix (*line, "features="))
      self->features = g_strdup (*line + strlen ("features="));
    if (g_str_equal (*line, "statistics=yes"))
      self->statistics = TRUE;
    if (g_str_has_prefix (*line, "window="))
      self->window_s = g_ascii_strtod (*line + strlen ("window="), NULL);
    if (g_str_has_prefix (*line, "set="))
      g_ptr_array_add (settings, g_strdup (*line + strlen ("set=")));
  }
  g_ptr_array_add (settings, NULL);
  self->settings =
      (char **) g_ptr_array_free (g_steal_pointer (&settings), FALSE);
}
