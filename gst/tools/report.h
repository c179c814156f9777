/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results of one source in, text in a format out. */
#pragma once

#include "gst/result.h"
#include "gst/tools/report-writer.h"

typedef struct {
  const ReportWriter *writer;
  gboolean only_summary; /* windows are not written */
  gboolean each_window;  /* cues: one for each window */
} ReportFormat;

typedef struct _Report Report;

/* source: what to call it in each line. Free with report_free. */
Report *report_new (const ReportFormat *format, const char *source);
void report_free (Report *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Report, report_free)

/* Appends what is to be written once this window is known. */
void report_window (Report *self, const GstEmotionResult *result, GString *out);

/* Appends what is left to be written in the end; the summary is the mean of the
 * probabilities over the windows that were classified, each with the weight of
 * its voice. Nothing without a window. */
void report_summary (Report *self, GString *out);

/* The same where a source was not read to its end: without a summary. */
void report_break (Report *self, GString *out);

/* Where the last window so far ends, s. */
gdouble report_end (const Report *self);

/* What comes before the first source, with a model of these labels: the first
 * line of CSV, for one. Free with g_free. */
char *report_head (
    const ReportFormat *format, const char *const *labels, guint n_labels);
