/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Identifies files that are not Keras models, for the error message: people
 * often pass a file that lies beside the model. */
#pragma once

#include <glib.h>

/* The kind of an architecture, in Keras' term: useful beside its weights. */
#define NN_FOREIGN_FORMAT_LAYERS "the layers of a model without its weights"

/* "a TensorFlow Lite model", by the first bytes; NULL if unknown. */
const char *nn_foreign_format_of_bytes (GBytes *bytes);

/* Sets error: name is a file of that kind (NULL: unknown). */
void nn_foreign_format_fail (
    const char *name, const char *kind, GError **error);

/* The same for a zip archive, by the names of its members (NULL-terminated). */
const char *nn_foreign_format_of_members (const char *const *names);
