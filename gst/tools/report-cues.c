/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/report-cues.h"

#define MIN_LENGTH 0.001 /* s: the resolution of the formats */

struct _ToolReportCues {
  gboolean each_window;
  ToolReportCue open; /* not ended yet; emotion NULL: there is none */
  gdouble told;       /* s: where the last one ended */
  GArray *ended;      /* ToolReportCue */
};

static void
clear_cue (gpointer data)
{
  ToolReportCue *cue = data;

  g_clear_pointer (&cue->emotion, g_free);
}

ToolReportCues *
tool_report_cues_new (gboolean each_window)
{
  ToolReportCues *self = g_new0 (ToolReportCues, 1);

  self->each_window = each_window;
  self->ended = g_array_new (FALSE, FALSE, sizeof (ToolReportCue));
  g_array_set_clear_func (self->ended, clear_cue);
  return self;
}

void
tool_report_cues_free (ToolReportCues *self)
{
  if (!self)
    return;
  clear_cue (&self->open);
  g_array_unref (self->ended);
  g_free (self);
}

static void
end_open (ToolReportCues *self)
{
  if (!self->open.emotion)
    return;
  if (self->open.end - self->open.start < MIN_LENGTH) {
    clear_cue (&self->open);
    return;
  }
  self->told = self->open.end;
  g_array_append_val (self->ended, self->open);
  self->open.emotion = NULL;
}

void
tool_report_cues_add (ToolReportCues *self, const ToolReportLine *line)
{
  ToolReportCue *const open = &self->open;
  gdouble start;

  if (line->is_summary) {
    end_open (self);
    return;
  }
  start = MAX (line->start, self->told);
  if (open->emotion && line->label_index >= 0 && !self->each_window
      && start >= open->start && start - open->end < MIN_LENGTH
      && g_str_equal (open->emotion, line->emotion)) {
    open->end = MAX (open->end, line->end);
    open->confidence +=
        (line->confidence - open->confidence) / ++open->n_windows;
    return;
  }
  if (start >= open->start && start - open->end < MIN_LENGTH)
    open->end = start;
  end_open (self);
  start = MAX (start, self->told);
  if (line->label_index >= 0 && line->end > start)
    self->open = (ToolReportCue){ .start = start,
      .end = line->end,
      .emotion = g_strdup (line->emotion),
      .label_index = line->label_index,
      .n_windows = 1,
      .confidence = line->confidence };
}

const ToolReportCue *
tool_report_cues_get (const ToolReportCues *self, guint *n)
{
  *n = self->ended->len;
  return (const ToolReportCue *) self->ended->data;
}

void
tool_report_cues_clear (ToolReportCues *self)
{
  g_array_set_size (self->ended, 0);
}
