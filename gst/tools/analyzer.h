/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Analyses sources one after the other in the calling thread: small files of a
 * known type without a pipeline (quick.h), everything else by a pipeline of its
 * own (pipeline.h). The results are the same. */
#pragma once

#include <gst/gst.h>

typedef struct {
  const char *model_file; /* or NULL */
  const char *model;      /* nick of a built-in one; or NULL: the default */
  const char *labels;     /* or NULL */
  const char *recipe;     /* or NULL */
  gboolean quantize;
  GstClockTime interval;  /* 0: as the element has it */
  GstClockTime min_voice; /* 0: classify windows without voice, too */
  const char *track;      /* of several; see gst/media/play.h; or NULL */
  const char *device; /* to record from, see device.h; or NULL: the default */
  gdouble record_s;   /* duration of recording; 0: until stop */
  gboolean follow;    /* a URI is live and ends by stop, too */
  const gint *stop;   /* by g_atomic_int_get: not 0 ends it all */
} ToolAnalyzerOptions;

typedef struct {
  void (*window) (const GstStructure *result, gpointer user_data);
  void (*warning) (const char *text, gpointer user_data);
  /* Progress, 0..1, now and then. NULL: not wanted. */
  void (*progress) (gdouble fraction, gpointer user_data);
  /* Called in another thread, before the sound is analysed. NULL: not wanted.
   */
  void (*sound) (GstBuffer *buffer, GstCaps *caps, gpointer user_data);
} ToolAnalyzerCallbacks;

typedef struct _ToolAnalyzer ToolAnalyzer;

/* options: borrowed. Free with tool_analyzer_free. */
ToolAnalyzer *tool_analyzer_new (const ToolAnalyzerOptions *options);
void tool_analyzer_free (ToolAnalyzer *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolAnalyzer, tool_analyzer_free)

/* source: a path or a URI; NULL: the microphone. *loss and FALSE: as of
 * tool_pipeline_run. */
gboolean tool_analyzer_run (ToolAnalyzer *self, const char *source,
    const ToolAnalyzerCallbacks *callbacks, gpointer user_data, char **loss,
    GError **error);
