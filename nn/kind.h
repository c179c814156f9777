/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file is that is no Keras model: the message says so, because people
 * give what they find beside one. */
#pragma once

#include <glib.h>

/* "a TensorFlow Lite model", by how the contents begin; NULL where that is not
 * known. */
const char *nn_kind_of_bytes (GBytes *bytes);

/* The same for a zip archive, by the names of its members (NULL-terminated). */
const char *nn_kind_of_members (const char *const *names);
