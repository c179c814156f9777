/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/train-data.h"

#include <gio/gio.h>
#include "gst/tools/progress.h"
#include "gst/media/decode.h"
#include "gst/media/folder.h"
#include "gst/train/data-sets.h"
#include "gst/train/sounds.h"

static gboolean
add_sources (TrainCorpus *corpus, const TrainOptions *options, GError **error)
{
  for (char **merge = options->merges; merge && *merge; merge++)
    if (!train_corpus_merge (corpus, *merge, error))
      return FALSE;
  for (gsize i = 0; train_namings[i].name; i++)
    for (char **dir = options->folders[i]; dir && *dir; dir++)
      if (!train_corpus_add_folder (corpus, &train_namings[i], *dir, error))
        return FALSE;
  for (char **list = options->lists; list && *list; list++)
    if (!train_corpus_add_csv (corpus, *list, error))
      return FALSE;
  for (char **list = options->unlabelled; list && *list; list++)
    if (!train_corpus_add_unlabelled (corpus, *list, error))
      return FALSE;
  return TRUE;
}

/* Leaves the data sets that were asked for: the others are not read. */
static gboolean
select_data_sets (
    TrainCorpus *corpus, const TrainOptions *options, GError **error)
{
  g_auto (GStrv) names = train_options_list (options->datasets);
  const TrainDataSets sets = { .train_on = (const char *const *) names };

  if (!names)
    return TRUE;
  if (!train_data_sets_check (&sets, corpus, error))
    return FALSE;
  for (guint i = 0; i < corpus->items->len;)
    if (g_strv_contains ((const char *const *) names,
            train_corpus_item (corpus, i)->data_set))
      i++;
    else
      g_ptr_array_remove_index (corpus->items, i);
  return TRUE;
}

/* Leaves the speakers that were asked for. */
static gboolean
select_speakers (
    TrainCorpus *corpus, const TrainOptions *options, GError **error)
{
  g_auto (GStrv) patterns = train_options_list (options->speakers);

  for (guint i = 0; patterns && i < corpus->items->len;)
    if (train_speaker_matches (train_corpus_item (corpus, i)->speaker,
            (const char *const *) patterns))
      i++;
    else
      g_ptr_array_remove_index (corpus->items, i);
  if (!patterns || corpus->items->len > 0)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "no speaker matches “%s”", options->speakers);
  return FALSE;
}

static void
append_items (const TrainCorpus *corpus, GString *text)
{
  for (guint i = 0; corpus && i < corpus->items->len; i++) {
    const TrainItem *const item = train_corpus_item (corpus, i);
    g_autofree char *name = g_path_get_basename (item->path);

    g_string_append_printf (
        text, "%u %s %s\n", item->label, item->data_set, name);
  }
}

/* Whether all ranks have the same options and have found the same files, by
 * whatever path: then item i is the same to each. */
static gboolean
check_same (Ranks *ranks, const TrainCorpus *corpus,
    const TrainOptions *options, GError **error)
{
  g_autofree char *text = train_options_to_text (options);
  g_autoptr (GString) all = g_string_new (text);

  append_items (corpus, all);
  append_items (corpus->unlabelled, all);
  if (ranks_have_same (ranks, all->str, all->len))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "the ranks found different sounds or have different options (rank %zu: "
      "%u sounds); start all ranks with the same",
      ranks_index (ranks), corpus->items->len);
  return FALSE;
}

static void
on_decoded (gsize done, gsize all, gpointer user_data)
{
  const TrainOptions *const options = user_data;

  if (!options->quiet)
    tool_progress_show ("Decoding", done, all, "");
}

static gboolean
load_noise (TrainCorpus *corpus, const char *path, double rate, GError **error)
{
  TrainNoise *const noise = g_new0 (TrainNoise, 1);

  noise->samples = gst_emotion_decode_file (path, rate, 0, &noise->n, error);
  if (!noise->samples) {
    train_noise_free (noise);
    g_prefix_error (error, "--noise-from %s: ", path);
    return FALSE;
  }
  g_ptr_array_add (corpus->noises, noise);
  return TRUE;
}

/* A file, or all files of a folder, in alphabetic order. */
static gboolean
load_noises_from (
    TrainCorpus *corpus, const char *path, double rate, GError **error)
{
  g_autoptr (GPtrArray) names = NULL;

  if (!g_file_test (path, G_FILE_TEST_IS_DIR))
    return load_noise (corpus, path, rate, error);
  if (!(names = gst_emotion_folder_names (path, error)))
    return FALSE;
  for (guint i = 0; i < names->len; i++) {
    g_autofree char *child =
        g_build_filename (path, g_ptr_array_index (names, i), NULL);

    if (!g_file_test (child, G_FILE_TEST_IS_DIR)
        && !load_noise (corpus, child, rate, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
load_noises (TrainCorpus *corpus, const TrainOptions *options, double rate,
    GError **error)
{
  for (char **path = options->noise_from; path && *path; path++)
    if (!load_noises_from (corpus, *path, rate, error))
      return FALSE;
  if (!options->noise_from || corpus->noises->len > 0)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--noise-from: there is no file in %s", *options->noise_from);
  return FALSE;
}

static void
move_lines (GPtrArray *from, GPtrArray *to)
{
  for (guint i = 0; i < from->len; i++)
    g_ptr_array_add (to, g_strdup (g_ptr_array_index (from, i)));
  g_ptr_array_set_size (from, 0);
}

/* Decodes the unlabelled sounds; what is to be said of them is said of the
 * corpus. Sounds that have a label elsewhere are taken out: they may be tested
 * on. */
static gboolean
load_unlabelled (
    TrainCorpus *corpus, const TrainSoundsConfig *config, GError **error)
{
  TrainCorpus *const unlabelled = corpus->unlabelled;
  g_autoptr (GHashTable) labelled = g_hash_table_new (g_str_hash, g_str_equal);

  if (!unlabelled)
    return TRUE;
  if (!train_sounds_load (unlabelled, config, error)) {
    g_prefix_error (error, "--unlabelled: ");
    return FALSE;
  }
  move_lines (unlabelled->problems, corpus->problems);
  move_lines (unlabelled->losses, corpus->losses);
  move_lines (unlabelled->notes, corpus->notes);
  for (guint i = 0; i < corpus->items->len; i++)
    g_hash_table_add (labelled, train_corpus_item (corpus, i)->digest);
  for (guint i = 0; i < unlabelled->items->len;)
    if (g_hash_table_contains (
            labelled, train_corpus_item (unlabelled, i)->digest))
      g_ptr_array_remove_index (unlabelled->items, i);
    else
      i++;
  return TRUE;
}

gboolean
tool_train_data_load (TrainCorpus *corpus, const TrainOptions *options,
    const DspRecipe *recipe, Ranks *ranks, const gint *stop, GError **error)
{
  TrainExamplesConfig examples;
  TrainSoundsConfig config = { .rate = recipe->rate,
    .track = options->track,
    .n_threads = train_options_n_threads (options),
    .comm = ranks_comm (ranks),
    .stop = stop,
    .progress = on_decoded,
    .user_data = (gpointer) options };

  const gboolean is_listed = add_sources (corpus, options, error)
      && select_data_sets (corpus, options, error)
      && select_speakers (corpus, options, error);

  if (!ranks_agree (ranks, is_listed, error)
      || !check_same (ranks, corpus, options, error))
    return FALSE;
  train_options_examples (options, recipe, !options->evaluate, &examples);
  if (!options->all_windows)
    config.max_len =
        train_augment_source_len (&examples.augment, recipe->window_len);

  const gboolean ok = train_sounds_load (corpus, &config, error)
      && load_unlabelled (corpus, &config, error)
      && (options->evaluate || options->no_augment
          || load_noises (corpus, options, recipe->rate, error));

  tool_progress_clear ();
  return ok;
}
