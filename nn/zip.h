/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One member of a zip archive (a .keras file), in memory. Only this file's .c
 * calls libarchive. Nothing is written to disk, so names like "../x" are
 * harmless. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Whether the bytes begin as a zip archive does. */
bool nn_zip_is_zip (GBytes *bytes);

/* The contents of the first member called member. name is the archive in
 * messages. NULL and NN_ERROR_FORMAT (missing, damaged, or with a wrong
 * checksum) or NN_ERROR_LIMIT (more than max_bytes, or than nn_max_expanded).
 */
GBytes *nn_zip_read (const char *name, GBytes *bytes, const char *member,
    gsize max_bytes, GError **error);

/* The names of its members, as far as they can be read; to be called before the
 * above. NULL and NN_ERROR_FORMAT if it is damaged, NN_ERROR_LIMIT if there are
 * too many. Free with g_strfreev. */
char **nn_zip_names (const char *name, GBytes *bytes, GError **error);
