/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report on a window, or on a whole source. */
#pragma once

#include <glib.h>

typedef struct {
  const char *source; /* valid UTF-8 */
  gboolean is_summary;
  gboolean only_summary; /* no lines for windows */
  guint64 n_windows; /* of the summary; else the windows so far, this one too */
  gdouble start, end; /* s; of the summary: of all windows */
  const char *emotion;
  gdouble confidence;
  gint label_index;  /* -1: silence, or no label was likely enough */
  const char *model; /* nick or file name */
  gboolean partial, silence;
  /* Why there are no probabilities, for display; NULL: it was classified. */
  const char *unclassified;
  gdouble voice; /* s, speech in the window; negative: not measured */
  guint n_labels;
  const char *const *labels;    /* [n_labels] */
  const gdouble *probabilities; /* [n_labels] */
} ToolReportLine;

/* Probabilities with the seven digits of a float, not with those that read back
 * as the same double (nn/json-writer.h): means would have seventeen, of which
 * the last ones differ between processors. Times in microseconds. Both are
 * independent of the locale, and Python reads both as a float. */
void tool_report_append_number (GString *out, gdouble value);
void tool_report_append_seconds (GString *out, gdouble value);
