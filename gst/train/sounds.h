/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decodes the files of a corpus, several at once. */
#pragma once

#include "gst/train/corpus.h"
#include "nn/train/comm.h"

/* Called on the thread that loads, after each file of this rank. */
typedef void (*TrainProgressFunc) (gsize done, gsize all, gpointer user_data);

typedef struct {
  double rate;       /* Hz */
  gsize max_len;     /* samples kept of each file; 0: all */
  const char *track; /* of several; see gst/media/play.h; or NULL */
  guint n_threads;
  const NnComm *comm; /* ranks that have equal corpora: each decodes a share;
                         NULL: alone; borrowed */
  const gint *stop;   /* not 0: give up, by g_atomic_int_get; may be NULL */
  TrainProgressFunc progress; /* may be NULL */
  gpointer user_data;
} TrainSoundsConfig;

/* Fills samples and digest of every item. Items whose files cannot be read
 * leave the corpus and are named in its problems; those that are cut off or
 * damaged stay as far as they go, and are named in its losses. FALSE and
 * G_FILE_ERROR where none is left, or G_IO_ERROR_CANCELLED. */
gboolean train_sounds_load (
    TrainCorpus *corpus, const TrainSoundsConfig *config, GError **error);
