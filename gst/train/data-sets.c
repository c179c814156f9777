/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/data-sets.h"

static gboolean
is_in (const char *name, const char *const *names)
{
  return names && g_strv_contains (names, name);
}

static gboolean
teaches (const TrainDataSets *self, const TrainItem *item)
{
  return !self->train_on || is_in (item->data_set, self->train_on);
}

static gboolean
tests (const TrainDataSets *self, const TrainItem *item)
{
  return !self->test_on || is_in (item->data_set, self->test_on);
}

/* "ravdess, emodb" */
static char *
list_names (const TrainCorpus *corpus)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; i < corpus->items->len; i++) {
    char *const name = train_corpus_item (corpus, i)->data_set;

    if (!g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
      g_ptr_array_add (names, name);
  }
  g_ptr_array_add (names, NULL);
  return g_strjoinv (", ", (char **) names->pdata);
}

static gboolean
check_names (
    const char *const *names, const TrainCorpus *corpus, GError **error)
{
  for (; names && *names; names++) {
    gboolean found = FALSE;

    for (guint i = 0; i < corpus->items->len && !found; i++)
      found = g_str_equal (train_corpus_item (corpus, i)->data_set, *names);
    if (!found) {
      g_autofree char *known = list_names (corpus);

      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
          "no data set is named “%s”; the data sets are: %s", *names, known);
      return FALSE;
    }
  }
  return TRUE;
}

gboolean
train_data_sets_check (
    const TrainDataSets *self, const TrainCorpus *corpus, GError **error)
{
  return check_names (self->train_on, corpus, error)
      && check_names (self->test_on, corpus, error);
}

gboolean
train_data_sets_hold_out (
    const TrainDataSets *self, TrainCorpus *corpus, GError **error)
{
  if (!self->train_on && !self->test_on)
    return TRUE;
  for (const char *const *name = self->test_on; name && *name; name++)
    if (is_in (*name, self->train_on)) {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
          "“%s” is in both --train-on and --test-on: use --cross-validate to "
          "separate its speakers",
          *name);
      return FALSE;
    }
  for (guint i = 0; i < corpus->items->len;) {
    TrainItem *const item = train_corpus_item (corpus, i);

    if (is_in (item->data_set, self->test_on))
      item->subset = TRAIN_SUBSET_TEST;
    if (item->subset == TRAIN_SUBSET_TEST || teaches (self, item))
      i++;
    else
      g_ptr_array_remove_index (corpus->items, i);
  }
  return TRUE;
}

void
train_data_sets_restrict (
    const TrainDataSets *self, const TrainCorpus *corpus, TrainSubset *subsets)
{
  for (guint i = 0; i < corpus->items->len; i++) {
    const TrainItem *const item = train_corpus_item (corpus, i);

    if (subsets[i] == TRAIN_SUBSET_TEST ? !tests (self, item)
                                        : !teaches (self, item))
      subsets[i] = TRAIN_SUBSET_NONE;
  }
}
