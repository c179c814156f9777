/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Windows in, cues out: the stretches of a source that have one emotion, for
 * subtitles and annotations. None lies over another:
 *
 * - A window counts from its start until the next window begins, or until it
 *   ends itself, where that comes first.
 * - Neighbours (gaps below 1 ms do not count) of the same emotion are one cue.
 * - Windows without an emotion leave their time empty.
 * - Where time jumps back, what was said of it before stands.
 */
#pragma once

#include "gst/tools/report-line.h"

typedef struct {
  gdouble start, end; /* s */
  char *emotion;      /* valid UTF-8 */
  gint label_index;
  guint n_windows;
  gdouble confidence; /* the mean of its windows */
} ToolReportCue;

typedef struct _ToolReportCues ToolReportCues;

/* each_window: neighbours of the same emotion stay apart. Free with
 * tool_report_cues_free. */
ToolReportCues *tool_report_cues_new (gboolean each_window);
void tool_report_cues_free (ToolReportCues *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolReportCues, tool_report_cues_free)

/* The windows in their order; the summary ends the last cue. */
void tool_report_cues_add (ToolReportCues *self, const ToolReportLine *line);

/* Those that have ended, [*n]; live until the next call. */
const ToolReportCue *tool_report_cues_get (
    const ToolReportCues *self, guint *n);
/* Forgets them. */
void tool_report_cues_clear (ToolReportCues *self);
