/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "emotion" structures of one source in, lines of text, JSON or CSV out. */
#pragma once

#include <gst/gst.h>

typedef enum {
  REPORT_TEXT, /* a line for each window, for programs and for reading aloud */
  REPORT_BARS, /* for a terminal of 80 columns: a table, and bars */
  REPORT_COLOUR_BARS,
  REPORT_JSON, /* one object per line */
  REPORT_CSV,  /* either windows or summaries; RFC 4180 */
} ReportFormat;

typedef struct _Report Report;

/* source: what to call it in each line. only_summary: windows are not told.
 * Free with report_free. */
Report *report_new (
    ReportFormat format, gboolean only_summary, const char *source);
void report_free (Report *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Report, report_free)

/* Appends the line of one window. */
void report_window (Report *self, const GstStructure *result, GString *out);

/* Appends the lines of the whole: the mean of the probabilities over the
 * windows that were classified. Nothing without a window. */
void report_summary (Report *self, GString *out);

/* Where the last window so far ends, s. */
gdouble report_end (const Report *self);

/* What comes before the first line of all sources, of a model with these
 * labels: the first line of CSV; else empty. Free with g_free. */
char *report_head (ReportFormat format, gboolean only_summary,
    const char *const *labels, guint n_labels);
