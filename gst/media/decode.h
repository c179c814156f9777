/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sound file of any format that GStreamer decodes -> mono float samples at
 * one rate, converted as the element converts them (gst/convert.h). The first
 * audio stream of a file counts. Any number of threads at once. */
#pragma once

#include <glib.h>

/* path: of a file, or a URI. max_len: samples after which decoding stops; 0:
 * all. Returns [*n] samples, *n > 0, at `rate` Hz; free with g_free. NULL and
 * an error where there is no sound in it. A file that is damaged further on
 * gives the error as well. */
float *gst_emotion_decode_file (
    const char *path, double rate, gsize max_len, gsize *n, GError **error);
