/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that appear whole or not at all. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Writes bytes to a temporary file beside path, on the disk (fsync), and gives
 * it the name. On failure what was at path is as it was; false and NN_ERROR_IO.
 */
bool nn_file_write (const char *path, GBytes *bytes, GError **error);
