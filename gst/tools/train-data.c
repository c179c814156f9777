/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/train-data.h"

#include "gst/tools/progress.h"
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
      "no speaker is one of “%s”", options->speakers);
  return FALSE;
}

static void
on_decoded (gsize done, gsize all, gpointer user_data)
{
  const TrainOptions *const options = user_data;

  if (!options->quiet)
    progress_show ("Decoding", done, all, "");
}

gboolean
train_data_load (TrainCorpus *corpus, const TrainOptions *options,
    const DspRecipe *recipe, const gint *stop, GError **error)
{
  TrainExamplesConfig examples;
  TrainSoundsConfig config = { .rate = recipe->rate,
    .n_threads = train_options_n_threads (options),
    .stop = stop,
    .progress = on_decoded,
    .user_data = (gpointer) options };

  if (!add_sources (corpus, options, error)
      || !select_speakers (corpus, options, error))
    return FALSE;
  train_options_examples (options, recipe, !options->evaluate, &examples);
  if (!options->all_windows)
    config.max_len =
        train_augment_source_len (&examples.augment, recipe->window_len);

  const gboolean ok = train_sounds_load (corpus, &config, error);

  progress_clear ();
  return ok;
}
