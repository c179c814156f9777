/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text files made with editors and spreadsheets. */
#pragma once

#include <glib.h>

/* A text file, "-" for standard input, without its byte order mark; UTF-16,
 * with a mark or without, becomes UTF-8. Other bytes are kept, because they may
 * be file names. Free with g_free. NULL and G_FILE_ERROR if it cannot be read,
 * or is not text. */
char *gst_emotion_text_read (const char *path, GError **error);
