/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A label track of Audacity (File, Import, Labels): start, end and text, with a
 * tab between them; a line for each label. */
#include "gst/tools/report-writer.h"

static void
append_audacity (const ReportCue *cue, guint64 number, GString *out)
{
  g_autofree char *text = report_one_line (cue->emotion);

  report_append_seconds (out, cue->start);
  g_string_append_c (out, '\t');
  report_append_seconds (out, cue->end);
  g_string_append_printf (out, "\t%s\n", text);
}

const ReportWriter report_audacity_writer = { .nick = "audacity",
  .extension = ".txt",
  .is_single = TRUE,
  .cue = append_audacity };
