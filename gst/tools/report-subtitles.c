/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Subtitles: WebVTT (https://www.w3.org/TR/webvtt1/) and SubRip. */
#include <math.h>
#include <string.h>

#include "gst/tools/report-writer.h"

/* 00:00:03.000; point: the character before the milliseconds. */
static void
append_time (GString *out, gdouble seconds, char point)
{
  const gint64 ms = llrint (seconds * 1000);

  g_string_append_printf (out, "%02" G_GINT64_FORMAT ":%02d:%02d%c%03d",
      ms / 3600000, (gint) (ms / 60000 % 60), (gint) (ms / 1000 % 60), point,
      (gint) (ms % 1000));
}

static void
append_times (GString *out, const ToolReportCue *cue, char point)
{
  append_time (out, cue->start, point);
  g_string_append (out, " --> ");
  append_time (out, cue->end, point);
  g_string_append_c (out, '\n');
}

static void
append_vtt_head (gboolean only_summary, const char *const *labels,
    guint n_labels, GString *out)
{
  g_string_append (out, "WEBVTT\n\n");
}

static void
append_vtt (const ToolReportCue *cue, guint64 number, GString *out)
{
  g_autofree char *text = tool_report_one_line (cue->emotion);

  append_times (out, cue, '.');
  for (const char *c = text; *c; c++)
    switch (*c) {
      case '&':
        g_string_append (out, "&amp;");
        break;
      case '<':
        g_string_append (out, "&lt;");
        break;
      case '>':
        g_string_append (out, "&gt;");
        break;
      default:
        g_string_append_c (out, *c);
    }
  g_string_append (out, "\n\n");
}

/* SubRip has no escapes, and players read "<b" or "{\b" as markup: an invisible
 * WORD JOINER after the bracket makes it text. */
static void
append_srt (const ToolReportCue *cue, guint64 number, GString *out)
{
  g_autofree char *text = tool_report_one_line (cue->emotion);

  g_string_append_printf (out, "%" G_GUINT64_FORMAT "\n", number);
  append_times (out, cue, ',');
  for (const char *c = text; *c; c++) {
    g_string_append_c (out, *c);
    if (strchr ("<{", *c))
      g_string_append (out, "\u2060");
  }
  g_string_append (out, "\n\n");
}

const ToolReportWriter tool_report_vtt_writer = { .nick = "vtt",
  .extension = ".vtt",
  .is_single = TRUE,
  .head = append_vtt_head,
  .cue = append_vtt };

const ToolReportWriter tool_report_srt_writer = {
  .nick = "srt", .extension = ".srt", .is_single = TRUE, .cue = append_srt
};
