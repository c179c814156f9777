/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a user calls a sound -> its URI. */
#pragma once

#include <glib.h>

/* The same in UTF-8, for people and in files: bytes that are none are written
 * as “\xe9”, so that names that differ stay so. Free with g_free. */
char *gst_emotion_source_name (const char *source);

/* source: the name of a file, "-" (standard input), or a URI; "Interview:
 * Anna.wav" could be both, and is the file if there is one. Free with
 * g_free. NULL and an error if the name cannot be written as a URI. */
char *gst_emotion_source_uri (const char *source, GError **error);

/* The URI of a local file -> another one of the same, for *fd, which is open
 * until the caller closes it. Elements cannot pull from it, so they get all in
 * its order, in the thread of the source: none is too early (stall.h). Free
 * with g_free. NULL if there is none. */
char *gst_emotion_source_pushed (const char *uri, int *fd);
