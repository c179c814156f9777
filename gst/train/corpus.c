/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/corpus.h"

#include <string.h>
#include "gst/train/csv.h"

#define MAX_DEPTH 16 /* of folders: links may lead in circles */

void
train_item_free (TrainItem *item)
{
  if (!item)
    return;
  g_clear_pointer (&item->path, g_free);
  g_clear_pointer (&item->data_set, g_free);
  g_clear_pointer (&item->speaker, g_free);
  g_clear_pointer (&item->recording, g_free);
  g_clear_pointer (&item->digest, g_free);
  g_clear_pointer (&item->problem, g_free);
  g_clear_pointer (&item->note, g_free);
  g_clear_pointer (&item->samples, g_free);
  g_free (item);
}

TrainCorpus *
train_corpus_new (GstEmotionLabels *labels)
{
  TrainCorpus *self = g_new0 (TrainCorpus, 1);

  self->labels = gst_emotion_labels_ref (labels);
  self->items =
      g_ptr_array_new_with_free_func ((GDestroyNotify) train_item_free);
  self->problems = g_ptr_array_new_with_free_func (g_free);
  self->losses = g_ptr_array_new_with_free_func (g_free);
  self->notes = g_ptr_array_new_with_free_func (g_free);
  self->sources = g_ptr_array_new_with_free_func (g_free);
  self->paths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->merges =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

void
train_corpus_free (TrainCorpus *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->labels, gst_emotion_labels_unref);
  g_clear_pointer (&self->items, g_ptr_array_unref);
  g_clear_pointer (&self->problems, g_ptr_array_unref);
  g_clear_pointer (&self->losses, g_ptr_array_unref);
  g_clear_pointer (&self->notes, g_ptr_array_unref);
  g_clear_pointer (&self->sources, g_ptr_array_unref);
  g_clear_pointer (&self->data_set, g_free);
  g_clear_pointer (&self->paths, g_hash_table_unref);
  g_clear_pointer (&self->merges, g_hash_table_unref);
  g_free (self);
}

/* The index of the label that an emotion counts as; -1: none. */
static gint
label_of (const TrainCorpus *self, const char *emotion)
{
  const char *const merged = g_hash_table_lookup (self->merges, emotion);

  if (merged)
    emotion = merged;
  for (guint i = 0; i < gst_emotion_labels_count (self->labels); i++)
    if (g_str_equal (emotion, gst_emotion_labels_get (self->labels, i)))
      return i;
  return -1;
}

gboolean
train_corpus_merge (TrainCorpus *self, const char *merge, GError **error)
{
  g_auto (GStrv) sides = g_strsplit (merge, "=", -1);

  if (g_strv_length (sides) != 2) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "“%s” is not EMOTION=LABEL", merge);
    return FALSE;
  }
  if (label_of (self, sides[1]) < 0) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "“%s” in “%s” is not a label", sides[1], merge);
    return FALSE;
  }
  g_hash_table_insert (self->merges, g_strdup (sides[0]), g_strdup (sides[1]));
  return TRUE;
}

/* "ravdess" and "07" -> "ravdess/07"; where there is no name, the path. */
static char *
key_of (const char *data_set, const char *name, const char *path)
{
  return name && *name ? g_strconcat (data_set, "/", name, NULL)
                       : g_strdup (path);
}

/* Takes a file in, once. */
static void
add_item (TrainCorpus *self, const char *data_set, const char *path,
    const TrainName *name, TrainSubset subset)
{
  const gint label = label_of (self, name->emotion);
  g_autofree char *canonical = g_canonicalize_filename (path, NULL);

  if (label < 0) {
    self->n_no_class++;
    return;
  }
  if (!g_hash_table_add (self->paths, g_strdup (canonical)))
    return;

  TrainItem *item = g_new0 (TrainItem, 1);

  item->path = g_strdup (path);
  item->label = label;
  item->data_set = g_strdup (self->data_set);
  item->speaker = key_of (data_set, name->speaker, canonical);
  item->recording = key_of (data_set, name->recording, canonical);
  item->subset = subset;
  g_ptr_array_add (self->items, item);
}

static void
add_file (TrainCorpus *self, const TrainNaming *naming, const char *root,
    const char *relative)
{
  g_auto (TrainName) name = { 0 };
  g_autofree char *path = g_build_filename (root, relative, NULL);

  switch (naming->parse (relative, &name)) {
    case TRAIN_NAMING_OK:
      add_item (self, naming->name, path, &name, TRAIN_SUBSET_NONE);
      break;
    case TRAIN_NAMING_NO_CLASS:
      self->n_no_class++;
      break;
    case TRAIN_NAMING_FOREIGN:
      self->n_foreign++;
      break;
  }
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) a, *(const char *const *) b);
}

/* What a folder holds, hidden files left out, in alphabetic order. */
static GPtrArray *
list_folder (const char *path, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, error);
  const char *name;

  if (!dir)
    return NULL;

  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  while ((name = g_dir_read_name (dir)))
    if (*name != '.')
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  return names;
}

/* relative: below root, "" for root itself. */
static gboolean
walk (TrainCorpus *self, const TrainNaming *naming, const char *root,
    const char *relative, guint depth, GError **error)
{
  g_autofree char *path = g_build_filename (root, relative, NULL);
  g_autoptr (GPtrArray) names = list_folder (path, error);

  if (!names)
    return FALSE;
  for (guint i = 0; i < names->len; i++) {
    const char *const name = g_ptr_array_index (names, i);
    g_autofree char *child =
        *relative ? g_strconcat (relative, "/", name, NULL) : g_strdup (name);
    g_autofree char *child_path = g_build_filename (root, child, NULL);

    if (!g_file_test (child_path, G_FILE_TEST_IS_DIR))
      add_file (self, naming, root, child);
    else if (depth < MAX_DEPTH
        && !walk (self, naming, root, child, depth + 1, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
train_corpus_add_folder (TrainCorpus *self, const TrainNaming *naming,
    const char *folder, GError **error)
{
  g_free (self->data_set);
  self->data_set = g_str_equal (naming->name, "folder")
      ? g_path_get_basename (folder)
      : g_strdup (naming->name);
  g_ptr_array_add (
      self->sources, g_strconcat (naming->name, " ", folder, NULL));
  return walk (self, naming, folder, "", 0, error);
}

static gboolean
parse_subset (const char *text, TrainSubset *subset)
{
  static const struct {
    const char *name;
    TrainSubset subset;
  } subsets[] = {
    { "", TRAIN_SUBSET_NONE },
    { "train", TRAIN_SUBSET_TRAIN },
    { "validation", TRAIN_SUBSET_VALIDATION },
    { "val", TRAIN_SUBSET_VALIDATION },
    { "dev", TRAIN_SUBSET_VALIDATION },
    { "test", TRAIN_SUBSET_TEST },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (subsets); i++)
    if (g_ascii_strcasecmp (text, subsets[i].name) == 0) {
      *subset = subsets[i].subset;
      return TRUE;
    }
  return FALSE;
}

static gboolean
add_row (TrainCorpus *self, const char *folder, char *const *fields, guint n,
    GError **error)
{
  TrainSubset subset = TRAIN_SUBSET_NONE;

  if (n < 2 || n > 4 || !*fields[0] || !*fields[1]) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "%u fields, expected path,label[,speaker[,split]]", n);
    return FALSE;
  }

  g_autofree char *emotion = train_emotion_from_word (fields[1]);
  const TrainName name = { .emotion = emotion,
    .speaker = n > 2 ? fields[2] : NULL };
  g_autofree char *path = g_canonicalize_filename (fields[0], folder);

  if (label_of (self, name.emotion) < 0) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "“%s” is not a label",
        fields[1]);
    return FALSE;
  }
  if (n > 3 && !parse_subset (fields[3], &subset)) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "split “%s” is not train, validation or test", fields[3]);
    return FALSE;
  }
  add_item (self, "csv", path, &name, subset);
  return TRUE;
}

gboolean
train_corpus_add_csv (TrainCorpus *self, const char *path, GError **error)
{
  g_autofree char *text = NULL;
  g_autofree char *dirname = g_path_get_dirname (path);
  g_autofree char *folder = g_canonicalize_filename (dirname, NULL);
  gsize len;

  if (!g_file_get_contents (path, &text, &len, error))
    return FALSE;
  g_free (self->data_set);
  self->data_set = g_path_get_basename (path);
  if (g_str_has_suffix (self->data_set, ".csv"))
    self->data_set[strlen (self->data_set) - 4] = '\0';

  const char *rest = text;

  for (guint row = 1; *rest; row++) {
    g_autoptr (GPtrArray) fields = train_csv_read_row (&rest);
    char *const *const values = (char *const *) fields->pdata;

    if (fields->len == 1 && !*values[0])
      continue;
    if (row == 1 && g_ascii_strcasecmp (values[0], "path") == 0)
      continue;
    if (!add_row (self, folder, values, fields->len, error)) {
      g_prefix_error (error, "%s, row %u: ", path, row);
      return FALSE;
    }
  }
  g_ptr_array_add (self->sources, g_strconcat ("csv ", path, NULL));
  return TRUE;
}
