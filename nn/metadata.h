/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a model file says about itself: the root attribute "emotiondetect", of
 * the .h5 itself or, in a .keras archive, of the model.weights.h5 inside (Keras
 * leaves foreign attributes alone when it loads either). JSON, every key
 * optional:
 *
 *   { "labels": [...], "recipe": {...},   gst/model/model-metadata.h
 *     "self_test": { "seed": 7, "output": [[0.1, ...], ...] }, ... }
 *
 * self_test: what each output of the model is for one made-up sample. Loading
 * runs it and refuses the file where a number differs by more than 1e-4 (of the
 * largest of its output, if that is above 1). The sample: all inputs in order,
 * row-major, from one sequence that begins with the seed,
 *   s = (1664525 s + 1013904223) mod 2^32,  x = floor (s / 256) / 2^24.
 */
#pragma once

#include "nn/model.h"

/* Takes over the text of the attribute. False and NN_ERROR where it is not
 * valid. */
bool nn_metadata_set (NnModel *model, char *text, GError **error);

/* Runs the self-test, if there is one. The weights are in. */
bool nn_metadata_check (NnModel *model, GError **error);

/* What "self_test" has to say of a model with one output: its values [*n] for
 * the sample that seed makes. NULL and NN_ERROR_LIMIT where there is no memory.
 * Free with g_free. */
float *nn_metadata_self_test (
    NnModel *model, guint32 seed, size_t *n, GError **error);
