/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks before the work of what is written at its end. NULL for path, nothing
 * to write, is fine. Errors name the option, and what to do. */
#pragma once

#include <glib.h>

/* FALSE and G_OPTION_ERROR where path is a sound, which was rather meant to be
 * read. */
gboolean tool_output_check_sound (
    const char *option, const char *path, GError **error);

/* Also whether a file can be made, or replaced: FALSE and G_FILE_ERROR. */
gboolean tool_output_check (
    const char *option, const char *path, GError **error);

/* Whether it is a folder, or can be made one. FALSE and G_FILE_ERROR. */
gboolean tool_output_check_folder (
    const char *option, const char *path, GError **error);

/* FALSE and G_OPTION_ERROR where two options name the same file or folder: the
 * second would replace the first. Devices and pipes take both. */
gboolean tool_output_check_apart (const char *option, const char *path,
    const char *other_option, const char *other_path, GError **error);
