/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole file in memory. Read, not mapped: a file that shrinks meanwhile must
 * not kill the process. */
#pragma once

#include <glib.h>

/* NULL and NN_ERROR_NOT_FOUND (cannot be opened or is no regular file) or
 * NN_ERROR_LIMIT (more than max_bytes). */
GBytes *nn_file_read (const char *path, guint64 max_bytes, GError **error);

/* The same, but no more than the first most bytes: to look at before the rest
 * is worth reading. */
GBytes *nn_file_read_head (
    const char *path, guint64 max_bytes, gsize most, GError **error);
