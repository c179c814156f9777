/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Human-readable lines: plain ones, and a table with bars for a terminal. */
#include <math.h>

#include "gst/media/source-uri.h"
#include "gst/tools/report-writer.h"

#define COLUMNS 80
#define BAR 46         /* columns of a bar for 100 % */
#define LABEL_LEN 20   /* columns of a label beside its bar */
#define CELL 4         /* columns of a label in the table */
#define TABLE_START 36 /* column of its first */
#define MAX_CELLS ((COLUMNS - TABLE_START) / CELL)

#define BOLD "\033[1m"
#define BLUE "\033[34m"
#define PLAIN "\033[0m"

static void
append_text (const ToolReportLine *line, GString *out)
{
  g_autofree char *source = gst_emotion_source_line (line->source);
  g_autofree char *emotion = gst_emotion_source_line (line->emotion);

  if (line->is_summary)
    g_string_append_printf (out, "%s: %*soverall  ", source, 16, "");
  else
    g_string_append_printf (
        out, "%s: %9.3f - %9.3f s  ", source, line->start, line->end);
  if (line->unclassified)
    g_string_append (out, line->unclassified);
  else
    g_string_append_printf (
        out, "%-17s %3.0f %%", emotion, 100 * line->confidence);
  g_string_append (out, line->partial ? "  (partial)\n" : "\n");
}

/* text in so many columns, left-aligned, and truncated. */
static void
append_columns (GString *out, const char *text, gint n)
{
  g_autofree char *line = gst_emotion_source_line (text);
  g_autofree char *cut =
      g_utf8_substring (line, 0, MIN (g_utf8_strlen (line, -1), n));

  g_string_append (out, cut);
  g_string_append_printf (out, "%*s", (gint) (n - g_utf8_strlen (cut, -1)), "");
}

/* A bar that is as long as value (0..1), in eighths of a column. */
static void
append_bar (GString *out, gdouble value)
{
  static const char *const rest[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
  const gint eighths = lrint (value * BAR * 8);

  for (gint i = 0; i < eighths / 8; i++)
    g_string_append (out, "█");
  g_string_append (out, rest[eighths % 8]);
}

/* A bar that is as high as value (0..1), in one column. */
static const char *
column_of (gdouble value)
{
  static const char *const columns[] = { "·", "▁", "▂", "▃", "▄", "▅", "▆", "▇",
    "█" };

  return columns[CLAMP (lrint (value * 8), 0, 8)];
}

/* m:ss.s */
static void
append_time (GString *out, gdouble seconds)
{
  const gint64 tenths = llrint (seconds * 10);

  g_string_append_printf (out, "%3" G_GINT64_FORMAT ":%02d.%d", tenths / 600,
      (gint) (tenths / 10 % 60), (gint) (tenths % 10));
}

static gboolean
fits (const ToolReportLine *line)
{
  return line->n_labels <= MAX_CELLS;
}

static void
append_head (const ToolReportLine *line, GString *out)
{
  g_autofree char *source = gst_emotion_source_line (line->source);

  g_string_append_printf (out, BOLD "%s" PLAIN "\n", source);
  if (line->is_summary)
    return;
  append_columns (out, "     from -      to", TABLE_START);
  for (guint i = 0; i < line->n_labels && fits (line); i++) {
    append_columns (out, line->labels[i], CELL - 1);
    g_string_append_c (out, ' ');
  }
  g_string_append_c (out, '\n');
}

static void
append_verdict (const ToolReportLine *line, GString *out)
{
  if (line->unclassified) {
    append_columns (out, line->unclassified, LABEL_LEN - 4);
    return;
  }
  g_string_append (out, BOLD);
  append_columns (out, line->emotion, LABEL_LEN - 9);
  g_string_append (out, PLAIN);
  g_string_append_printf (out, "%3.0f %%", 100 * line->confidence);
}

static void
append_row (const ToolReportLine *line, GString *out)
{
  append_time (out, line->start);
  g_string_append (out, " -");
  append_time (out, line->end);
  g_string_append (out, "  ");
  append_verdict (line, out);
  if (fits (line) && !line->unclassified) {
    g_string_append (out, BLUE " ");
    for (guint i = 0; i < line->n_labels; i++)
      g_string_append_printf (out, " %s  ", column_of (line->probabilities[i]));
    g_string_append (out, PLAIN);
  }
  g_string_append (out, line->partial ? " partial\n" : "\n");
}

static void
append_summary (const ToolReportLine *line, GString *out)
{
  g_string_append (out, "  overall: ");
  append_verdict (line, out);
  g_string_append_c (out, '\n');
  for (guint i = 0; i < line->n_labels && !line->unclassified; i++) {
    g_string_append (out, "    ");
    append_columns (out, line->labels[i], LABEL_LEN);
    g_string_append_printf (
        out, "%4.0f %% " BLUE, 100 * line->probabilities[i]);
    append_bar (out, line->probabilities[i]);
    g_string_append (out, PLAIN "\n");
  }
  g_string_append_c (out, '\n');
}

static void
append_bars (const ToolReportLine *line, GString *out)
{
  if (line->is_summary ? line->only_summary : line->n_windows == 1)
    append_head (line, out);
  if (line->is_summary)
    append_summary (line, out);
  else
    append_row (line, out);
}

/* A line for each window, for programs and screen readers. */
const ToolReportWriter tool_report_text_writer = {
  .nick = "text", .extension = ".txt", .line = append_text
};

/* For a terminal of 80 columns: a table, and bars. */
const ToolReportWriter tool_report_bars_writer = { .line = append_bars };
