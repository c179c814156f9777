/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which data sets teach, and which test: --train-on, --test-on. */
#pragma once

#include "gst/train/corpus.h"

/* Names as in TrainItem.data_set; NULL, or NULL-terminated. */
typedef struct {
  const char *const *train_on; /* NULL: all, but for those of test_on alone */
  const char *const *test_on;  /* NULL: any */
} TrainDataSets;

/* A name that no data set has is a mistake: G_OPTION_ERROR. */
gboolean train_data_sets_check (
    const TrainDataSets *self, const TrainCorpus *corpus, GError **error);

/* For one split: sounds of test_on are for the test, those of train_on are free
 * for training and validation, others leave the corpus. Nothing happens where
 * both are NULL. G_OPTION_ERROR also where a set is in both. */
gboolean train_data_sets_hold_out (
    const TrainDataSets *self, TrainCorpus *corpus, GError **error);

/* For a fold: takes sounds that are not of train_on from its training and
 * validation, those that are not of test_on from its test. */
void train_data_sets_restrict (
    const TrainDataSets *self, const TrainCorpus *corpus, TrainSubset *subsets);
