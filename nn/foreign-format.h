/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file is that is no Keras model: the message says so, because people
 * give what they find beside one. */
#pragma once

#include <glib.h>

/* The kind of what Keras calls an architecture: of use beside its weights. */
#define NN_FOREIGN_FORMAT_LAYERS "the layers of a model without its weights"

/* "a TensorFlow Lite model", by how the contents begin; NULL where that is not
 * known. */
const char *nn_foreign_format_of_bytes (GBytes *bytes);

/* Sets error: kind (NULL: not known) is what name turned out to be. */
void nn_foreign_format_fail (
    const char *name, const char *kind, GError **error);

/* The same for a zip archive, by the names of its members (NULL-terminated). */
const char *nn_foreign_format_of_members (const char *const *names);
