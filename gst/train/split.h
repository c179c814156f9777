/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which sounds are for training, which for validation, which for the test.
 *
 * Sounds that belong together are never parted: files of one recording, files
 * of equal sound, and, in a split by speaker, all files of one speaker. The
 * same corpus, config and seed give the same subsets.
 */
#pragma once

#include "gst/train/corpus.h"

typedef enum {
  TRAIN_SPLIT_STRATIFIED, /* every class is parted in the same proportion */
  TRAIN_SPLIT_SPEAKER,    /* no speaker is in two subsets */
} TrainSplitMode;

/* What is left out as a whole. */
typedef enum {
  TRAIN_GROUPS_DATA_SETS,
  TRAIN_GROUPS_LANGUAGES, /* "unknown" where no list and no convention says */
} TrainGroups;

/* The name of the group of an item; borrowed. */
const char *train_group_of (const TrainItem *item, TrainGroups groups);

typedef struct {
  TrainSplitMode mode;
  double validation_fraction; /* 0..1, of what no list below names; 0: none */
  guint32 seed;
  /* NULL, or NULL-terminated: "ravdess/17", "17", "17-20", "ravdess/17-20".
   * Speakers named here are in that subset, whatever the mode. */
  const char *const *validation_speakers;
  const char *const *test_speakers;
  /* NULL, or the name of a group that is in that part. */
  TrainGroups groups;
  const char *validation_group, *test_group;
} TrainSplitConfig;

/* Does a speaker ("ravdess/07") fit one of the patterns? */
gboolean train_speaker_matches (
    const char *speaker, const char *const *patterns);

/* subsets: [items of the corpus]. A subset that the list of files asked for
 * stays. Where validation_speakers are given, or the list of files names
 * validation files, nothing is drawn. What would be in training and is equal to
 * a sound in another subset goes to TRAIN_SUBSET_NONE. FALSE and G_OPTION_ERROR
 * where a pattern fits no speaker, or nothing is left for training or
 * validation. */
gboolean train_split (const TrainCorpus *corpus, const TrainSplitConfig *config,
    TrainSubset *subsets, GError **error);

/* Cross-validation: fold `fold` of n_folds is the test subset, the next one is
 * for validation, the others for training; mode says what stays together.
 * Errors as above; n_folds >= 3. */
gboolean train_split_fold (const TrainCorpus *corpus, TrainSplitMode mode,
    guint32 seed, guint n_folds, guint fold, TrainSubset *subsets,
    GError **error);
