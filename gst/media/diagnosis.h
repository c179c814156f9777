/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What GStreamer says went wrong, in words that tell a user what to do. */
#pragma once

#include <gst/gst.h>

gboolean gst_emotion_diagnosis_is_missing_plugin (GstMessage *message);
/* Such a message has come or comes, and says more. */
gboolean gst_emotion_diagnosis_misses_plugin (const GError *error);

/* Of a file that could be read but for what there is no plugin for (missing: as
 * above); NULL if that is no sound. Free with g_free. */
char *gst_emotion_diagnosis_passed_over (GstMessage *missing);

/* uri: of the source, NULL for the microphone. missing: as above, or NULL. A
 * new error of the same domain and code, in one line. May ask the network, for
 * some seconds, what is wrong with a server. */
GError *gst_emotion_diagnosis_of (
    const char *uri, const GError *failure, GstMessage *missing);
