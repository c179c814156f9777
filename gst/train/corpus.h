/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What there is to learn from: folders and lists in, labelled sounds out. */
#pragma once

#include <glib.h>
#include "gst/model/labels.h"
#include "gst/train/naming.h"

typedef enum {
  TRAIN_SUBSET_TRAIN,
  TRAIN_SUBSET_VALIDATION,
  TRAIN_SUBSET_TEST,
  TRAIN_SUBSET_NONE, /* in no subset; of an item: free to go to any */
} TrainSubset;

/* Of an item that nobody labelled. */
#define TRAIN_NO_LABEL G_MAXUINT

typedef struct {
  char *path;
  guint label;
  char *data_set;     /* "ravdess"; what a list says; else of --folder and --csv
                         the name of the folder or list */
  char *language;     /* what a list says, or NULL */
  char *speaker;      /* "ravdess/07"; where it is not known, the path */
  char *recording;    /* equal for files of one recording */
  TrainSubset subset; /* that the user asked for */
  /* Filled by train_sounds_load. */
  char *digest;   /* equal for equal sound */
  char *problem;  /* why there are no samples, or what is missing; or NULL */
  char *note;     /* what a user should know of the file; or NULL */
  float *samples; /* [n_samples], mono, at the rate of the recipe */
  gsize n_samples;
} TrainItem;

void train_item_free (TrainItem *item); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TrainItem, train_item_free)

typedef struct _TrainCorpus TrainCorpus;
struct _TrainCorpus {
  GstEmotionLabels *labels;
  GPtrArray *items;    /* of TrainItem, owned, in a stable order */
  GPtrArray *problems; /* "PATH: reason" of files that cannot be read */
  GPtrArray *losses;   /* "PATH: what is missing" of items that are not whole */
  GPtrArray *notes;    /* "PATH: what a user should know" of items */
  GPtrArray *sources;  /* "ravdess DIR", for the record */
  GPtrArray *noises;   /* of TrainNoise, to be mixed in */
  TrainCorpus *unlabelled; /* sounds of TRAIN_NO_LABEL, which only a teacher
                              can make use of; NULL: none */
  gsize n_no_class;        /* files of an emotion that is no label (boredom) */
  gsize n_foreign;         /* files whose names do not follow the convention */
  /* Private. */
  gboolean is_unlabelled;
  char *data_set;     /* that is being added */
  GHashTable *paths;  /* canonical paths of items: a file is taken once */
  GHashTable *merges; /* emotion -> label that it counts as */
};

/* Free with train_corpus_free. */
TrainCorpus *train_corpus_new (GstEmotionLabels *labels);
void train_corpus_free (TrainCorpus *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TrainCorpus, train_corpus_free)

/* From here on sounds of emotion `from` count as `to`: "from=to". FALSE and
 * G_OPTION_ERROR_BAD_VALUE where the text is not that, or `to` is no label. */
gboolean train_corpus_merge (
    TrainCorpus *self, const char *merge, GError **error);

/* All files of a folder and below, hidden ones left out. FALSE and
 * G_FILE_ERROR where the folder cannot be read. */
gboolean train_corpus_add_folder (TrainCorpus *self, const TrainNaming *naming,
    const char *folder, GError **error);

/* A list (CSV, UTF-8, with or without a byte order mark), a file to a line. A
 * head line that has "path" and "label" in any order names the columns, of
 * which speaker, dataset, language and split are read, too, and others are left
 * alone; without one a line is path,label[,speaker[,split]]. split is train,
 * validation, test or empty. Paths are relative to the list's folder. Lines
 * with the labels "speech" and "other" (a voice that nobody labelled, no voice)
 * count as those of no class. FALSE and an error that names the line where one
 * is not like that. */
gboolean train_corpus_add_csv (
    TrainCorpus *self, const char *path, GError **error);

/* The same for sounds that nobody labelled, which go into self->unlabelled: of
 * all columns only path is needed, and lines that have a label other than
 * "speech" count as those of no class (there). */
gboolean train_corpus_add_unlabelled (
    TrainCorpus *self, const char *path, GError **error);

/* Of all sounds that were loaded, with their labels: equal corpora have equal
 * ones, wherever the files are. Free with g_free. */
char *train_corpus_digest (const TrainCorpus *self);

static inline TrainItem *
train_corpus_item (const TrainCorpus *self, gsize i)
{
  return g_ptr_array_index (self->items, i);
}
