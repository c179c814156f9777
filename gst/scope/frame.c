/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/scope/frame.h"

#include <math.h>
#include <pango/pangocairo.h>

#include "dsp/mel.h"
#include "gst/colours.h"
#include "gst/voice.h"

/* All measures are for a frame of this size. Others are scaled, and smaller
 * ones show less. */
#define WIDTH 640.0
#define HEIGHT 360.0
#define TEXT_SIZE 12.0
#define MIN_SCALE 0.75 /* smaller text is not legible */

static const GstEmotionRgb ground = { 22, 22, 28 }, panel = { 36, 36, 44 },
                           faint = { 150, 150, 160 },
                           bright = { 240, 240, 244 };

typedef struct {
  double x, y, width, height;
} Box;

struct _GstEmotionFrame {
  gint width, height;
  double scale; /* of measures and text */
  Box spectrogram, voice, spans, times, bars;
  PangoFontMap *fonts;
  PangoContext *context;
  PangoLayout *layout;
  PangoFontDescription *font;
  cairo_surface_t *image; /* the spectrogram's pixels, or NULL */
};

/* Places */

/* The bars are beside the spectrogram, below it in portrait format, or omitted
 * if there is no room. */
static void
arrange (GstEmotionFrame *self)
{
  const double u = self->scale, margin = 12 * u, shades = 52 * u;
  const double left = 46 * u, top = 58 * u;
  const gboolean is_upright = self->height > self->width;
  const gboolean has_bars = is_upright || self->width >= 240;
  double right = self->width - margin - shades;
  double bottom = self->height - margin;

  self->bars = (Box){ left, bottom, right - left, 0 };
  if (has_bars && is_upright) {
    bottom = top + (bottom - top) * 0.5;
    self->bars.y = bottom + 20 * u;
    self->bars.height = self->height - margin - self->bars.y;
  } else if (has_bars) {
    self->bars.width = MAX (200 * u, self->width * 0.3);
    self->bars.x = self->width - margin - self->bars.width;
    self->bars.y = top;
    self->bars.height = bottom - top;
    right = self->bars.x - shades;
  }
  self->times = (Box){ left, bottom - 14 * u, right - left, 14 * u };
  self->spans = (Box){ left, self->times.y - 26 * u, right - left, 20 * u };
  self->voice = (Box){ left, self->spans.y - 9 * u, right - left, 5 * u };
  self->spectrogram =
      (Box){ left, top, right - left, self->voice.y - 4 * u - top };
}

GstEmotionFrame *
gst_emotion_frame_new (gint width, gint height)
{
  GstEmotionFrame *self = g_new0 (GstEmotionFrame, 1);

  self->width = width;
  self->height = height;
  self->scale = MAX (MIN (width / WIDTH, height / HEIGHT), MIN_SCALE);
  arrange (self);
  /* Not the thread's default font map, so that it is freed with the frame. */
  self->fonts = pango_cairo_font_map_new ();
  self->context = pango_font_map_create_context (self->fonts);
  self->layout = pango_layout_new (self->context);
  self->font = pango_font_description_from_string ("Sans");
  return self;
}

void
gst_emotion_frame_free (GstEmotionFrame *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->image, cairo_surface_destroy);
  g_clear_pointer (&self->font, pango_font_description_free);
  g_clear_object (&self->layout);
  g_clear_object (&self->context);
  g_clear_object (&self->fonts);
  g_free (self);
}

/* Drawing */

static void
set_colour (cairo_t *cr, GstEmotionRgb colour)
{
  cairo_set_source_rgb (
      cr, colour.red / 255.0, colour.green / 255.0, colour.blue / 255.0);
}

static void
fill_box (cairo_t *cr, Box box, GstEmotionRgb colour)
{
  set_colour (cr, colour);
  cairo_rectangle (cr, box.x, box.y, box.width, box.height);
  cairo_fill (cr);
}

typedef enum { LEFT, MIDDLE, RIGHT } Side;

/* The vertical middle of one line of text at y; its side at x. Wider text is
 * ellipsised. Returns its width; draws nothing if too small. */
static double
draw_text (GstEmotionFrame *self, cairo_t *cr, const char *text, double size,
    gboolean is_bold, Side side, double x, double y, double width,
    GstEmotionRgb colour)
{
  PangoLayout *layout = self->layout;
  const double pixels = size * self->scale;
  gint w, h;

  if (width < pixels)
    return 0;
  pango_font_description_set_absolute_size (self->font, pixels * PANGO_SCALE);
  pango_font_description_set_weight (
      self->font, is_bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
  pango_layout_set_font_description (layout, self->font);
  pango_layout_set_width (layout, -1);
  pango_layout_set_text (layout, text, -1);
  pango_layout_get_pixel_size (layout, &w, &h);
  if (w > width) {
    pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_END);
    pango_layout_set_width (layout, (gint) (width * PANGO_SCALE));
    pango_layout_get_pixel_size (layout, &w, &h);
  }
  set_colour (cr, colour);
  cairo_move_to (cr,
      x
          - (side == LEFT          ? 0
                  : side == MIDDLE ? w / 2.0
                                   : w),
      y - h / 2.0);
  pango_cairo_show_layout (cr, layout);
  return w;
}

/* Black or white, whichever has more contrast on colour. */
static GstEmotionRgb
text_on (GstEmotionRgb colour)
{
  const double light =
      0.299 * colour.red + 0.587 * colour.green + 0.114 * colour.blue;

  return light > 115 ? ground : bright;
}

static GstEmotionRgb
label_colour (gint label)
{
  return label < 0 ? (GstEmotionRgb){ 70, 70, 80 }
                   : gst_emotion_colour_of_label (label);
}

/* The spectrogram */

static void
paint_levels (GstEmotionFrame *self, const GstEmotionView *view)
{
  guint32 shades[256];
  guint8 *pixels;
  gint stride;

  if (self->image
      && cairo_image_surface_get_width (self->image) != (gint) view->n_columns)
    g_clear_pointer (&self->image, cairo_surface_destroy);
  if (!self->image)
    self->image = cairo_image_surface_create (
        CAIRO_FORMAT_RGB24, view->n_columns, view->n_bands);
  for (guint i = 0; i < 256; i++) {
    const GstEmotionRgb c = gst_emotion_colour_of_level (i / 255.0);

    shades[i] = (guint32) c.red << 16 | (guint32) c.green << 8 | c.blue;
  }
  cairo_surface_flush (self->image);
  pixels = cairo_image_surface_get_data (self->image);
  stride = cairo_image_surface_get_stride (self->image);
  if (!pixels)
    return;
  for (gsize b = 0; b < view->n_bands; b++) {
    const float *levels =
        view->levels + (view->n_bands - 1 - b) * view->n_columns;
    guint32 *row = (guint32 *) (gpointer) (pixels + b * stride);

    for (gsize c = 0; c < view->n_columns; c++)
      row[c] = shades[(guint) (levels[c] * 255.0f + 0.5f)];
  }
  cairo_surface_mark_dirty (self->image);
}

static double
x_of_time (const GstEmotionFrame *self, const GstEmotionView *view, gint64 time)
{
  return self->spectrogram.x
      + self->spectrogram.width
      * (1 - (double) (view->now - time) / (double) view->span);
}

static void
draw_levels (GstEmotionFrame *self, cairo_t *cr, const GstEmotionView *view)
{
  const Box box = self->spectrogram;
  const double column = box.width * view->column_ns / (double) view->span;
  const double right = x_of_time (self, view, view->newest) + column / 2;
  cairo_pattern_t *pattern;

  fill_box (cr, box, gst_emotion_viridis[0]);
  paint_levels (self, view);
  cairo_save (cr);
  cairo_rectangle (cr, box.x, box.y, box.width, box.height);
  cairo_clip (cr);
  cairo_translate (cr, right - column * (double) view->n_columns, box.y);
  cairo_scale (cr, column, box.height / (double) view->n_bands);
  pattern = cairo_pattern_create_for_surface (self->image);
  cairo_pattern_set_filter (pattern, CAIRO_FILTER_BILINEAR);
  cairo_pattern_set_extend (pattern, CAIRO_EXTEND_PAD);
  cairo_set_source (cr, pattern);
  cairo_rectangle (
      cr, 0, 0, (double) view->n_columns + 1000, (double) view->n_bands);
  cairo_fill (cr);
  cairo_pattern_destroy (pattern);
  cairo_restore (cr);
}

/* A line where there is voice. */
static void
draw_voice (GstEmotionFrame *self, cairo_t *cr, const GstEmotionView *view)
{
  const Box box = self->voice;
  const double u = self->scale;

  fill_box (cr, box, panel);
  draw_text (self, cr, "voice", 10, FALSE, RIGHT, box.x - 6 * u,
      box.y + box.height / 2, box.x, faint);
  for (gsize i = 0, n; i < view->n_voice; i += n) {
    const gint64 start = view->voice_end
        - (gint64) ((double) (view->n_voice - i) * view->voice_ns);
    double from = x_of_time (self, view, start), to;

    for (n = 1; i + n < view->n_voice; n++)
      if ((view->voice[i + n] >= GST_EMOTION_VOICE_THRESHOLD)
          != (view->voice[i] >= GST_EMOTION_VOICE_THRESHOLD))
        break;
    to = x_of_time (self, view, start + (gint64) ((double) n * view->voice_ns));
    from = MAX (from, box.x);
    to = MIN (to, box.x + box.width);
    if (view->voice[i] >= GST_EMOTION_VOICE_THRESHOLD && to > from)
      fill_box (cr, (Box){ from, box.y, to - from, box.height }, bright);
  }
}

/* Hz on the mel scale, as many as fit. */
static void
draw_frequencies (
    GstEmotionFrame *self, cairo_t *cr, const GstEmotionView *view)
{
  static const struct {
    double hz;
    const char *text;
  } ticks[] = { { 0, "0" }, { 500, "500" }, { 1000, "1 k" }, { 2000, "2 k" },
    { 4000, "4 k" }, { 8000, "8 kHz" } };
  const Box box = self->spectrogram;
  const double u = self->scale, top = dsp_mel_from_hz (view->f_max, false);
  double last = G_MAXDOUBLE;

  for (guint i = 0; i < G_N_ELEMENTS (ticks); i++) {
    const double part = dsp_mel_from_hz (ticks[i].hz, false) / top;
    const double y = box.y + box.height * (1 - part);

    if (ticks[i].hz > view->f_max || last - y < 12 * u)
      continue;
    last = y;
    fill_box (cr, (Box){ box.x - 4 * u, round (y) - 0.5 * u, 4 * u, u }, faint);
    draw_text (self, cr, ticks[i].text, 10, FALSE, RIGHT, box.x - 6 * u,
        CLAMP (y, box.y + 4 * u, box.y + box.height - 4 * u), box.x, faint);
  }
}

/* The legend of the shades. */
static void
draw_shades (GstEmotionFrame *self, cairo_t *cr, const GstEmotionView *view)
{
  const double u = self->scale;
  const Box box = { self->spectrogram.x + self->spectrogram.width + 8 * u,
    self->spectrogram.y, 7 * u, self->spectrogram.height };
  cairo_pattern_t *pattern =
      cairo_pattern_create_linear (0, box.y + box.height, 0, box.y);
  g_autofree char *low = g_strdup_printf ("−%.0f", view->db);

  for (guint i = 0; i < GST_EMOTION_VIRIDIS_N; i++) {
    const GstEmotionRgb *c = &gst_emotion_viridis[i];

    cairo_pattern_add_color_stop_rgb (pattern,
        (double) i / (GST_EMOTION_VIRIDIS_N - 1), c->red / 255.0,
        c->green / 255.0, c->blue / 255.0);
  }
  cairo_set_source (cr, pattern);
  cairo_rectangle (cr, box.x, box.y, box.width, box.height);
  cairo_fill (cr);
  cairo_pattern_destroy (pattern);
  draw_text (self, cr, "0 dB", 10, FALSE, LEFT, box.x + 10 * u, box.y + 5 * u,
      40 * u, faint);
  draw_text (self, cr, low, 10, FALSE, LEFT, box.x + 10 * u,
      box.y + box.height - 5 * u, 40 * u, faint);
}

/* Time */

static void
format_time (char text[32], gint64 time, gboolean with_tenths)
{
  const gint64 tenths = time / (GST_SECOND / 10);

  if (with_tenths)
    g_snprintf (text, 32, "%d:%02d.%d", (gint) (tenths / 600),
        (gint) (tenths / 10 % 60), (gint) (tenths % 10));
  else
    g_snprintf (
        text, 32, "%d:%02d", (gint) (tenths / 600), (gint) (tenths / 10 % 60));
}

/* A tick at each of the round times, at most one for each 50 units. */
static void
draw_times (GstEmotionFrame *self, cairo_t *cr, const GstEmotionView *view)
{
  static const gint steps[] = { 1, 2, 5, 10, 15, 30, 60 };
  const Box box = self->times;
  const double u = self->scale;
  const double most = box.width / (50 * u);
  gint64 step = 60 * GST_SECOND, time;

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    if ((double) view->span / (double) (steps[i] * GST_SECOND) <= most) {
      step = steps[i] * GST_SECOND;
      break;
    }
  time = MAX ((view->now - view->span) / step * step, 0);
  for (; time <= view->now; time += step) {
    const double x = x_of_time (self, view, time);
    char text[32];

    if (x < box.x)
      continue;
    fill_box (cr, (Box){ x - 0.5 * u, box.y - 5 * u, u, 4 * u }, faint);
    format_time (text, time, FALSE);
    if (x - 14 * u >= box.x && x + 14 * u <= box.x + box.width)
      draw_text (
          self, cr, text, 10, FALSE, MIDDLE, x, box.y + 7 * u, 50 * u, faint);
  }
}

static void
draw_spans (GstEmotionFrame *self, cairo_t *cr, const GstEmotionView *view)
{
  const Box box = self->spans;
  const double u = self->scale;

  fill_box (cr, box, panel);
  cairo_save (cr);
  cairo_rectangle (cr, box.x, box.y, box.width, box.height);
  cairo_clip (cr);
  for (const GList *l = view->spans->head; l; l = l->next) {
    const GstEmotionSpan *span = l->data;
    const GstEmotionRgb colour = label_colour (span->label);
    const double from = x_of_time (self, view, span->start);
    const double to = x_of_time (self, view, span->end);
    const double left = MAX (from, box.x), right = MIN (to, box.x + box.width);

    if (right <= left)
      continue;
    fill_box (
        cr, (Box){ from, box.y, MAX (to - from - u, u), box.height }, colour);
    draw_text (self, cr, span->text, 11, FALSE, MIDDLE, (left + right) / 2,
        box.y + box.height / 2, right - left - 6 * u, text_on (colour));
  }
  cairo_restore (cr);
}

/* Probabilities */

typedef struct {
  guint index;
  double p;
} Rank;

static gint
compare_p (gconstpointer a, gconstpointer b)
{
  const Rank *x = a, *y = b;

  return x->p > y->p ? -1 : x->p < y->p ? 1 : (gint) x->index - (gint) y->index;
}

static gint
compare_index (gconstpointer a, gconstpointer b)
{
  return (gint) ((const Rank *) a)->index - (gint) ((const Rank *) b)->index;
}

/* All labels in their order, or the n most probable of them. */
static GArray *
choose_labels (const GstEmotionResult *result, guint n)
{
  const guint all = gst_emotion_labels_count (result->labels);
  GArray *ranks = g_array_sized_new (FALSE, FALSE, sizeof (Rank), all);

  for (guint i = 0; i < all; i++) {
    const Rank rank = { i, result->probabilities[i] };

    g_array_append_val (ranks, rank);
  }
  if (all > n) {
    g_array_sort (ranks, compare_p);
    g_array_set_size (ranks, n);
    g_array_sort (ranks, compare_index);
  }
  return ranks;
}

static void
draw_bar (GstEmotionFrame *self, cairo_t *cr, const GstEmotionResult *result,
    const Rank *rank, Box row)
{
  const double u = self->scale;
  const gboolean is_best = (gint) rank->index == result->label_index;
  const GstEmotionRgb colour = is_best ? bright : faint;
  const Box track = { row.x, row.y + row.height - 9 * u, row.width, 6 * u };
  Box bar = track;
  char text[16];

  fill_box (cr, track, panel);
  bar.width *= rank->p;
  if (bar.width > 0)
    fill_box (cr, bar, gst_emotion_colour_of_label (rank->index));
  g_snprintf (text, sizeof text, "%.0f %%", 100 * rank->p);
  if (!gst_emotion_result_is_classified (result))
    g_strlcpy (text, "–", sizeof text);
  draw_text (self, cr, gst_emotion_labels_get (result->labels, rank->index),
      TEXT_SIZE, is_best, LEFT, row.x, track.y - 9 * u, row.width - 44 * u,
      colour);
  draw_text (self, cr, text, TEXT_SIZE, is_best, RIGHT, row.x + row.width,
      track.y - 9 * u, 44 * u, colour);
}

static void
draw_bars (GstEmotionFrame *self, cairo_t *cr, const GstEmotionResult *result)
{
  const Box box = self->bars;
  const double least = 28 * self->scale;
  g_autoptr (GArray) ranks = NULL;
  double height;

  if (box.width <= 0 || box.height < least || !result)
    return;
  ranks = choose_labels (result, (guint) (box.height / least));
  height = MIN (box.height / MAX (ranks->len, 1), 40 * self->scale);
  for (guint i = 0; i < ranks->len; i++)
    draw_bar (self, cr, result, &g_array_index (ranks, Rank, i),
        (Box){
            box.x, box.y - 6 * self->scale + i * height, box.width, height });
}

/* The head */

/* The status in words: the emotion, and its window and model. */
static void
describe (const GstEmotionResult *result, const char **emotion, char why[128])
{
  const char *best = NULL;
  guint index = 0;

  why[0] = '\0';
  if (!result) {
    *emotion = "listening …";
    return;
  }
  if (!gst_emotion_result_is_classified (result)) {
    *emotion = gst_emotion_result_text (result);
    g_strlcpy (why, "not classified", 128);
    return;
  }
  *emotion = gst_emotion_result_emotion (result);
  if (result->label_index >= 0) {
    g_snprintf (why, 128, "%.0f %%", 100 * result->confidence);
    return;
  }
  for (guint i = 1; i < gst_emotion_labels_count (result->labels); i++)
    if (result->probabilities[i] > result->probabilities[index])
      index = i;
  best = gst_emotion_labels_get (result->labels, index);
  g_snprintf (why, 128, "at most %s, %.0f %%", best, 100 * result->confidence);
}

static void
draw_head (GstEmotionFrame *self, cairo_t *cr, const GstEmotionView *view)
{
  const GstEmotionResult *result = view->result;
  const double u = self->scale, y = 29 * u, right = self->width - 12 * u;
  g_autofree char *window = NULL;
  const char *emotion;
  char why[128], from[32], to[32];
  double x = 12 * u, place;

  describe (result, &emotion, why);
  if (result) {
    fill_box (cr, (Box){ x, y - 12 * u, 24 * u, 24 * u },
        label_colour (result->label_index));
    x += 34 * u;
  }
  x += draw_text (self, cr, emotion, 26, TRUE, LEFT, x, y, right - x,
           result && result->label_index < 0 ? faint : bright)
      + 12 * u;
  x +=
      draw_text (self, cr, why, 20, FALSE, LEFT, x, y + 2 * u, right - x, faint)
      + 16 * u;
  if (!result)
    return;
  place = MIN (MAX (self->bars.width, 150 * u), right - x);
  if (place < 100 * u)
    return;
  format_time (from, result->window.stream_time, TRUE);
  format_time (to, result->window.stream_time + result->window.duration, TRUE);
  window = g_strdup_printf ("%s – %s", from, to);
  draw_text (self, cr, window, TEXT_SIZE, FALSE, RIGHT, right, y - 8 * u, place,
      faint);
  draw_text (self, cr, result->model, TEXT_SIZE, FALSE, RIGHT, right, y + 8 * u,
      place, faint);
}

void
gst_emotion_frame_draw (GstEmotionFrame *self, const GstEmotionView *view,
    guint8 *pixels, gint stride)
{
  cairo_surface_t *surface = cairo_image_surface_create_for_data (
      pixels, CAIRO_FORMAT_ARGB32, self->width, self->height, stride);
  cairo_t *cr = cairo_create (surface);

  set_colour (cr, ground);
  cairo_paint (cr);
  if (self->spectrogram.width > 1 && self->spectrogram.height > 1) {
    draw_levels (self, cr, view);
    draw_frequencies (self, cr, view);
    draw_shades (self, cr, view);
    draw_voice (self, cr, view);
    draw_spans (self, cr, view);
    draw_times (self, cr, view);
  }
  draw_bars (self, cr, view->result);
  draw_head (self, cr, view);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  cairo_surface_destroy (surface);
}
