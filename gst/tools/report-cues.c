/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/report-cues.h"

#define MIN_LENGTH 0.001 /* s: what the formats can tell apart */

struct _ReportCues {
  gboolean each_window;
  ReportCue open; /* not ended yet; emotion NULL: there is none */
  gdouble told;   /* s: where the last one ended */
  GArray *ended;  /* ReportCue */
};

static void
clear_cue (gpointer data)
{
  ReportCue *cue = data;

  g_clear_pointer (&cue->emotion, g_free);
}

ReportCues *
report_cues_new (gboolean each_window)
{
  ReportCues *self = g_new0 (ReportCues, 1);

  self->each_window = each_window;
  self->ended = g_array_new (FALSE, FALSE, sizeof (ReportCue));
  g_array_set_clear_func (self->ended, clear_cue);
  return self;
}

void
report_cues_free (ReportCues *self)
{
  if (!self)
    return;
  clear_cue (&self->open);
  g_array_unref (self->ended);
  g_free (self);
}

static void
end_open (ReportCues *self)
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
report_cues_add (ReportCues *self, const ReportLine *line)
{
  ReportCue *const open = &self->open;
  gdouble start;

  if (line->is_summary) {
    end_open (self);
    return;
  }
  start = MAX (line->start, self->told);
  if (open->emotion && line->has_emotion && !self->each_window
      && start >= open->start && start - open->end < MIN_LENGTH
      && g_str_equal (open->emotion, line->emotion)) {
    open->end = MAX (open->end, line->end);
    return;
  }
  if (start >= open->start && start - open->end < MIN_LENGTH)
    open->end = start;
  end_open (self);
  start = MAX (start, self->told);
  if (line->has_emotion && line->end > start)
    self->open = (ReportCue){ start, line->end, g_strdup (line->emotion) };
}

const ReportCue *
report_cues_get (const ReportCues *self, guint *n)
{
  *n = self->ended->len;
  return (const ReportCue *) self->ended->data;
}

void
report_cues_clear (ReportCues *self)
{
  g_array_set_size (self->ended, 0);
}
