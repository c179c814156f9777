/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Media files that a test makes with GStreamer. */
#pragma once

#include <glib.h>

/* Where a pipeline writes the file. */
#define MADE_MEDIA_SINK " ! filesink name=sink"

/* Runs the pipeline `format`, with MADE_MEDIA_SINK in it, to its end, or fails
 * the test. Returns the path of the file, or NULL, with a message, where an
 * element is not installed. Free with g_free. */
char *made_media (const char *folder, const char *name, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
