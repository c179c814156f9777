/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One source (a file, a URI, the microphone) through a pipeline with the
 * element in it. Any number of threads at once; everything is called in the
 * thread that asks. */
#pragma once

#include <gst/gst.h>

typedef struct {
  const char *model_file; /* or NULL */
  const char *model;      /* nick of a built-in one; or NULL: the default */
  const char *labels;     /* or NULL */
  const char *recipe;     /* or NULL */
  gboolean quantize;
  GstClockTime interval;  /* 0: as the element has it */
  GstClockTime min_voice; /* 0: classify what nobody speaks in, too */
  const char *track;      /* of several; see gst/media/play.h; or NULL */
  const char *device;     /* to listen to, see device.h; or NULL: the default */
  gdouble record_s;       /* that the microphone is heard; 0: until stop */
  gboolean follow;        /* a URI goes on until stop, too */
  const gint *stop;       /* by g_atomic_int_get: not 0 ends it all */
} ToolAnalysisOptions;

/* An element with these options. Free with gst_object_unref. */
GstElement *tool_analysis_element_new (const ToolAnalysisOptions *options);

typedef struct {
  void (*window) (const GstStructure *result, gpointer user_data);
  void (*warning) (const char *text, gpointer user_data);
  /* 0..1 of the way, now and then. NULL: not wanted. */
  void (*progress) (gdouble fraction, gpointer user_data);
  /* Called in another thread, before the sound is analysed. NULL: not wanted.
   */
  void (*sound) (GstBuffer *buffer, GstCaps *caps, gpointer user_data);
} ToolAnalysisCallbacks;

/* uri: NULL is the microphone. decoders: gets the factories (GstElementFactory,
 * owned) of what took the file apart, in their order, where they are the kind
 * that quick.h can use; or NULL. *loss and FALSE: as of gst_emotion_play. */
gboolean tool_analysis_run (const char *uri, const ToolAnalysisOptions *options,
    const ToolAnalysisCallbacks *callbacks, gpointer user_data,
    GPtrArray *decoders, char **loss, GError **error);
