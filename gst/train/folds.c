/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/folds.h"

#include <string.h>
#include "gst/media/text-file.h"
#include "gst/train/csv.h"

struct _TrainFolds {
  TrainSplitMode mode;
  guint32 seed;
  GPtrArray *names;
  GPtrArray *patterns; /* of each fold: a GPtrArray; NULL: drawn, or groups */
  gboolean has_groups; /* the names are those of groups */
  TrainGroups groups;
};

static TrainFolds *
folds_new (void)
{
  TrainFolds *self = g_new0 (TrainFolds, 1);

  self->names = g_ptr_array_new_with_free_func (g_free);
  return self;
}

TrainFolds *
train_folds_new (TrainSplitMode mode, guint32 seed, guint n)
{
  TrainFolds *self = folds_new ();

  self->mode = mode;
  self->seed = seed;
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (self->names, g_strdup_printf ("%u", i + 1));
  return self;
}

void
train_folds_free (TrainFolds *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->names, g_ptr_array_unref);
  g_clear_pointer (&self->patterns, g_ptr_array_unref);
  g_free (self);
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

TrainFolds *
train_folds_new_groups (
    TrainGroups groups, const TrainCorpus *corpus, GError **error)
{
  g_autoptr (TrainFolds) self = folds_new ();

  self->has_groups = TRUE;
  self->groups = groups;
  for (guint i = 0; i < corpus->items->len; i++) {
    const char *const name =
        train_group_of (train_corpus_item (corpus, i), groups);

    if (!g_ptr_array_find_with_equal_func (
            self->names, name, g_str_equal, NULL))
      g_ptr_array_add (self->names, g_strdup (name));
  }
  g_ptr_array_sort (self->names, compare_names);
  if (self->names->len >= 3)
    return g_steal_pointer (&self);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--cross-validate %s: there are %u, expected 3 at least: test, "
      "validation, training",
      groups == TRAIN_GROUPS_DATA_SETS ? "corpora" : "languages",
      self->names->len);
  return NULL;
}

static void
add_pattern (TrainFolds *self, const char *pattern, const char *name)
{
  guint i;

  if (!g_ptr_array_find_with_equal_func (self->names, name, g_str_equal, &i)) {
    i = self->names->len;
    g_ptr_array_add (self->names, g_strdup (name));
    g_ptr_array_add (self->patterns, g_ptr_array_new_with_free_func (g_free));
  }
  g_ptr_array_add (g_ptr_array_index (self->patterns, i), g_strdup (pattern));
}

static gboolean
read_rows (TrainFolds *self, const char *path, const char *text, GError **error)
{
  for (guint row = 1; *text; row++) {
    g_autoptr (GPtrArray) fields = train_csv_read_row (&text);
    char *const *const values = (char *const *) fields->pdata;

    if (fields->len == 1 && !*values[0])
      continue;
    if (row == 1 && g_ascii_strcasecmp (values[0], "speaker") == 0)
      continue;
    if (fields->len != 2 || !*values[0] || !*values[1]) {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
          "%s, row %u: expected speaker,fold", path, row);
      return FALSE;
    }
    add_pattern (self, values[0], values[1]);
  }
  if (self->names->len >= 3)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
      "%s: %u folds, expected 3 at least: test, validation, training", path,
      self->names->len);
  return FALSE;
}

TrainFolds *
train_folds_read (const char *path, GError **error)
{
  g_autoptr (TrainFolds) self = folds_new ();
  g_autofree char *text = NULL;

  self->patterns =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  text = gst_emotion_text_read (path, error);
  if (!text || !read_rows (self, path, text, error))
    return NULL;
  for (guint i = 0; i < self->patterns->len; i++)
    g_ptr_array_add (g_ptr_array_index (self->patterns, i), NULL);
  return g_steal_pointer (&self);
}

guint
train_folds_count (const TrainFolds *self)
{
  return self->names->len;
}

const char *
train_folds_name (const TrainFolds *self, guint fold)
{
  return g_ptr_array_index (self->names, fold);
}

static const char *const *
patterns_of (const TrainFolds *self, guint fold)
{
  const GPtrArray *const patterns =
      g_ptr_array_index (self->patterns, fold % self->patterns->len);

  return (const char *const *) patterns->pdata;
}

gboolean
train_folds_subsets (const TrainFolds *self, const TrainCorpus *corpus,
    guint fold, TrainSubset *subsets, GError **error)
{
  if (self->has_groups) {
    const TrainSplitConfig config = { .mode = TRAIN_SPLIT_SPEAKER,
      .validation_fraction = 1,
      .groups = self->groups,
      .validation_group =
          train_folds_name (self, (fold + 1) % self->names->len),
      .test_group = train_folds_name (self, fold) };

    return train_split (corpus, &config, subsets, error);
  }
  if (!self->patterns)
    return train_split_fold (
        corpus, self->mode, self->seed, self->names->len, fold, subsets, error);

  const TrainSplitConfig config = { .mode = TRAIN_SPLIT_SPEAKER,
    .validation_fraction = 1,
    .validation_speakers = patterns_of (self, fold + 1),
    .test_speakers = patterns_of (self, fold) };

  return train_split (corpus, &config, subsets, error);
}
