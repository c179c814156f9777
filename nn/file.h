/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole file in memory. Read, not mapped: a mapped file that shrinks would
 * kill the process. */
#pragma once

#include <glib.h>

/* NULL and NN_ERROR_NOT_FOUND (cannot be opened or is no regular file) or
 * NN_ERROR_LIMIT (more than max_bytes). */
GBytes *nn_file_read (const char *path, guint64 max_bytes, GError **error);

/* The same, but at most the first `most` bytes: to identify a file before
 * reading all of it. */
GBytes *nn_file_read_head (
    const char *path, guint64 max_bytes, gsize most, GError **error);
