/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/report.h"

struct _ToolReport {
  const ToolReportFormat *format;
  char *source; /* valid UTF-8 */
  guint64 n_windows;
  guint64 n_silent;
  guint64 n_cues;           /* written */
  gdouble end;              /* s, of the last window */
  GstEmotionLabels *labels; /* NULL: no window yet */
  gdouble *sums;            /* [labels], each window by its weight */
  gdouble weight;           /* of them all */
  ToolReportCues *cues;     /* NULL: the writer has no use for them */
};

ToolReport *
tool_report_new (const ToolReportFormat *format, const char *source)
{
  ToolReport *self = g_new0 (ToolReport, 1);

  self->format = format;
  self->source = g_utf8_make_valid (source, -1);
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
  g_free (self->sums);
  g_free (self->source);
  g_free (self);
}

static ToolReportLine
summary_line (const ToolReport *self)
{
  return (ToolReportLine){ .is_summary = TRUE,
    .end = self->end,
    .emotion = GST_EMOTION_UNKNOWN,
    .silence = self->n_silent == self->n_windows };
}

static void
write_cues (ToolReport *self, GString *out)
{
  const ToolReportWriter *const writer = self->format->writer;
  guint n;
  const ToolReportCue *cues = tool_report_cues_get (self->cues, &n);

  for (guint i = 0; i < n; i++)
    writer->cue (&cues[i], ++self->n_cues, out);
  tool_report_cues_clear (self->cues);
}

static void
write_document (const ToolReport *self, GString *out)
{
  guint n;
  const ToolReportCue *cues = tool_report_cues_get (self->cues, &n);

  self->format->writer->document (self->source, cues, n, self->end, out);
}

static void
write_line (ToolReport *self, ToolReportLine *line, GString *out)
{
  const ToolReportFormat *const format = self->format;
  const guint n_labels = gst_emotion_labels_count (self->labels);
  g_autofree const char **labels = g_new0 (const char *, n_labels + 1);

  for (guint i = 0; i < n_labels; i++)
    labels[i] = gst_emotion_labels_get (self->labels, i);
  line->source = self->source;
  line->only_summary = format->only_summary;
  line->n_windows = self->n_windows;
  line->n_labels = n_labels;
  line->labels = labels;
  if (self->cues)
    tool_report_cues_add (self->cues, line);
  if (format->writer->line) {
    if (line->is_summary || !format->only_summary)
      format->writer->line (line, out);
  } else if (format->writer->cue) {
    write_cues (self, out);
  } else if (line->is_summary) {
    write_document (self, out);
  }
}

void
tool_report_window (
    ToolReport *self, const GstEmotionResult *result, GString *out)
{
  const GstEmotionWindow *const window = &result->window;
  const guint n_labels = gst_emotion_labels_count (result->labels);
  const gdouble weight = gst_emotion_result_weight (result);
  const GstClockTime start = gst_emotion_window_start (window);
  g_autofree gdouble *values = g_new0 (gdouble, n_labels + 1);
  ToolReportLine line = { .start = start / (gdouble) GST_SECOND,
    .end = (start + window->duration) / (gdouble) GST_SECOND,
    .emotion = gst_emotion_result_emotion (result),
    .has_emotion = result->label_index >= 0,
    .confidence = result->confidence,
    .partial = window->partial,
    .silence = window->silence,
    .unclassified = gst_emotion_result_is_classified (result)
        ? NULL
        : gst_emotion_result_text (result),
    .voice = GST_CLOCK_TIME_IS_VALID (window->voice)
        ? window->voice / (gdouble) GST_SECOND
        : -1,
    .probabilities = values };

  if (!self->labels) {
    self->labels = gst_emotion_labels_ref (result->labels);
    self->sums = g_new0 (gdouble, n_labels + 1);
  }
  for (guint i = 0; i < n_labels; i++)
    values[i] = result->probabilities[i];
  self->n_windows++;
  self->end = line.end;
  self->n_silent += window->silence;
  self->weight += weight;
  for (guint i = 0; i < n_labels; i++)
    self->sums[i] += weight * values[i];
  write_line (self, &line, out);
}

void
tool_report_summary (ToolReport *self, GString *out)
{
  g_autofree gdouble *means = NULL;
  guint n_labels;
  ToolReportLine line = summary_line (self);

  if (self->n_windows == 0)
    return;
  if (self->weight == 0)
    line.unclassified =
        line.silence ? GST_EMOTION_SILENCE : GST_EMOTION_NO_VOICE;
  n_labels = gst_emotion_labels_count (self->labels);
  means = g_new0 (gdouble, n_labels + 1);
  line.probabilities = means;
  for (guint i = 0; i < n_labels && self->weight > 0; i++) {
    means[i] = self->sums[i] / self->weight;
    if (means[i] > line.confidence) {
      line.confidence = means[i];
      line.emotion = gst_emotion_labels_get (self->labels, i);
      line.has_emotion = TRUE;
    }
  }
  write_line (self, &line, out);
}

void
report_break (ToolReport *self, GString *out)
{
  ToolReportLine line = summary_line (self);

  if (self->n_windows > 0 && self->cues)
    write_line (self, &line, out);
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
