/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/report.h"

#include "gst/model/labels.h"
#include "gst/tools/report-line.h"

struct _Report {
  ReportFormat format;
  gboolean only_summary;
  char *source; /* valid UTF-8 */
  guint64 n_windows;
  guint64 n_classified;
  gdouble end;       /* s, of the last window */
  GPtrArray *labels; /* of the windows so far */
  GArray *sums;      /* double [labels] */
};

Report *
report_new (ReportFormat format, gboolean only_summary, const char *source)
{
  Report *self = g_new0 (Report, 1);

  self->format = format;
  self->only_summary = only_summary;
  self->source = g_utf8_make_valid (source, -1);
  self->labels = g_ptr_array_new_with_free_func (g_free);
  self->sums = g_array_new (FALSE, TRUE, sizeof (gdouble));
  return self;
}

void
report_free (Report *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->labels);
  g_array_unref (self->sums);
  g_free (self->source);
  g_free (self);
}

static void
take_labels (Report *self, const GstStructure *probabilities)
{
  const gint n = gst_structure_n_fields (probabilities);

  if (self->labels->len > 0)
    return;
  for (gint i = 0; i < n; i++)
    g_ptr_array_add (self->labels,
        g_strdup (gst_structure_nth_field_name (probabilities, i)));
  g_array_set_size (self->sums, n);
}

static void
read_line (const GstStructure *result, ReportLine *line)
{
  guint64 start, duration;

  gst_structure_get_uint64 (result, "stream-time", &start);
  if (!GST_CLOCK_TIME_IS_VALID (start))
    gst_structure_get_uint64 (result, "timestamp", &start);
  gst_structure_get_uint64 (result, "duration", &duration);
  gst_structure_get_double (result, "confidence", &line->confidence);
  gst_structure_get_boolean (result, "partial", &line->partial);
  gst_structure_get_boolean (result, "silence", &line->silence);
  line->emotion = gst_structure_get_string (result, "emotion");
  line->start = start / (gdouble) GST_SECOND;
  line->end = (start + duration) / (gdouble) GST_SECOND;
}

static void
append_line (const Report *self, ReportLine *line, GString *out)
{
  line->source = self->source;
  line->only_summary = self->only_summary;
  line->n_windows = self->n_windows;
  line->n_labels = self->labels->len;
  line->labels = (const char *const *) self->labels->pdata;
  switch (self->format) {
    case REPORT_TEXT:
      report_append_text (line, out);
      break;
    case REPORT_BARS:
    case REPORT_COLOUR_BARS:
      report_append_bars (line, self->format == REPORT_COLOUR_BARS, out);
      break;
    case REPORT_JSON:
      report_append_json (line, out);
      break;
    case REPORT_CSV:
      if (line->is_summary == self->only_summary)
        report_append_csv (line, out);
      break;
  }
}

void
report_window (Report *self, const GstStructure *result, GString *out)
{
  const GstStructure *p = gst_value_get_structure (
      gst_structure_get_value (result, "probabilities"));
  g_autofree gdouble *values = NULL;
  ReportLine line = { 0 };

  take_labels (self, p);
  values = g_new0 (gdouble, self->labels->len);
  for (guint i = 0; i < self->labels->len; i++)
    gst_structure_get_double (
        p, g_ptr_array_index (self->labels, i), &values[i]);
  read_line (result, &line);
  line.probabilities = values;
  self->n_windows++;
  self->end = line.end;
  if (!line.silence) {
    self->n_classified++;
    for (guint i = 0; i < self->labels->len; i++)
      g_array_index (self->sums, gdouble, i) += values[i];
  }
  if (!self->only_summary)
    append_line (self, &line, out);
}

void
report_summary (Report *self, GString *out)
{
  g_autofree gdouble *means = g_new0 (gdouble, self->labels->len + 1);
  ReportLine line = { .is_summary = TRUE,
    .end = self->end,
    .emotion = GST_EMOTION_UNKNOWN,
    .silence = self->n_classified == 0,
    .probabilities = means };

  if (self->n_windows == 0)
    return;
  for (guint i = 0; i < self->labels->len && self->n_classified > 0; i++) {
    means[i] = g_array_index (self->sums, gdouble, i) / self->n_classified;
    if (means[i] > line.confidence) {
      line.confidence = means[i];
      line.emotion = g_ptr_array_index (self->labels, i);
    }
  }
  append_line (self, &line, out);
}

gdouble
report_end (const Report *self)
{
  return self->end;
}

char *
report_head (ReportFormat format, gboolean only_summary,
    const char *const *labels, guint n_labels)
{
  GString *out = g_string_new (NULL);

  if (format == REPORT_CSV)
    report_append_csv_head (only_summary, labels, n_labels, out);
  return g_string_free (out, FALSE);
}
