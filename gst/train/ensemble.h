/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Emotion models as one file: the mean of what they say (nn/train/ensemble.h),
 * and back again; or of their weights (nn/train/soup.h). */
#pragma once

#include "gst/model/model.h"
#include "nn/compress.h"

typedef enum { TRAIN_JOIN_ENSEMBLE, TRAIN_JOIN_SOUP } TrainJoin;

/* Writes models [n] as one. names: what each is called, for errors and for the
 * record. FALSE and GST_LIBRARY_ERROR or NN_ERROR where two do not have the
 * same labels, recipe or shapes (or layers), which says what differs. */
gboolean train_join_save (TrainJoin how, GstEmotionModel *const *models,
    const char *const *names, guint n, NnStorage storage, const char *path,
    GError **error);

/* The members (GstEmotionModel) of a model that was made so, each with a name
 * that distinguishes it; NULL and no error if it is not an ensemble.
 * Free with g_ptr_array_unref. */
GPtrArray *train_ensemble_members (GstEmotionModel *model, GError **error);

/* A copy of a model in memory, whose weights are stored so; see nn/compress.h.
 * *len (may be NULL): bytes of its file. NULL and NN_ERROR. */
GstEmotionModel *train_compressed (GstEmotionModel *model, const char *name,
    NnStorage storage, gsize *len, GError **error);

/* Writes it. */
gboolean train_compressed_save (GstEmotionModel *model, NnStorage storage,
    const char *path, GError **error);
