/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What there is to tell of a window, or of a whole source, and the formats to
 * tell it in. */
#pragma once

#include <glib.h>

typedef struct {
  const char *source; /* valid UTF-8 */
  gboolean is_summary;
  gboolean only_summary; /* windows are not told */
  guint64 n_windows; /* of the summary; else the windows so far, this one too */
  gdouble start, end; /* s; of the summary: of all windows */
  const char *emotion;
  gdouble confidence;
  gboolean partial, silence;
  guint n_labels;
  const char *const *labels;    /* [n_labels] */
  const gdouble *probabilities; /* [n_labels] */
} ReportLine;

void report_append_json (const ReportLine *line, GString *out);
void report_append_csv (const ReportLine *line, GString *out);
void report_append_csv_head (gboolean is_summary, const char *const *labels,
    guint n_labels, GString *out);
void report_append_text (const ReportLine *line, GString *out);
void report_append_bars (
    const ReportLine *line, gboolean has_colour, GString *out);

/* The same in every locale. */
void report_append_number (GString *out, gdouble value);
void report_append_seconds (GString *out, gdouble value);
