/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a folder holds, for all that look for recordings in one. */
#pragma once

#include <glib.h>

/* The names in it, in the order of their bytes. Hidden ones are left out: those
 * that macOS leaves on other file systems (._NAME) end as recordings do, and
 * are none. Free with g_ptr_array_unref. NULL and G_FILE_ERROR if it cannot be
 * read. */
GPtrArray *gst_emotion_folder_names (const char *path, GError **error);
