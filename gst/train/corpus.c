/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/corpus.h"

#include <string.h>
#include "gst/media/folder.h"
#include "gst/media/text-file.h"
#include "gst/train/augment.h"
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
  g_clear_pointer (&item->language, g_free);
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
  self->noises =
      g_ptr_array_new_with_free_func ((GDestroyNotify) train_noise_free);
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
  g_clear_pointer (&self->noises, g_ptr_array_unref);
  g_clear_pointer (&self->unlabelled, train_corpus_free);
  g_clear_pointer (&self->data_set, g_free);
  g_clear_pointer (&self->paths, g_hash_table_unref);
  g_clear_pointer (&self->merges, g_hash_table_unref);
  g_free (self);
}

/* The index of the label that fits a word best; -1: none does. */
static gint
best_label (const TrainCorpus *self, const char *word, TrainWordFit *fit)
{
  gint best = -1;

  *fit = TRAIN_WORD_OTHER;
  for (guint i = 0; i < gst_emotion_labels_count (self->labels); i++) {
    const TrainWordFit here =
        train_word_fit (word, gst_emotion_labels_get (self->labels, i));

    if (here > *fit) {
      *fit = here;
      best = i;
    }
  }
  return best;
}

/* The index of the label that an emotion counts as; -1: none. What is to be
 * merged goes before labels that fit no better. */
static gint
label_of (const TrainCorpus *self, const char *emotion)
{
  TrainWordFit best;
  gint label = best_label (self, emotion, &best);
  GHashTableIter iter;
  gpointer from, to;

  g_hash_table_iter_init (&iter, self->merges);
  while (g_hash_table_iter_next (&iter, &from, &to)) {
    const TrainWordFit fit = train_word_fit (emotion, from);
    TrainWordFit of_label;

    if (fit == TRAIN_WORD_OTHER || fit < best)
      continue;
    best = fit;
    label = best_label (self, to, &of_label);
  }
  return label;
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

/* "ravdess" and "07" -> "ravdess/07"; if there is no name, the path. */
static char *
key_of (const char *data_set, const char *name, const char *path)
{
  return name && *name ? g_strconcat (data_set, "/", name, NULL)
                       : g_strdup (path);
}

/* Takes a file in, once; NULL if it is left out. */
static TrainItem *
add_item (TrainCorpus *self, const char *data_set, const char *path,
    const TrainName *name, TrainSubset subset)
{
  const gint label = self->is_unlabelled ? -1 : label_of (self, name->emotion);
  g_autofree char *canonical = g_canonicalize_filename (path, NULL);

  if (label < 0 && !self->is_unlabelled) {
    self->n_no_class++;
    return NULL;
  }
  if (!g_hash_table_add (self->paths, g_strdup (canonical)))
    return NULL;

  TrainItem *item = g_new0 (TrainItem, 1);

  item->path = g_strdup (path);
  item->label = self->is_unlabelled ? TRAIN_NO_LABEL : (guint) label;
  item->data_set = g_strdup (self->data_set);
  item->speaker = key_of (data_set, name->speaker, canonical);
  item->recording = key_of (data_set, name->recording, canonical);
  item->subset = subset;
  g_ptr_array_add (self->items, item);
  return item;
}

static void
add_file (TrainCorpus *self, const TrainNaming *naming, const char *root,
    const char *relative)
{
  g_auto (TrainName) name = { 0 };
  g_autofree char *path = g_build_filename (root, relative, NULL);

  switch (naming->parse (relative, &name)) {
    case TRAIN_NAMING_OK: {
      TrainItem *const item =
          add_item (self, naming->name, path, &name, TRAIN_SUBSET_NONE);

      if (item)
        item->language = g_strdup (naming->language);
      break;
    }
    case TRAIN_NAMING_NO_CLASS:
      self->n_no_class++;
      break;
    case TRAIN_NAMING_FOREIGN:
      self->n_foreign++;
      break;
  }
}

/* relative: below root, "" for root itself. */
static gboolean
walk (TrainCorpus *self, const TrainNaming *naming, const char *root,
    const char *relative, guint depth, GError **error)
{
  g_autofree char *path = g_build_filename (root, relative, NULL);
  g_autoptr (GPtrArray) names = gst_emotion_folder_names (path, error);

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

/* The columns of a list. */
typedef enum {
  PATH,
  LABEL,
  SPEAKER,
  SPLIT,
  DATASET,
  LANGUAGE,
  N_COLUMNS,
} Column;

static const char *const column_names[N_COLUMNS] = { "path", "label", "speaker",
  "split", "dataset", "language" };

typedef struct {
  gint at[N_COLUMNS]; /* -1: there is none */
  guint n;            /* fields of a row; at most, without a head line */
  gboolean is_named;
} Columns;

/* Lists without a head line. */
static const Columns plain_columns = { { 0, 1, 2, 3, -1, -1 }, 4, FALSE };

/* FALSE if this is no head line. */
static gboolean
read_head (const GPtrArray *fields, Columns *columns)
{
  *columns = (Columns){ .n = fields->len, .is_named = TRUE };
  for (guint c = 0; c < N_COLUMNS; c++) {
    columns->at[c] = -1;
    for (guint i = 0; i < fields->len && columns->at[c] < 0; i++) {
      g_autofree char *name = g_strdup (g_ptr_array_index (fields, i));

      if (g_ascii_strcasecmp (g_strstrip (name), column_names[c]) == 0)
        columns->at[c] = i;
    }
  }
  return columns->at[PATH] >= 0
      && (columns->at[PATH] == 0 || columns->at[LABEL] >= 0);
}

static gboolean
check_head (const TrainCorpus *self, const Columns *columns, GError **error)
{
  if (columns->at[LABEL] >= 0 || self->is_unlabelled)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
      "the head line has no column “label” (columns are path, label, speaker, "
      "dataset, language, split)");
  return FALSE;
}

/* "" where the row has no such field. Spaces around it, which people leave
 * behind commas, may only belong to a path. */
static const char *
field_at (const GPtrArray *fields, const Columns *columns, Column column)
{
  const gint at = columns->at[column];

  if (at < 0 || (guint) at >= fields->len)
    return "";
  return column == PATH ? g_ptr_array_index (fields, at)
                        : g_strstrip (g_ptr_array_index (fields, at));
}

static gboolean
check_row (const TrainCorpus *self, const GPtrArray *fields,
    const Columns *columns, GError **error)
{
  if (columns->is_named && fields->len > columns->n) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "%u fields, but the head line has %u", fields->len, columns->n);
    return FALSE;
  }
  if (fields->len <= columns->n && *field_at (fields, columns, PATH)
      && (self->is_unlabelled || *field_at (fields, columns, LABEL)))
    return TRUE;
  if (columns->is_named)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "the path or the label is empty");
  else
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "%u fields, expected path,label[,speaker[,split]]", fields->len);
  return FALSE;
}

/* A voice that nobody labelled. */
static gboolean
is_speech (const char *word)
{
  return g_ascii_strcasecmp (word, "speech") == 0;
}

/* What a list may have beside labels. */
static gboolean
is_no_emotion (const char *word)
{
  return is_speech (word) || g_ascii_strcasecmp (word, "other") == 0;
}

/* "nemo/        EB0" -> "EB0": lists may repeat the data set. */
static char *
speaker_of (const char *field, const char *data_set)
{
  const gsize len = strlen (data_set);

  if (strncmp (field, data_set, len) == 0 && field[len] == '/')
    field += len + 1;
  return g_strstrip (g_strdup (field));
}

static gboolean
add_row (TrainCorpus *self, const char *folder, const GPtrArray *fields,
    const Columns *columns, GError **error)
{
  TrainSubset subset = TRAIN_SUBSET_NONE;

  if (!check_row (self, fields, columns, error))
    return FALSE;

  const char *const label = field_at (fields, columns, LABEL);
  const char *const dataset = field_at (fields, columns, DATASET);
  const char *const language = field_at (fields, columns, LANGUAGE);
  const char *const split = field_at (fields, columns, SPLIT);
  g_autofree char *speaker =
      speaker_of (field_at (fields, columns, SPEAKER), dataset);
  const TrainName name = { .emotion = (char *) label, .speaker = speaker };
  g_autofree char *path =
      g_canonicalize_filename (field_at (fields, columns, PATH), folder);

  if (self->is_unlabelled && *label && !is_speech (label)) {
    self->n_no_class++;
    return TRUE;
  }
  if (!self->is_unlabelled && label_of (self, label) < 0
      && !is_no_emotion (label)) {
    g_set_error (
        error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "“%s” is not a label", label);
    return FALSE;
  }
  if (!parse_subset (split, &subset)) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "split “%s” is not train, validation or test", split);
    return FALSE;
  }

  TrainItem *const item =
      add_item (self, *dataset ? dataset : "csv", path, &name, subset);

  if (item && *dataset) {
    g_free (item->data_set);
    item->data_set = g_strdup (dataset);
  }
  if (item && *language)
    item->language = g_strdup (language);
  return TRUE;
}

/* A first line that is no item may be meant as a head line. */
static void
hint_at_head (GError **error)
{
  g_autoptr (GError) plain = g_steal_pointer (error);

  g_set_error (error, plain->domain, plain->code,
      "%s (a head line needs the columns path and label, with commas between "
      "them)",
      plain->message);
}

static gboolean
add_rows (
    TrainCorpus *self, const char *folder, const char *text, GError **error)
{
  Columns columns = plain_columns;

  for (guint row = 1; *text; row++) {
    g_autoptr (GPtrArray) fields = train_csv_read_row (&text);
    const gboolean is_empty = fields->len == 1 && !*(char *) fields->pdata[0];
    Columns head;
    gboolean ok = TRUE;

    if (row == 1 && read_head (fields, &head)) {
      columns = head;
      ok = check_head (self, &columns, error);
    } else if (!is_empty) {
      ok = add_row (self, folder, fields, &columns, error);
    }
    if (!ok) {
      if (row == 1 && !columns.is_named && error)
        hint_at_head (error);
      g_prefix_error (error, "row %u: ", row);
      return FALSE;
    }
  }
  return TRUE;
}

gboolean
train_corpus_add_csv (TrainCorpus *self, const char *path, GError **error)
{
  g_autofree char *text = NULL;
  g_autofree char *dirname = g_path_get_dirname (path);
  g_autofree char *folder = g_canonicalize_filename (dirname, NULL);

  text = gst_emotion_text_read (path, error);
  if (!text)
    return FALSE;
  g_free (self->data_set);
  self->data_set = g_path_get_basename (path);
  if (g_str_has_suffix (self->data_set, ".csv"))
    self->data_set[strlen (self->data_set) - 4] = '\0';

  if (!add_rows (self, folder, text, error)) {
    g_prefix_error (error, "%s, ", path);
    return FALSE;
  }
  g_ptr_array_add (self->sources, g_strconcat ("csv ", path, NULL));
  return TRUE;
}

gboolean
train_corpus_add_unlabelled (
    TrainCorpus *self, const char *path, GError **error)
{
  if (!self->unlabelled) {
    self->unlabelled = train_corpus_new (self->labels);
    self->unlabelled->is_unlabelled = TRUE;
  }
  if (!train_corpus_add_csv (self->unlabelled, path, error))
    return FALSE;
  g_ptr_array_add (self->sources, g_strconcat ("unlabelled ", path, NULL));
  return TRUE;
}

static void
add_to_digest (GChecksum *checksum, const TrainCorpus *corpus)
{
  for (guint i = 0; corpus && i < corpus->items->len; i++) {
    const TrainItem *const item = train_corpus_item (corpus, i);
    g_autofree char *line = g_strdup_printf ("%u %s %s %s\n", item->label,
        item->data_set, item->speaker, item->digest);

    g_checksum_update (checksum, (const guchar *) line, -1);
  }
}

char *
train_corpus_digest (const TrainCorpus *self)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  add_to_digest (checksum, self);
  add_to_digest (checksum, self->unlabelled);
  return g_strdup (g_checksum_get_string (checksum));
}
