/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A TextGrid of Praat, in its long text form: one interval tier, named after
 * the source, without gaps from 0 to the end: stretches without an emotion are
 * intervals with an empty text. */
#include "gst/tools/csv-string.h"
#include "gst/tools/report-writer.h"

static void
append_range (GString *out, const char *indent, gdouble start, gdouble end)
{
  g_string_append_printf (out, "%sxmin = ", indent);
  tool_report_append_seconds (out, start);
  g_string_append_printf (out, "\n%sxmax = ", indent);
  tool_report_append_seconds (out, end);
  g_string_append_c (out, '\n');
}

static void
append_interval (
    GString *out, guint number, gdouble start, gdouble end, const char *text)
{
  g_string_append_printf (out, "        intervals [%u]:\n", number);
  append_range (out, "            ", start, end);
  g_string_append (out, "            text = ");
  tool_csv_append_quoted (out, text);
  g_string_append_c (out, '\n');
}

static void
append_textgrid (const char *source, const ToolReportCue *cues, guint n_cues,
    gdouble end, GString *out)
{
  g_autofree char *name = g_path_get_basename (source);
  g_autoptr (GString) intervals = g_string_new (NULL);
  gdouble told = 0;
  guint n = 0;

  for (guint i = 0; i < n_cues; i++) {
    if (cues[i].start > told)
      append_interval (intervals, ++n, told, cues[i].start, "");
    append_interval (
        intervals, ++n, cues[i].start, cues[i].end, cues[i].emotion);
    told = cues[i].end;
  }
  if (end > told)
    append_interval (intervals, ++n, told, end, "");
  g_string_append (
      out, "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\n");
  append_range (out, "", 0, MAX (told, end));
  g_string_append (out,
      "tiers? <exists>\nsize = 1\nitem []:\n    item [1]:\n"
      "        class = \"IntervalTier\"\n        name = ");
  tool_csv_append_quoted (out, name);
  g_string_append_c (out, '\n');
  append_range (out, "        ", 0, MAX (told, end));
  g_string_append_printf (
      out, "        intervals: size = %u\n%s", n, intervals->str);
}

const ToolReportWriter tool_report_textgrid_writer = { .nick = "textgrid",
  .extension = ".TextGrid",
  .is_single = TRUE,
  .document = append_textgrid };
