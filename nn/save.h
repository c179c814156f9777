/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saves models: NnModel -> Keras 2 .h5 that Keras 2 and 3 load, with the root
 * attribute "emotiondetect". */
#pragma once

#include "nn/model.h"

/* metadata: the text of "emotiondetect" (JSON), or NULL: that of the model.
 * Atomic: the file appears complete (temporary file beside it, fsync, rename);
 * until then, and on failure, an old file is unchanged. false and NN_ERROR_IO,
 * or NN_ERROR_LIMIT for a model that an .h5 cannot hold. */
bool nn_model_save (const NnModel *model, const char *path,
    const char *metadata, GError **error);

/* The same as bytes in memory. */
GBytes *nn_model_save_bytes (
    const NnModel *model, const char *metadata, GError **error);
