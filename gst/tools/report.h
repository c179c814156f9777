/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results of one source in, text in a format out. */
#pragma once

#include "gst/result.h"
#include "gst/tools/report-writer.h"

typedef struct {
  const ToolReportWriter *writer;
  gboolean only_summary; /* windows are not written */
  gboolean each_window;  /* cues: one for each window */
} ToolReportFormat;

typedef struct _ToolReport ToolReport;

/* source: its name in each line. Free with tool_report_free. */
ToolReport *tool_report_new (
    const ToolReportFormat *format, const char *source);
void tool_report_free (ToolReport *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolReport, tool_report_free)

/* Appends the output for this window. Returns its line, valid until the next
 * call. */
const ToolReportLine *tool_report_window (
    ToolReport *self, const GstEmotionResult *result, GString *out);

/* Appends the output at the end. Returns the summary, the mean of the
 * probabilities over the windows that were classified, each with the weight of
 * its voice; NULL without a window. */
const ToolReportLine *tool_report_summary (ToolReport *self, GString *out);

/* The same if a source was not read to its end: no summary is written. */
const ToolReportLine *tool_report_break (ToolReport *self, GString *out);

/* Where the last window so far ends, s. */
gdouble tool_report_end (const ToolReport *self);

/* The header before the first source, for a model with these labels: for
 * example the first line of CSV. Free with g_free. */
char *tool_report_head (
    const ToolReportFormat *format, const char *const *labels, guint n_labels);
