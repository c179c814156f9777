/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "emotion" structures of one source in, lines of text, JSON or CSV out. */
#pragma once

#include <gst/gst.h>

typedef enum {
  REPORT_TEXT,
  REPORT_JSON, /* one object per line */
  REPORT_CSV,  /* windows only, no summary; RFC 4180 */
} ReportFormat;

typedef struct _Report Report;

/* source: what to call it in each line. Free with report_free. */
Report *report_new (ReportFormat format, const char *source);
void report_free (Report *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Report, report_free)

/* Appends the line of one window. */
void report_window (Report *self, const GstStructure *result, GString *out);

/* Appends the line of the whole: the mean of the probabilities over the
 * windows that were classified. Nothing without a window. */
void report_summary (Report *self, GString *out);

/* The first line of a CSV file, with the labels of the windows so far; NULL
 * before there is one, and in other formats. Free with g_free. */
char *report_head (const Report *self);
