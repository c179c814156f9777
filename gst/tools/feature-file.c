/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/feature-file.h"

#include <string.h>
#include "gst/media/source-uri.h"
#include "gst/model/recipe-json.h"
#include "gst/tools/csv-string.h"

/* Rows of one feature of every window, in a row. Free with g_free. */
static float *
gather (const ToolSoundFeatures *sound, gsize first_row, gsize n_rows)
{
  const gsize n = n_rows * sound->n_columns;
  float *const values = g_new (float, sound->n_windows *n);

  for (gsize w = 0; w < sound->n_windows; w++)
    memcpy (values + w * n, tool_sound_features_row (sound, w, first_row),
        n * sizeof *values);
  return values;
}

static void
add_feature (NnH5Writer *file, const char *group, const char *name,
    const ToolSoundFeatures *sound, gsize first_row, gsize n_rows)
{
  g_autofree char *path = g_strjoin ("/", group, name, NULL);
  g_autofree float *values = gather (sound, first_row, n_rows);
  const NnShape shape = sound->is_whole
      ? (NnShape){ .rank = 2, .dim = { n_rows, sound->n_columns } }
      : (NnShape){ .rank = 3,
          .dim = { sound->n_windows, n_rows, sound->n_columns } };

  nn_h5_write_floats (file, path, &shape, values);
}

static void
add_attributes (
    NnH5Writer *file, const char *group, const ToolSoundFeatures *sound)
{
  g_autoptr (NnJson) json = nn_json_new (FALSE);
  size_t n;
  const DspRecipeField *const fields = dsp_recipe_fields (&n);

  nn_h5_write_double_attribute (
      file, group, "duration", sound->n_samples / sound->recipe.rate);
  gst_emotion_recipe_write (json, NULL, &sound->recipe);
  nn_h5_write_string_attribute (
      file, group, "recipe", nn_json_text (json), true);
  for (size_t i = 0; i < n; i++) {
    g_autofree char *text = dsp_recipe_get_text (&sound->recipe, &fields[i]);

    if (fields[i].names)
      nn_h5_write_string_attribute (file, group, fields[i].name, text, true);
    else
      nn_h5_write_double_attribute (file, group, fields[i].name,
          dsp_recipe_get (&sound->recipe, &fields[i]));
  }
}

void
tool_feature_file_add (
    NnH5Writer *file, const char *source, const ToolSoundFeatures *sound)
{
  const DspRecipeField *const features = dsp_recipe_find_field ("features");
  g_autofree char *shown = gst_emotion_source_name (source);

  for (unsigned i = 0; features->names[i]; i++) {
    size_t first_row;
    const size_t n_rows = dsp_recipe_rows (&sound->recipe, 1 << i, &first_row);

    if (n_rows > 0)
      add_feature (file, shown, features->names[i], sound, first_row, n_rows);
  }
  g_autofree char *voice = g_strjoin ("/", shown, "voice", NULL);
  nn_h5_write_floats (file, voice,
      &(NnShape){ .rank = 1, .dim = { sound->n_windows } }, sound->voice);
  nn_h5_write_string_attribute (file, shown, "source", shown, true);
  add_attributes (file, shown, sound);
}

/* "mfcc_0_mean,mfcc_0_std" of one row. */
static void
append_row_head (
    GString *csv, const char *feature, gsize row, unsigned statistics)
{
  const char *const *const names = dsp_recipe_find_field ("statistics")->names;

  for (unsigned s = 0; names[s]; s++)
    if (statistics & (1u << s))
      g_string_append_printf (csv, ",%s_%zu_%s", feature, row, names[s]);
}

void
tool_feature_csv_append_head (GString *csv, const DspRecipe *recipe)
{
  const DspRecipeField *const features = dsp_recipe_find_field ("features");
  DspFeature feature;

  g_string_append (csv, "file,start,end");
  for (size_t i = 0; (feature = dsp_recipe_nth_feature (recipe, i)); i++) {
    size_t first_row;
    const size_t n_rows = dsp_recipe_rows (recipe, feature, &first_row);

    for (size_t row = 0; row < n_rows; row++)
      append_row_head (csv, features->names[g_bit_nth_lsf (feature, -1)], row,
          recipe->statistics);
  }
  g_string_append (csv, "\r\n");
}

/* format: with enough digits for a float, "%.9g", or for a time. */
static void
append_number (GString *csv, const char *format, double value)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_c (csv, ',');
  g_string_append (csv, g_ascii_formatd (number, sizeof number, format, value));
}

void
tool_feature_csv_append (
    GString *csv, const char *source, const ToolSoundFeatures *sound)
{
  const double rate = sound->recipe.rate;
  const gsize len = sound->recipe.window_len;
  g_autofree char *shown = gst_emotion_source_name (source);

  for (gsize w = 0; w < sound->n_windows; w++) {
    const float *const values = tool_sound_features_row (sound, w, 0);

    tool_csv_append_string (csv, shown);
    append_number (csv, "%.15g", w * len / rate);
    append_number (csv, "%.15g", MIN ((w + 1) * len, sound->n_samples) / rate);
    for (gsize i = 0; i < sound->n_rows * sound->n_columns; i++)
      append_number (csv, "%.9g", values[i]);
    g_string_append (csv, "\r\n");
  }
}

/* An absolute path for a source, without ".."; of a URI, what follows "://". */
static char *
path_of (const char *source)
{
  const char *const scheme = strstr (source, "://");
  g_autofree char *file =
      scheme ? g_filename_from_uri (source, NULL, NULL) : NULL;
  g_autofree char *path = g_canonicalize_filename (file ? file
          : scheme                                      ? scheme + strlen (":/")
                                                        : source,
      NULL);

  return gst_emotion_source_name (path);
}

/* The path as HDF5 normalises it: without "." and empty components. */
static char *
group_of (const char *source)
{
  g_auto (GStrv) parts = g_strsplit (source, "/", -1);
  GString *group = g_string_new (NULL);

  for (char **part = parts; *part; part++)
    if (**part && strcmp (*part, ".") != 0)
      g_string_append_printf (group, "/%s", *part);
  return g_string_free (group, FALSE);
}

/* The length of the common folders of a and b, including the last "/". */
static gsize
common_folder (const char *a, const char *b)
{
  gsize n = 0;

  for (gsize i = 0; a[i] && a[i] == b[i]; i++)
    if (a[i] == '/')
      n = i + 1;
  return n;
}

char **
tool_feature_names (char *const *sources, const char **twice)
{
  const guint n = g_strv_length ((char **) sources);
  g_autoptr (GHashTable) seen =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) groups =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_auto (GStrv) names = g_new0 (char *, n + 1);
  gsize folder = G_MAXSIZE;

  *twice = NULL;
  for (guint i = 0; i < n; i++) {
    names[i] = path_of (sources[i]);
    if (!g_hash_table_add (seen, g_strdup (names[i]))
        || !g_hash_table_add (groups, group_of (sources[i]))) {
      *twice = sources[i];
      return NULL;
    }
    folder = MIN (folder, common_folder (names[i], names[0]));
  }
  for (guint i = 0; i < n; i++)
    memmove (names[i], names[i] + folder, strlen (names[i] + folder) + 1);
  return g_steal_pointer (&names);
}
