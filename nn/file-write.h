/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that appear complete or not at all. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Whether path is a device or a pipe (/dev/stdout), which is written into and
 * must never be replaced. */
bool nn_file_is_stream (const char *path);

/* Writes bytes to a temporary file beside path, syncs it (fsync) and renames it
 * to path. On failure the old file is unchanged; false and NN_ERROR_IO. A
 * device or a pipe is written directly. */
bool nn_file_write (const char *path, GBytes *bytes, GError **error);
