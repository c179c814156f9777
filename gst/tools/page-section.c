/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/page-section.h"

#include <math.h>

#include "gst/colours.h"
#include "nn/json-writer.h"
#include "gst/page/page.h"
#include "gst/tools/envelope.h"
#include "gst/tools/report-cues.h"

#define MAX_COLUMNS 100000 /* of the outline: what is left of 17 minutes */
#define NO_LABEL 255

/* For timeline.js: a byte for each number, or two integers of 32 bits. */
struct _ToolPageSection {
  ToolEnvelope *envelope;
  ToolReportCues *cues;
  GByteArray *times;         /* uint32, little-endian, [windows][2]: ms */
  GByteArray *labels;        /* [windows] */
  GByteArray *probabilities; /* [windows][labels], of 255 */
  GByteArray *voice;         /* [windows], of 255; empty: not measured */
};

ToolPageSection *
tool_page_section_new (void)
{
  ToolPageSection *self = g_new0 (ToolPageSection, 1);

  self->envelope = tool_envelope_new ();
  self->cues = tool_report_cues_new (FALSE);
  self->times = g_byte_array_new ();
  self->labels = g_byte_array_new ();
  self->probabilities = g_byte_array_new ();
  self->voice = g_byte_array_new ();
  return self;
}

void
tool_page_section_free (ToolPageSection *self)
{
  if (!self)
    return;
  tool_envelope_free (self->envelope);
  tool_report_cues_free (self->cues);
  g_byte_array_unref (self->times);
  g_byte_array_unref (self->labels);
  g_byte_array_unref (self->probabilities);
  g_byte_array_unref (self->voice);
  g_free (self);
}

void
tool_page_section_add_sound (
    ToolPageSection *self, GstBuffer *buffer, GstCaps *caps)
{
  tool_envelope_add (self->envelope, buffer, caps);
}

static void
append_ms (GByteArray *bytes, gdouble seconds)
{
  const guint32 ms = GUINT32_TO_LE ((guint32) llrint (seconds * 1000));

  g_byte_array_append (bytes, (const guint8 *) &ms, sizeof ms);
}

static void
append_share (GByteArray *bytes, gdouble share)
{
  const guint8 byte = (guint8) lrint (CLAMP (share, 0, 1) * 255);

  g_byte_array_append (bytes, &byte, 1);
}

void
tool_page_section_add_window (
    ToolPageSection *self, const ToolReportLine *window)
{
  const guint8 label =
      window->label_index < 0 ? NO_LABEL : (guint8) window->label_index;

  tool_report_cues_add (self->cues, window);
  append_ms (self->times, window->start);
  append_ms (self->times, window->end);
  g_byte_array_append (self->labels, &label, 1);
  for (guint i = 0; i < window->n_labels; i++)
    append_share (self->probabilities, window->probabilities[i]);
  if (window->voice >= 0 && window->end > window->start)
    append_share (self->voice, window->voice / (window->end - window->start));
}

/* What timeline.js draws */

static void
add_bytes (NnJson *json, const char *name, const GByteArray *bytes)
{
  g_autofree char *text = g_base64_encode (bytes->data, bytes->len);

  nn_json_add_string (json, name, text);
}

static void
add_labels (NnJson *json, const ToolReportLine *summary)
{
  nn_json_begin_array (json, "labels");
  for (guint i = 0; i < summary->n_labels; i++)
    nn_json_add_string (json, NULL, summary->labels[i]);
  nn_json_end_array (json);
  nn_json_begin_array (json, "colours");
  for (guint i = 0; i < summary->n_labels; i++) {
    const GstEmotionRgb rgb = gst_emotion_colour_of_label (i);
    g_autofree char *colour =
        g_strdup_printf ("#%02x%02x%02x", rgb.red, rgb.green, rgb.blue);

    nn_json_add_string (json, NULL, colour);
  }
  nn_json_end_array (json);
}

static float
peak_of (const ToolEnvelopeBlock *blocks, gsize n)
{
  float peak = 1e-6f;

  for (gsize i = 0; i < n; i++)
    peak = MAX (peak, MAX (-blocks[i].low, blocks[i].high));
  return peak;
}

/* The outline, as int8 [columns][2], of its own peak: each column is as many
 * blocks as it takes. */
static void
add_outline (NnJson *json, const ToolEnvelope *envelope)
{
  gsize n;
  const ToolEnvelopeBlock *blocks = tool_envelope_get (envelope, &n);
  const gsize step = MAX (1, (n + MAX_COLUMNS - 1) / MAX_COLUMNS);
  const float scale = 127 / peak_of (blocks, n);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (gsize i = 0; i < n; i += step) {
    float low = blocks[i].low, high = blocks[i].high;
    gint8 pair[2];

    for (gsize k = i + 1; k < MIN (i + step, n); k++) {
      low = MIN (low, blocks[k].low);
      high = MAX (high, blocks[k].high);
    }
    pair[0] = (gint8) lrintf (low * scale);
    pair[1] = (gint8) lrintf (high * scale);
    g_byte_array_append (bytes, (const guint8 *) pair, sizeof pair);
  }
  nn_json_add_double (
      json, "columnsPerSecond", TOOL_ENVELOPE_PER_S / (gdouble) step);
  add_bytes (json, "outline", bytes);
}

static gdouble
length_of (const ToolPageSection *self, const ToolReportLine *summary)
{
  gsize n;

  tool_envelope_get (self->envelope, &n);
  return MAX (summary->end, n / (gdouble) TOOL_ENVELOPE_PER_S);
}

static void
append_data (
    GString *out, const ToolPageSection *self, const ToolReportLine *summary)
{
  g_autoptr (NnJson) json = nn_json_new (FALSE);

  nn_json_begin_object (json, NULL);
  nn_json_add_double (json, "length", length_of (self, summary));
  add_labels (json, summary);
  add_bytes (json, "times", self->times);
  add_bytes (json, "windows", self->labels);
  add_bytes (json, "probabilities", self->probabilities);
  add_bytes (json, "voice", self->voice);
  add_outline (json, self->envelope);
  nn_json_end_object (json);
  g_string_append (out, "<script type=\"application/json\">");
  /* Escapes labels so that they cannot close the element. */
  for (const char *c = nn_json_text (json); *c; c++)
    if (*c == '<')
      g_string_append (out, "\\u003c");
    else
      g_string_append_c (out, *c);
  g_string_append (out, "</script>\n");
}

/* Content that needs no script */

static void
append_verdict (GString *out, const ToolReportLine *summary)
{
  if (summary->unclassified) {
    gst_emotion_page_text (out, summary->unclassified);
    return;
  }
  gst_emotion_page_name (out, summary->emotion);
  g_string_append_c (out, ' ');
  gst_emotion_page_percent (out, summary->confidence);
}

/* HTML allows end tags of rows and cells to be omitted, which saves much here.
 */
static void
append_runs (GString *out, const ToolReportCues *cues)
{
  guint n;
  const ToolReportCue *const stretches = tool_report_cues_get (cues, &n);

  if (n == 0) {
    g_string_append (out,
        "<p class=\"note\">No emotion was found in any part of this "
        "recording.</p>\n");
    return;
  }
  g_string_append (out,
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
      "aria-label=\"Stretches of the same emotion\">\n<table "
      "class=\"stretches\">\n"
      "<caption>Stretches of the same emotion. Silence, stretches without "
      "a voice and unknown emotions are left out; where windows overlap, each "
      "counts until the next one begins.</caption>\n<thead><tr><th "
      "scope=\"col\" "
      "class=\"number\">From</th><th scope=\"col\" class=\"number\">To</th>"
      "<th scope=\"col\">Emotion</th><th scope=\"col\" "
      "class=\"number\">Confidence</th></tr></thead>\n<tbody>\n");
  for (guint i = 0; i < n; i++) {
    g_string_append (out, "<tr><td>");
    gst_emotion_page_time (out, stretches[i].start);
    g_string_append (out, "<td>");
    gst_emotion_page_time (out, stretches[i].end);
    g_string_append (out, "<td>");
    gst_emotion_page_name (out, stretches[i].emotion);
    g_string_append (out, "<td>");
    gst_emotion_page_percent (out, stretches[i].confidence);
    g_string_append_c (out, '\n');
  }
  g_string_append (out, "</tbody>\n</table>\n</div>\n");
}

static void
append_section (GString *out, const ToolPageSection *self,
    const ToolReportLine *summary, const ToolPageLink *link)
{
  g_string_append_printf (out,
      "<section class=\"source\" id=\"source-%" G_GUINT64_FORMAT "\">\n<h2>",
      link->number);
  gst_emotion_page_name (out, summary->source);
  g_string_append (out, "</h2>\n<p>Overall: <strong>");
  append_verdict (out, summary);
  g_string_append_printf (out,
      "</strong>, of %" G_GUINT64_FORMAT " windows in ", summary->n_windows);
  gst_emotion_page_time (out, length_of (self, summary));
  g_string_append (out, ", by the model ");
  gst_emotion_page_name (out, summary->model);
  g_string_append (out, ".</p>\n");
  if (link->note) {
    g_string_append (out, "<p class=\"note\">");
    gst_emotion_page_text (out, link->note);
    g_string_append (out, "</p>\n");
  }
  if (link->url) {
    g_string_append (out, "<audio controls preload=\"none\" aria-label=\"");
    gst_emotion_page_text (out, summary->source);
    g_string_append_printf (out, "\" src=\"%s\"></audio>\n", link->url);
  }
  append_data (out, self, summary);
  append_runs (out, self->cues);
  g_string_append (out, "</section>\n");
}

static void
append_row (GString *out, const ToolPageSection *self,
    const ToolReportLine *summary, guint64 number)
{
  g_string_append_printf (
      out, "<tr><td><a href=\"#source-%" G_GUINT64_FORMAT "\">", number);
  gst_emotion_page_name (out, summary->source);
  g_string_append (out, "</a><td class=\"number\">");
  gst_emotion_page_time (out, length_of (self, summary));
  g_string_append (out, "<td>");
  append_verdict (out, summary);
  g_string_append_c (out, '\n');
}

char *
tool_page_section_write (ToolPageSection *self, const ToolReportLine *summary,
    const ToolPageLink *link)
{
  GString *out = g_string_new (NULL);

  tool_report_cues_add (self->cues, summary);
  append_row (out, self, summary, link->number);
  append_section (out, self, summary, link);
  return g_string_free (out, FALSE);
}
