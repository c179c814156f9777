/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machine-readable lines: JSON and CSV. */
#include <math.h>
#include <string.h>

#include "nn/json-writer.h"
#include "gst/tools/csv-string.h"
#include "gst/tools/report-writer.h"

void
tool_report_append_number (GString *out, gdouble value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (text, sizeof text, "%.7g", value);
  g_string_append (out, text);
  if (!strpbrk (text, ".e"))
    g_string_append (out, ".0");
}

void
tool_report_append_seconds (GString *out, gdouble value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  gsize len;

  g_ascii_formatd (text, sizeof text, "%.6f", value);
  len = strlen (text);
  while (text[len - 1] == '0' && text[len - 2] != '.')
    len--;
  g_string_append_len (out, text, len);
}

static void
append_verdict (const ToolReportLine *line, GString *out)
{
  g_string_append (out, ", \"emotion\": ");
  nn_json_quote (out, line->emotion);
  g_string_append (out, ", \"confidence\": ");
  tool_report_append_number (out, line->confidence);
}

static void
append_probabilities (const ToolReportLine *line, GString *out)
{
  g_string_append (out, ", \"probabilities\": {");
  for (guint i = 0; i < line->n_labels; i++) {
    g_string_append (out, i > 0 ? ", " : "");
    nn_json_quote (out, line->labels[i]);
    g_string_append (out, ": ");
    tool_report_append_number (out, line->probabilities[i]);
  }
  g_string_append (out, "}}\n");
}

static void
append_json (const ToolReportLine *line, GString *out)
{
  g_string_append (out, "{\"file\": ");
  nn_json_quote (out, line->source);
  if (line->is_summary) {
    g_string_append (out, ", \"summary\": true");
    append_verdict (line, out);
    g_string_append_printf (
        out, ", \"windows\": %" G_GUINT64_FORMAT, line->n_windows);
  } else {
    g_string_append (out, ", \"start\": ");
    tool_report_append_seconds (out, line->start);
    g_string_append (out, ", \"end\": ");
    tool_report_append_seconds (out, line->end);
    append_verdict (line, out);
    g_string_append_printf (out, ", \"partial\": %s, \"silence\": %s",
        line->partial ? "true" : "false", line->silence ? "true" : "false");
    g_string_append (out, ", \"voice\": ");
    if (line->voice >= 0)
      tool_report_append_seconds (out, line->voice);
    else
      g_string_append (out, "null");
  }
  append_probabilities (line, out);
}

static void
append_csv_head (gboolean only_summary, const char *const *labels,
    guint n_labels, GString *out)
{
  g_string_append (out,
      only_summary ? "file,windows,emotion,confidence"
                   : "file,start,end,emotion,confidence,partial,silence,voice");
  for (guint i = 0; i < n_labels; i++) {
    g_string_append_c (out, ',');
    tool_csv_append_string (out, labels[i]);
  }
  g_string_append (out, "\r\n");
}

/* Either windows or summaries. */
static void
append_csv (const ToolReportLine *line, GString *out)
{
  if (line->is_summary != line->only_summary)
    return;
  tool_csv_append_string (out, line->source);
  g_string_append_c (out, ',');
  if (line->is_summary)
    g_string_append_printf (out, "%" G_GUINT64_FORMAT, line->n_windows);
  else {
    tool_report_append_seconds (out, line->start);
    g_string_append_c (out, ',');
    tool_report_append_seconds (out, line->end);
  }
  g_string_append_c (out, ',');
  tool_csv_append_string (out, line->emotion);
  g_string_append_c (out, ',');
  tool_report_append_number (out, line->confidence);
  if (!line->is_summary) {
    g_string_append_printf (out, ",%d,%d,", line->partial, line->silence);
    if (line->voice >= 0)
      tool_report_append_seconds (out, line->voice);
  }
  for (guint i = 0; i < line->n_labels; i++) {
    g_string_append_c (out, ',');
    tool_report_append_number (out, line->probabilities[i]);
  }
  g_string_append (out, "\r\n");
}

const ToolReportWriter tool_report_json_writer = {
  .nick = "json", .extension = ".json", .line = append_json
};

/* RFC 4180. */
const ToolReportWriter tool_report_csv_writer = { .nick = "csv",
  .extension = ".csv",
  .head = append_csv_head,
  .line = append_csv };
