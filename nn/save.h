/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing of models: NnModel -> Keras 2 .h5 that Keras 2 and 3 load, with the
 * root attribute "emotiondetect".
 */
#pragma once

#include "nn/model.h"

/* metadata: the text of "emotiondetect" (JSON), or NULL: what the model has.
 * Atomic: the file appears whole (temporary file beside it, fsync, rename), and
 * an old file of that name stays as it is until then, and on failure.
 * false and NN_ERROR_IO, or NN_ERROR_LIMIT for a model that an .h5 cannot hold.
 */
bool nn_model_save (const NnModel *model, const char *path,
    const char *metadata, GError **error);

/* The same as bytes in memory. */
GBytes *nn_model_save_bytes (
    const NnModel *model, const char *metadata, GError **error);
