/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metadata of a model file: the root attribute "emotiondetect", of the .h5
 * itself or, in a .keras archive, of the model.weights.h5 inside (Keras leaves
 * foreign attributes alone when it loads either). JSON, every key optional:
 *
 *   { "labels": [...], "recipe": {...},   gst/model/model-metadata.h
 *     "self_test": { "seed": 7, "output": [[0.1, ...], ...] }, ... }
 *
 * self_test: the outputs of the model for a generated sample. Loading computes
 * them and rejects the file if a number differs by more than 1e-4 (of the
 * largest of its output, if that is above 1). The sample: all inputs in order,
 * row-major, from one sequence that begins with the seed,
 *   s = (1664525 s + 1013904223) mod 2^32,  x = floor (s / 256) / 2^24. */
#pragma once

#include "nn/model.h"

/* Takes ownership of the text of the attribute. False and NN_ERROR if it is
 * invalid. */
bool nn_metadata_set (NnModel *model, char *text, GError **error);

/* Runs the self-test, if any. The weights must be loaded. */
bool nn_metadata_check (NnModel *model, GError **error);

/* The values of "self_test" for a model with one output: [*n], for the sample
 * generated from seed. NULL and NN_ERROR_LIMIT if out of memory. Free with
 * g_free. */
float *nn_metadata_self_test (
    NnModel *model, guint32 seed, size_t *n, GError **error);
