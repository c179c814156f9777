/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/report.h"

#include <math.h>

#include "gst/json-writer.h"
#include "gst/labels.h"
#include "gst/tools/csv-string.h"

struct _Report {
  ReportFormat format;
  char *source; /* valid UTF-8 */
  guint64 n_windows;
  guint64 n_classified;
  GPtrArray *labels; /* of the windows so far */
  GArray *sums;      /* double [labels] */
};

Report *
report_new (ReportFormat format, const char *source)
{
  Report *self = g_new0 (Report, 1);

  self->format = format;
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

/* What a line says, of a window or of the whole. */
typedef struct {
  gdouble start, end; /* s */
  const char *emotion;
  gdouble confidence;
  gboolean partial, silence;
  const gdouble *probabilities; /* [labels] */
} Line;

/* Writing numbers and strings, the same in every locale. */

static void
append_number (GString *out, gdouble value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (text, sizeof text, "%.7g", value);
  g_string_append (out, text);
  if (!strpbrk (text, ".e"))
    g_string_append (out, ".0");
}

static void
append_seconds (GString *out, gdouble value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  gsize len;

  g_ascii_formatd (text, sizeof text, "%.6f", value);
  len = strlen (text);
  while (text[len - 1] == '0' && text[len - 2] != '.')
    len--;
  g_string_append_len (out, text, len);
}

/* Formats */

static void
append_json_probabilities (const Report *self, const Line *line, GString *out)
{
  g_string_append (out, ", \"probabilities\": {");
  for (guint i = 0; i < self->labels->len; i++) {
    g_string_append (out, i > 0 ? ", " : "");
    gst_emotion_json_quote (out, g_ptr_array_index (self->labels, i));
    g_string_append (out, ": ");
    append_number (out, line->probabilities[i]);
  }
  g_string_append (out, "}}\n");
}

static void
append_json_verdict (const Line *line, GString *out)
{
  g_string_append (out, ", \"emotion\": ");
  gst_emotion_json_quote (out, line->emotion);
  g_string_append (out, ", \"confidence\": ");
  append_number (out, line->confidence);
}

static void
append_json (const Report *self, const Line *line, GString *out)
{
  g_string_append (out, "{\"file\": ");
  gst_emotion_json_quote (out, self->source);
  g_string_append (out, ", \"start\": ");
  append_seconds (out, line->start);
  g_string_append (out, ", \"end\": ");
  append_seconds (out, line->end);
  append_json_verdict (line, out);
  g_string_append_printf (out, ", \"partial\": %s, \"silence\": %s",
      line->partial ? "true" : "false", line->silence ? "true" : "false");
  append_json_probabilities (self, line, out);
}

static void
append_json_summary (const Report *self, const Line *line, GString *out)
{
  g_string_append (out, "{\"file\": ");
  gst_emotion_json_quote (out, self->source);
  g_string_append (out, ", \"summary\": true");
  append_json_verdict (line, out);
  g_string_append_printf (
      out, ", \"windows\": %" G_GUINT64_FORMAT, self->n_windows);
  append_json_probabilities (self, line, out);
}

static void
append_csv (const Report *self, const Line *line, GString *out)
{
  csv_append_string (out, self->source);
  g_string_append_c (out, ',');
  append_seconds (out, line->start);
  g_string_append_c (out, ',');
  append_seconds (out, line->end);
  g_string_append_c (out, ',');
  csv_append_string (out, line->emotion);
  g_string_append_c (out, ',');
  append_number (out, line->confidence);
  g_string_append_printf (out, ",%d,%d", line->partial, line->silence);
  for (guint i = 0; i < self->labels->len; i++) {
    g_string_append_c (out, ',');
    append_number (out, line->probabilities[i]);
  }
  g_string_append (out, "\r\n");
}

static void
append_text (
    const Report *self, const Line *line, const char *when, GString *out)
{
  g_string_append_printf (out, "%s: %s  ", self->source, when);
  if (line->silence)
    g_string_append (out, "silence");
  else
    g_string_append_printf (
        out, "%-17s %3.0f %%", line->emotion, 100 * line->confidence);
  g_string_append (out, line->partial ? "  (partial)\n" : "\n");
}

char *
report_head (const Report *self)
{
  GString *out;

  if (self->format != REPORT_CSV || self->n_windows == 0)
    return NULL;
  out = g_string_new ("file,start,end,emotion,confidence,partial,silence");
  for (guint i = 0; i < self->labels->len; i++) {
    g_string_append_c (out, ',');
    csv_append_string (out, g_ptr_array_index (self->labels, i));
  }
  g_string_append (out, "\r\n");
  return g_string_free (out, FALSE);
}

/* Windows */

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
read_line (const GstStructure *result, Line *line)
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
append_window (const Report *self, const Line *line, GString *out)
{
  g_autofree char *when = NULL;

  switch (self->format) {
    case REPORT_JSON:
      append_json (self, line, out);
      break;
    case REPORT_CSV:
      append_csv (self, line, out);
      break;
    case REPORT_TEXT:
      when = g_strdup_printf ("%9.3f - %9.3f s", line->start, line->end);
      append_text (self, line, when, out);
      break;
  }
}

void
report_window (Report *self, const GstStructure *result, GString *out)
{
  const GstStructure *p = gst_value_get_structure (
      gst_structure_get_value (result, "probabilities"));
  g_autofree gdouble *values = NULL;
  Line line = { 0 };

  take_labels (self, p);
  values = g_new0 (gdouble, self->labels->len);
  for (guint i = 0; i < self->labels->len; i++)
    gst_structure_get_double (
        p, g_ptr_array_index (self->labels, i), &values[i]);
  read_line (result, &line);
  line.probabilities = values;
  self->n_windows++;
  if (!line.silence) {
    self->n_classified++;
    for (guint i = 0; i < self->labels->len; i++)
      g_array_index (self->sums, gdouble, i) += values[i];
  }
  append_window (self, &line, out);
}

void
report_summary (Report *self, GString *out)
{
  g_autofree gdouble *means = g_new0 (gdouble, self->labels->len + 1);
  Line line = { .emotion = GST_EMOTION_UNKNOWN,
    .silence = self->n_classified == 0,
    .probabilities = means };

  if (self->n_windows == 0 || self->format == REPORT_CSV)
    return;
  for (guint i = 0; i < self->labels->len && self->n_classified > 0; i++) {
    means[i] = g_array_index (self->sums, gdouble, i) / self->n_classified;
    if (means[i] > line.confidence) {
      line.confidence = means[i];
      line.emotion = g_ptr_array_index (self->labels, i);
    }
  }
  if (self->format == REPORT_JSON)
    append_json_summary (self, &line, out);
  else
    append_text (self, &line, "                overall  ", out);
}
