/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the data sets on the command line to decoded sounds. */
#pragma once

#include "gst/ranks/ranks.h"
#include "gst/train/corpus.h"
#include "gst/train/options.h"

/* Fills a new corpus with what the options name, and shows how far it is. Names
 * the files that cannot be read on stderr. stop: not 0 ends it, by
 * g_atomic_int_get. FALSE and an error of any domain.
 *
 * All ranks call it; each decodes a share of the files and gets the sounds of
 * all. They must have been asked for the same, and find the same files. */
gboolean tool_train_data_load (TrainCorpus *corpus, const TrainOptions *options,
    const DspRecipe *recipe, Ranks *ranks, const gint *stop, GError **error);
