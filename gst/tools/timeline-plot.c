/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/timeline-plot.h"

#include <math.h>

#include "gst/plot.h"
#include "gst/tools/envelope.h"

#define WIDTH 1200 /* pixels */
#define HEIGHT 760
#define MAX_COLUMNS 1000 /* of the waveform: about one for each pixel */
#define LEFT 0.17        /* of panels, as fractions of the width */
#define RIGHT 0.9
#define SHADES 64
#define N_LABEL_COLOURS 9

typedef struct {
  double start, end; /* s */
  gint label;        /* -1: none */
  const char *why;   /* there is none, "no voice"; static; or NULL */
} Span;

struct _ToolTimelinePlot {
  char *title;

  ToolEnvelope *envelope;

  /* Of the windows. */
  GPtrArray *labels;
  GArray *spans;         /* Span */
  GArray *probabilities; /* float [spans][labels] */
};

gboolean
tool_timeline_plot_is_available (void)
{
  return TRUE;
}

ToolTimelinePlot *
tool_timeline_plot_new (const char *title)
{
  ToolTimelinePlot *self = g_new0 (ToolTimelinePlot, 1);

  self->title = g_strdup (title);
  self->envelope = tool_envelope_new ();
  self->labels = g_ptr_array_new_with_free_func (g_free);
  self->spans = g_array_new (FALSE, FALSE, sizeof (Span));
  self->probabilities = g_array_new (FALSE, FALSE, sizeof (float));
  return self;
}

void
tool_timeline_plot_free (ToolTimelinePlot *self)
{
  if (!self)
    return;
  tool_envelope_free (self->envelope);
  g_ptr_array_unref (self->labels);
  g_array_unref (self->spans);
  g_array_unref (self->probabilities);
  g_free (self->title);
  g_free (self);
}

void
tool_timeline_plot_add_sound (
    ToolTimelinePlot *self, GstBuffer *buffer, GstCaps *caps)
{
  tool_envelope_add (self->envelope, buffer, caps);
}

void
tool_timeline_plot_add_window (
    ToolTimelinePlot *self, const GstEmotionResult *result)
{
  const GstClockTime start = gst_emotion_window_start (&result->window);
  const guint n = gst_emotion_labels_count (result->labels);
  const Span span = { .start = start / (double) GST_SECOND,
    .end = (start + result->window.duration) / (double) GST_SECOND,
    .label = result->label_index,
    .why = gst_emotion_result_is_classified (result)
        ? NULL
        : gst_emotion_result_text (result) };

  g_array_append_val (self->spans, span);
  g_array_append_vals (self->probabilities, result->probabilities, n);
  for (guint i = 0; i < n && self->spans->len == 1; i++)
    g_ptr_array_add (
        self->labels, g_strdup (gst_emotion_labels_get (result->labels, i)));
}

/* Drawing */

/* From nothing (white) to certain (dark blue): suits any colour vision, and
 * print. */
static void
set_shades (void)
{
  const PLFLT at[] = { 0, 1 }, red[] = { 1, 0 }, green[] = { 1, 0.27 },
              blue[] = { 1, 0.42 };

  plscmap1n (256);
  plscmap1l (1, 2, at, red, green, blue, NULL);
}

static void
set_label_colours (void)
{
  plscmap0n (GST_EMOTION_PLOT_N_COLOURS + N_LABEL_COLOURS);
  for (gint i = 0; i < N_LABEL_COLOURS; i++) {
    const GstEmotionRgb colour = gst_emotion_colour_of_label (i);

    plscol0 (
        GST_EMOTION_PLOT_N_COLOURS + i, colour.red, colour.green, colour.blue);
  }
}

static const Span *
span_of (const ToolTimelinePlot *self, guint i)
{
  return &g_array_index (self->spans, Span, i);
}

/* Where windows overlap, each is shown until the next begins. */
static double
end_of (const ToolTimelinePlot *self, guint i)
{
  const double end = span_of (self, i)->end;

  return i + 1 < self->spans->len ? MIN (end, span_of (self, i + 1)->start)
                                  : end;
}

/* If there is no window, the ground is grey. */
static void
draw_nothing (double seconds, double height)
{
  plcol0 (GST_EMOTION_PLOT_GREY);
  gst_emotion_plot_fill (0, seconds, 0, height);
}

static void
draw_waveform (const ToolTimelinePlot *self, double seconds)
{
  gsize n;
  const ToolEnvelopeBlock *extents = tool_envelope_get (self->envelope, &n);
  const gsize n_columns = MIN (n, MAX_COLUMNS);
  const double length_s = n / (double) TOOL_ENVELOPE_PER_S;
  double peak = 1e-6;

  for (gsize i = 0; i < n; i++)
    peak = MAX (peak, MAX (-extents[i].low, extents[i].high));
  plvpor (LEFT, RIGHT, 0.7, 0.91);
  plwind (0, seconds, -1.08 * peak, 1.08 * peak);
  plcol0 (GST_EMOTION_PLOT_BLUE);
  for (gsize c = 0; c < n_columns; c++) {
    const gsize begin = c * n / n_columns, end = (c + 1) * n / n_columns;
    double low = extents[begin].low, high = extents[begin].high;

    for (gsize i = begin; i < end; i++) {
      low = MIN (low, extents[i].low);
      high = MAX (high, extents[i].high);
    }
    gst_emotion_plot_fill (length_s * c / n_columns,
        MIN (length_s * (c + 1) / n_columns, seconds), low - 0.004 * peak,
        high + 0.004 * peak);
  }
  plcol0 (GST_EMOTION_PLOT_BLACK);
  plbox ("bcst", 0, 0, "bcnstv", 0, 0);
  plmtex ("l", 9, 0.5, 0.5, "Amplitude");
}

/* Text in the middle of a span, if it fits. */
static void
write_label (const char *label, double start, double end, double seconds)
{
  g_autofree char *text = gst_emotion_plot_escape (label);
  const double room = (end - start) / seconds * (RIGHT - LEFT) * WIDTH;

  plcol0 (GST_EMOTION_PLOT_BLACK);
  if (g_utf8_strlen (label, -1) * 10.5 + 8 < room)
    plptex ((start + end) / 2, 0.5, 1, 0, 0.5, text);
}

static void
draw_labels (const ToolTimelinePlot *self, double seconds)
{
  plvpor (LEFT, RIGHT, 0.57, 0.66);
  plwind (0, seconds, 0, 1);
  draw_nothing (seconds, 1);
  for (guint i = 0; i < self->spans->len; i++) {
    const Span *span = span_of (self, i);
    guint last = i;

    if (span->label < 0 && !span->why)
      continue;
    /* One band for neighbours of one label. */
    while (last + 1 < self->spans->len
        && span_of (self, last + 1)->label == span->label
        && span_of (self, last + 1)->why == span->why
        && span_of (self, last + 1)->start <= span_of (self, last)->end)
      last++;
    if (!span->why) {
      plcol0 (GST_EMOTION_PLOT_N_COLOURS + span->label % N_LABEL_COLOURS);
      gst_emotion_plot_fill (span->start, end_of (self, last), 0, 1);
    }
    write_label (
        span->why ? span->why : g_ptr_array_index (self->labels, span->label),
        span->start, end_of (self, last), seconds);
    i = last;
  }
  plcol0 (GST_EMOTION_PLOT_BLACK);
  plbox ("bc", 0, 0, "bc", 0, 0);
  plmtex ("l", 9, 0.5, 0.5, "Emotion");
}

/* The shades of 0 to 1, beside the probabilities. */
static void
draw_scale (void)
{
  plvpor (RIGHT + 0.015, RIGHT + 0.035, 0.1, 0.53);
  plwind (0, 1, 0, 1);
  for (gint i = 0; i < SHADES; i++) {
    plcol1 ((i + 0.5) / SHADES);
    gst_emotion_plot_fill (0, 1, i / (double) SHADES, 1);
  }
  plcol0 (GST_EMOTION_PLOT_BLACK);
  plbox ("bc", 0, 0, "bcmstv", 0.2, 2);
}

static void
draw_probabilities (const ToolTimelinePlot *self, double seconds)
{
  const guint n = self->labels->len;
  const float *values = (const float *) self->probabilities->data;

  draw_scale ();
  plvpor (LEFT, RIGHT, 0.1, 0.53);
  plwind (0, seconds, n, 0);
  draw_nothing (seconds, n);
  for (guint i = 0; i < self->spans->len; i++)
    for (guint k = 0; k < n; k++) {
      plcol1 (CLAMP (values[i * n + k], 0, 1));
      gst_emotion_plot_fill (
          span_of (self, i)->start, end_of (self, i), k, k + 1);
    }
  plcol0 (GST_EMOTION_PLOT_GREY);
  for (guint k = 1; k < n; k++)
    pljoin (0, k, seconds, k);
  plcol0 (GST_EMOTION_PLOT_BLACK);
  plbox ("bcnst", 0, 0, "bc", 0, 0);
  plmtex ("b", 2.8, 0.5, 0.5, "Time (s)");
  plmtex ("r", 7.3, 0.5, 0.5, "Probability");
  for (guint k = 0; k < n; k += 1 + n / 24) {
    g_autofree char *text =
        gst_emotion_plot_escape (g_ptr_array_index (self->labels, k));

    plmtex ("lv", 0.8, 1 - (k + 0.5) / n, 1, text);
  }
}

static void
draw_title (const ToolTimelinePlot *self)
{
  g_autofree char *text = gst_emotion_plot_name (self->title);

  plvpor (LEFT, RIGHT, 0.1, 0.91);
  plwind (0, 1, 0, 1);
  plmtex ("t", 1.3, 0.5, 0.5, text);
}

static const char *
device_for (const char *path)
{
  if (g_str_has_suffix (path, ".png"))
    return gst_emotion_plot_has_device ("pngcairo") ? "pngcairo" : NULL;
  return gst_emotion_plot_has_device ("svgcairo") ? "svgcairo" : "svg";
}

gboolean
tool_timeline_plot_write (
    const ToolTimelinePlot *self, const char *path, GError **error)
{
  const char *device = device_for (path);
  double seconds;
  gsize n_blocks;

  if (!device || !gst_emotion_plot_has_device (device)) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOSYS,
        "PLplot has no driver for %s (Debian: apt install "
        "plplot-driver-cairo)",
        path);
    return FALSE;
  }
  tool_envelope_get (self->envelope, &n_blocks);
  seconds = n_blocks / (double) TOOL_ENVELOPE_PER_S;
  if (self->spans->len > 0)
    seconds = MAX (seconds, end_of (self, self->spans->len - 1));
  if (!gst_emotion_plot_begin (path, device, WIDTH, HEIGHT, error))
    return FALSE;
  plsxax (6, 0); /* digits before powers of ten */
  plsyax (6, 0);
  set_shades ();
  set_label_colours ();
  plschr (0, 0.7);
  draw_waveform (self, seconds);
  draw_labels (self, seconds);
  draw_probabilities (self, seconds);
  draw_title (self);
  return gst_emotion_plot_end (path, error);
}
