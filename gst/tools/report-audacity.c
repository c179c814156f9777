/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A label track of Audacity (File, Import, Labels): start, end and text,
 * separated by tabs; a line for each label. */
#include "gst/tools/report-writer.h"

static void
append_audacity (const ToolReportCue *cue, guint64 number, GString *out)
{
  g_autofree char *text = tool_report_one_line (cue->emotion);

  tool_report_append_seconds (out, cue->start);
  g_string_append_c (out, '\t');
  tool_report_append_seconds (out, cue->end);
  g_string_append_printf (out, "\t%s\n", text);
}

const ToolReportWriter tool_report_audacity_writer = { .nick = "audacity",
  .extension = ".txt",
  .is_single = TRUE,
  .cue = append_audacity };
