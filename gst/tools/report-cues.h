/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Windows in, cues out: the stretches of a source that have one emotion, for
 * subtitles and annotations. They do not overlap:
 *
 * - A window counts from its start until the next window begins, or until its
 * own end, whichever comes first.
 * - Neighbours (gaps below 1 ms do not count) of the same emotion are one cue.
 * - Windows without an emotion leave their time empty.
 * - If time jumps back, earlier cues are kept. */
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

/* The cues that have ended, [*n]; valid until the next call. */
const ToolReportCue *tool_report_cues_get (
    const ToolReportCues *self, guint *n);
/* Drops them. */
void tool_report_cues_clear (ToolReportCues *self);
