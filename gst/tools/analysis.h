/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One source (a file, a URI, the microphone) through the element. Everything
 * is called in the thread of the default main context. */
#pragma once

#include <gst/gst.h>

typedef struct {
  const char *model_file; /* or NULL */
  const char *model;      /* nick of a built-in one; or NULL: the default */
  const char *labels;     /* or NULL */
  GstClockTime interval;
} AnalysisOptions;

/* An element with these options. Free with gst_object_unref. */
GstElement *analysis_element_new (const AnalysisOptions *options);

typedef struct {
  void (*window) (const GstStructure *result, gpointer user_data);
  void (*warning) (const char *text, gpointer user_data);
  /* The last call. failure: why the source could not be read to its end, or
   * NULL. */
  void (*done) (const char *failure, gpointer user_data);
} AnalysisCallbacks;

typedef struct _Analysis Analysis;

/* uri: NULL is the microphone. Starts at once. Free with analysis_free, which
 * also ends it. */
Analysis *analysis_new (const char *uri, const AnalysisOptions *options,
    const AnalysisCallbacks *callbacks, gpointer user_data);
void analysis_free (Analysis *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Analysis, analysis_free)

/* Ends a microphone: what was heard is still analysed, then done is called. */
void analysis_finish (Analysis *self);

/* 0..1 of the way, or -1 where nobody knows. */
gdouble analysis_progress (Analysis *self);
