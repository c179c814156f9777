/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns GStreamer's errors into messages that tell users what to do. */
#pragma once

#include <gst/gst.h>

gboolean gst_emotion_diagnosis_is_missing_plugin (GstMessage *message);
/* Another message has been or will be posted, with more detail. */
gboolean gst_emotion_diagnosis_misses_plugin (const GError *error);

/* For a file that could be read except for what a plugin is missing for
 * (missing: as above); NULL if that is not sound. Free with g_free. */
char *gst_emotion_diagnosis_passed_over (GstMessage *missing);

/* uri: of the source, NULL for the microphone. missing: as above, or NULL. A
 * new error of the same domain and code, in one line. May connect to a server,
 * for some seconds, to find out what is wrong. */
GError *gst_emotion_diagnosis_of (
    const char *uri, const GError *failure, GstMessage *missing);
