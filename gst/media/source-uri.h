/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A user's name of a sound -> its URI. */
#pragma once

#include <glib.h>

/* The name in UTF-8, for display and in files: invalid bytes are written as
 * “\xe9”, so that different names stay different. Free with g_free. */
char *gst_emotion_source_name (const char *source);

/* Any text as one line that is safe for a terminal: as above, and control
 * characters (line ends, escape sequences) the same way, “\x1b”. Free with
 * g_free. */
char *gst_emotion_source_line (const char *text);

/* source: the name of a file, "-" (standard input), or a URI; "Interview:
 * Anna.wav" could be both, and is the file if there is one. Free with
 * g_free. NULL and an error if the name cannot be written as a URI. */
char *gst_emotion_source_uri (const char *source, GError **error);

/* A second URI for a local file, by the file descriptor *fd, which the caller
 * closes. Elements cannot use pull mode on it, so all data is pushed in order
 * by the thread of the source, and none can be too early (stall.h). Free with
 * g_free. NULL if there is none. */
char *gst_emotion_source_pushed (const char *uri, int *fd);
