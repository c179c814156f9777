/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the names of files say, for each data set that has a convention:
 *   path below the data set's folder -> emotion, speaker, recording */
#pragma once

#include <glib.h>

typedef enum {
  TRAIN_NAMING_OK,
  TRAIN_NAMING_NO_CLASS, /* follows the convention, is none of our classes */
  TRAIN_NAMING_FOREIGN,  /* does not follow the convention */
} TrainNamingResult;

typedef struct {
  char *emotion;   /* one of the nine labels, or what the folder is called */
  char *speaker;   /* unique in the data set; NULL: not known */
  char *recording; /* equal for files of one recording; NULL: the path */
} TrainName;

/* relative: path below the data set's folder, "/" between its parts. Fills
 * name (which dies by train_name_clear) only where it returns _OK. */
typedef TrainNamingResult (*TrainNamingFunc) (
    const char *relative, TrainName *name);

typedef struct {
  const char *name; /* "ravdess": before the speaker, and the tool's option */
  const char *help;
  TrainNamingFunc parse;
  const char *language; /* of the voices; NULL: not known */
} TrainNaming;

/* All conventions, ended by one without a name. */
extern const TrainNaming train_namings[];

void train_name_clear (TrainName *name);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TrainName, train_name_clear)

/* How well a word for an emotion fits a label, or another word; the better, the
 * higher. */
typedef enum {
  TRAIN_WORD_OTHER,
  TRAIN_WORD_MEANS,   /* "fear" and "fearful", "joy" and "Happy", "ps" */
  TRAIN_WORD_SPELLED, /* but for case, spaces around it, "_", "-" and " " */
  TRAIN_WORD_EQUAL,
} TrainWordFit;

TrainWordFit train_word_fit (const char *word, const char *label);
