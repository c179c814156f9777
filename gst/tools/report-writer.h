/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Output formats: a ToolReportWriter for each --format, in the table of
 * report-writer.c. */
#pragma once

#include "gst/tools/report-cues.h"
#include "gst/tools/report-line.h"

/* One of line, cue and document writes; the others are NULL. */
typedef struct {
  const char *nick;      /* of --format; NULL: not selectable by name */
  const char *extension; /* of a file for one source: ".vtt" */
  gboolean is_single;    /* an output can hold one source only */
  /* The header before the first source. NULL: none. */
  void (*head) (gboolean only_summary, const char *const *labels,
      guint n_labels, GString *out);
  /* Each window, and then the summary of the source. */
  void (*line) (const ToolReportLine *line, GString *out);
  /* Each stretch of one emotion, as soon as it has ended. number: from 1. */
  void (*cue) (const ToolReportCue *cue, guint64 number, GString *out);
  /* All of a source (valid UTF-8) that ends at end (s), at its end. */
  void (*document) (const char *source, const ToolReportCue *cues, guint n_cues,
      gdouble end, GString *out);
} ToolReportWriter;

extern const ToolReportWriter tool_report_audacity_writer;
extern const ToolReportWriter tool_report_bars_writer;
extern const ToolReportWriter tool_report_csv_writer;
extern const ToolReportWriter tool_report_json_writer;
extern const ToolReportWriter tool_report_srt_writer;
extern const ToolReportWriter tool_report_text_writer;
extern const ToolReportWriter tool_report_textgrid_writer;
extern const ToolReportWriter tool_report_vtt_writer;

/* NULL if the nick is unknown. */
const ToolReportWriter *tool_report_writer_find (const char *nick);

/* All nicks: "text,json,...". Free with g_free. */
char *tool_report_writer_nicks (void);

/* text on one line: line breaks become spaces. Free with g_free. */
char *tool_report_one_line (const char *text);
