/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folds of a cross-validation: K parts drawn at random, those of a file, or
 * one corpus after the other. */
#pragma once

#include "gst/train/split.h"

typedef struct _TrainFolds TrainFolds;

/* n folds by train_split_fold. Free with train_folds_free. */
TrainFolds *train_folds_new (TrainSplitMode mode, guint32 seed, guint n);

/* A fold for each data set or language of the corpus, in alphabetic order:
 * "leave one corpus out". NULL and G_OPTION_ERROR if there are fewer than 3.
 */
TrainFolds *train_folds_new_groups (
    TrainGroups groups, const TrainCorpus *corpus, GError **error);

/* Of a file with lines "speaker,fold": a pattern as in TrainSplitConfig and the
 * name of a fold, of which there are 3 at least; lines of one fold need not be
 * together. A first line "speaker,fold" is a heading. Speakers that no line
 * names are for training in every fold. NULL, G_FILE_ERROR and the row. */
TrainFolds *train_folds_read (const char *path, GError **error);
void train_folds_free (TrainFolds *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TrainFolds, train_folds_free)

guint train_folds_count (const TrainFolds *self);
const char *train_folds_name (const TrainFolds *self, guint fold);

/* Fold `fold` is the test subset, the next one is for validation, the others
 * for training. subsets: [items of the corpus]. Errors of train_split. */
gboolean train_folds_subsets (const TrainFolds *self, const TrainCorpus *corpus,
    guint fold, TrainSubset *subsets, GError **error);
