/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Labelled sounds -> what a network learns from or is tested with:
 *   sound -> window -> (variation) -> features -> (masks) -> (mixup) -> x
 *                                  \-> what a teacher makes of it
 * by the recipe that the element uses. A sample depends on (seed, epoch,
 * index) alone, so any number of threads make the same.
 */
#pragma once

#include "dsp/recipe.h"
#include "gst/model/arrangement.h"
#include "gst/train/augment.h"
#include "gst/train/condition.h"
#include "gst/train/corpus.h"
#include "gst/train/mask.h"
#include "gst/train/teacher.h"
#include "nn/train/comm.h"
#include "nn/train/samples.h"

typedef enum {
  TRAIN_BALANCE_NONE,
  TRAIN_BALANCE_OVERSAMPLE, /* of each class as many as of the largest */
  TRAIN_BALANCE_WEIGHTS,    /* every class counts the same in the loss */
  TRAIN_BALANCE_CORPORA,    /* each epoch draws from each data set in proportion
                               to the square root of its size, and there from
                               each class as many */
} TrainBalance;

typedef struct {
  DspRecipe recipe;
  GstEmotionArrangement arrangement; /* of the examples, for a network */
  gboolean all_windows;              /* else the first window of each sound */
  gdouble
      min_voice; /* s of speech; of all windows those with less are left
                    out,    but for the first of a sound that has no other */
  guint n_threads;
  const NnComm *comm; /* ranks that make the same, each a share of what stays
                         the same; NULL: alone; borrowed */
  guint32 seed;
  const TrainCondition *condition; /* for evaluation; NULL: clean; borrowed */
  /* The rest is for training; all zero: plain features. */
  TrainBalance balance;
  guint epoch_windows; /* with TRAIN_BALANCE_CORPORA; 0: as many as there are */
  TrainAugmentConfig augment;
  guint n_copies; /* 0: a new variation in each epoch; else the plain sounds
                     and so many variations of each, made once */
  TrainMaskConfig mask;
  double mixup;                /* alpha of the Beta distribution; 0: off */
  const TrainTeacher *teacher; /* sees each window as it is after augmentation,
                                  before masks; NULL: none; borrowed */
  /* "A=B:SHARE": a sound of class A is one of class B, too, to this share: of
   * use where B has no sounds of its own. Borrowed; NULL: off. */
  const char *kin;
} TrainExamplesConfig;

typedef struct _TrainExamples TrainExamples;

/* The examples of one subset; subsets [items of the corpus], NULL: all items.
 * With a teacher, the unlabelled sounds of the corpus come behind them: in each
 * epoch as many windows as there are labelled ones at most, in a random order,
 * so that none comes again before all others have. corpus is borrowed. Computes
 * what stays the same, on n_threads threads. NULL and DSP_ERROR, or
 * G_OPTION_ERROR if there are no examples. Free with train_examples_free. */
TrainExamples *train_examples_new (const TrainCorpus *corpus,
    const TrainSubset *subsets, TrainSubset subset,
    const TrainExamplesConfig *config, GError **error);
void train_examples_free (TrainExamples *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TrainExamples, train_examples_free)

/* What nn/train takes; valid as long as the examples. */
const NnSamples *train_examples_samples (const TrainExamples *self);

gsize train_examples_n (const TrainExamples *self);
gsize train_examples_n_sounds (const TrainExamples *self);
/* Windows that were left out, since nobody speaks there. */
gsize train_examples_n_voiceless (const TrainExamples *self);
/* TRAIN_NO_LABEL: nobody labelled it. */
guint train_examples_label (const TrainExamples *self, gsize i);
const TrainItem *train_examples_item (const TrainExamples *self, gsize i);
