/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One source (a file, a URI, the microphone) through a GStreamer pipeline with
 * the element in it. Any number of threads at once; callbacks come in the
 * calling thread, except sound. */
#pragma once

#include "gst/tools/analyzer.h"

/* An element with these options. Free with gst_object_unref. */
GstElement *tool_pipeline_element_new (const ToolAnalyzerOptions *options);

/* uri: NULL is the microphone. decoders: gets the factories (GstElementFactory,
 * owned) of demuxers, parsers and decoders, in order, for quick.h; or NULL.
 * *loss and FALSE: as of gst_emotion_play. */
gboolean tool_pipeline_run (const char *uri, const ToolAnalyzerOptions *options,
    const ToolAnalyzerCallbacks *callbacks, gpointer user_data,
    GPtrArray *decoders, char **loss, GError **error);
