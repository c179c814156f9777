/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/report.h"

#include "gst/media/source-uri.h"

struct _ToolReport {
  const ToolReportFormat *format;
  char *source; /* valid UTF-8 */
  guint64 n_windows;
  guint64 n_silent;
  guint64 n_cues;           /* written */
  gdouble end;              /* s, of the last window */
  GstEmotionLabels *labels; /* NULL: no window yet */
  const char **names;       /* [labels], theirs */
  char *model;
  gdouble *sums;        /* [labels], each window by its weight */
  gdouble weight;       /* of them all */
  ToolReportCues *cues; /* NULL: not needed by the writer */
  ToolReportLine line;  /* the last one */
  gdouble *values;      /* [labels], its probabilities */
};

ToolReport *
tool_report_new (const ToolReportFormat *format, const char *source)
{
  ToolReport *self = g_new0 (ToolReport, 1);

  self->format = format;
  self->source = gst_emotion_source_name (source);
  if (!format->writer->line)
    self->cues = tool_report_cues_new (format->each_window);
  return self;
}

void
tool_report_free (ToolReport *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->labels, gst_emotion_labels_unref);
  tool_report_cues_free (self->cues);
  g_free (self->names);
  g_free (self->model);
  g_free (self->sums);
  g_free (self->values);
  g_free (self->source);
  g_free (self);
}

/* Writes the line, and cues that it ends. */
static void
write (ToolReport *self, GString *out)
{
  const ToolReportWriter *const writer = self->format->writer;
  const gboolean is_summary = self->line.is_summary;
  const ToolReportCue *cues;
  guint n;

  if (writer->line) {
    if (is_summary || !self->format->only_summary)
      writer->line (&self->line, out);
    return;
  }
  tool_report_cues_add (self->cues, &self->line);
  cues = tool_report_cues_get (self->cues, &n);
  if (writer->cue) {
    for (guint i = 0; i < n; i++)
      writer->cue (&cues[i], ++self->n_cues, out);
    tool_report_cues_clear (self->cues);
  } else if (is_summary)
    writer->document (self->source, cues, n, self->end, out);
}

/* Fields that all windows share. */
static void
take_first (ToolReport *self, const GstEmotionResult *result)
{
  const guint n_labels = gst_emotion_labels_count (result->labels);

  self->labels = gst_emotion_labels_ref (result->labels);
  self->names = g_new0 (const char *, n_labels + 1);
  self->sums = g_new0 (gdouble, n_labels + 1);
  self->values = g_new0 (gdouble, n_labels + 1);
  self->model = g_strdup (result->model);
  for (guint i = 0; i < n_labels; i++)
    self->names[i] = gst_emotion_labels_get (result->labels, i);
}

/* A line with the fields that all lines of the source share. */
static ToolReportLine
begin_line (const ToolReport *self)
{
  return (ToolReportLine){ .source = self->source,
    .only_summary = self->format->only_summary,
    .n_windows = self->n_windows,
    .emotion = GST_EMOTION_UNKNOWN,
    .label_index = -1,
    .model = self->model,
    .voice = -1,
    .n_labels = self->labels ? gst_emotion_labels_count (self->labels) : 0,
    .labels = self->names,
    .probabilities = self->values };
}

const ToolReportLine *
tool_report_window (
    ToolReport *self, const GstEmotionResult *result, GString *out)
{
  const GstEmotionWindow *const window = &result->window;
  const gdouble weight = gst_emotion_result_weight (result);
  const GstClockTime start = gst_emotion_window_start (window);
  ToolReportLine *const line = &self->line;

  if (!self->labels)
    take_first (self, result);
  self->n_windows++;
  *line = begin_line (self);
  line->start = start / (gdouble) GST_SECOND;
  line->end = (start + window->duration) / (gdouble) GST_SECOND;
  line->emotion = gst_emotion_result_emotion (result);
  line->label_index = result->label_index;
  line->confidence = result->confidence;
  line->partial = window->partial;
  line->silence = window->silence;
  if (!gst_emotion_result_is_classified (result))
    line->unclassified = gst_emotion_result_text (result);
  if (GST_CLOCK_TIME_IS_VALID (window->voice))
    line->voice = window->voice / (gdouble) GST_SECOND;
  for (guint i = 0; i < line->n_labels; i++) {
    self->values[i] = result->probabilities[i];
    self->sums[i] += weight * self->values[i];
  }
  self->end = line->end;
  self->n_silent += window->silence;
  self->weight += weight;
  write (self, out);
  return line;
}

/* Makes the line a summary. */
static void
summarize (ToolReport *self)
{
  ToolReportLine *const line = &self->line;

  *line = begin_line (self);
  line->is_summary = TRUE;
  line->end = self->end;
  line->silence = self->n_silent == self->n_windows;
  if (self->weight == 0)
    line->unclassified =
        line->silence ? GST_EMOTION_SILENCE : GST_EMOTION_NO_VOICE;
  for (guint i = 0; i < line->n_labels; i++) {
    self->values[i] = self->weight > 0 ? self->sums[i] / self->weight : 0;
    if (self->values[i] > line->confidence) {
      line->confidence = self->values[i];
      line->emotion = self->names[i];
      line->label_index = (gint) i;
    }
  }
}

const ToolReportLine *
tool_report_summary (ToolReport *self, GString *out)
{
  if (self->n_windows == 0)
    return NULL;
  summarize (self);
  write (self, out);
  return &self->line;
}

const ToolReportLine *
tool_report_break (ToolReport *self, GString *out)
{
  if (self->n_windows == 0)
    return NULL;
  summarize (self);
  if (self->cues)
    write (self, out);
  return &self->line;
}

gdouble
tool_report_end (const ToolReport *self)
{
  return self->end;
}

char *
tool_report_head (
    const ToolReportFormat *format, const char *const *labels, guint n_labels)
{
  GString *out = g_string_new (NULL);

  if (format->writer->head)
    format->writer->head (format->only_summary, labels, n_labels, out);
  return g_string_free (out, FALSE);
}
