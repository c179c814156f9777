/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists that people make with editors and spreadsheets. */
#pragma once

#include <glib.h>

/* A text file, "-" for standard input, without its byte order mark; UTF-16,
 * with a mark or without, becomes UTF-8. Other bytes stay as they are, for they
 * may be names of files. Free with g_free. NULL and G_FILE_ERROR where it
 * cannot be read, or is no text. */
char *gst_emotion_text_read (const char *path, GError **error);
