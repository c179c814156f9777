/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/feature-plot.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include "dsp/mel.h"
#include "gst/plot.h"
#include "gst/tools/sound-features.h"

#define WIDTH 1200 /* pixels */
#define HEIGHT 1250
#define MAX_COLUMNS 900  /* of a panel: about one for each pixel */
#define MAX_FRAMES 32768 /* of a long sound: dozens for each column */
#define LEFT 0.085       /* of panels, as fractions of the width */
#define RIGHT 0.9
#define SHADES 64

/* Of colours: from dark to light, and from below to above zero. Both suit any
 * colour vision. */
enum { SEQUENTIAL, DIVERGING };

/* A matrix [n_rows][n_columns] over time, and how to draw it. */
typedef struct {
  const char *title, *unit;
  const float *values;
  gsize n_rows, n_columns;
  double column_s; /* from column to column */
  gint map;
  double min, max; /* of the colours */
} Picture;

gboolean
tool_feature_plot_is_available (void)
{
  return TRUE;
}

static void
set_map (gint map)
{
  static const GstEmotionRgb diverging[] = { GST_EMOTION_BLUE,
    { 255, 255, 255 }, GST_EMOTION_VERMILION };
  const GstEmotionRgb *const stops =
      map == SEQUENTIAL ? gst_emotion_viridis : diverging;
  const gint n = map == SEQUENTIAL ? GST_EMOTION_VIRIDIS_N
                                   : (gint) G_N_ELEMENTS (diverging);
  PLFLT at[GST_EMOTION_VIRIDIS_N], red[GST_EMOTION_VIRIDIS_N],
      green[GST_EMOTION_VIRIDIS_N], blue[GST_EMOTION_VIRIDIS_N];

  for (gint i = 0; i < n; i++) {
    at[i] = (PLFLT) i / (n - 1);
    red[i] = stops[i].red / 255.0;
    green[i] = stops[i].green / 255.0;
    blue[i] = stops[i].blue / 255.0;
  }
  plscmap1n (256);
  plscmap1l (1, n, at, red, green, blue, NULL);
}

/* Panels from the top: 0..3. */
static void
set_panel (gint panel, double left, double right)
{
  const double top = 0.94 - 0.231 * panel;

  plvpor (left, right, top - 0.175, top);
}

static void
draw_title (const char *title, const char *unit)
{
  plcol0 (GST_EMOTION_PLOT_BLACK);
  plmtex ("t", 0.9, 0, 0, title);
  plmtex ("l", 4.9, 0.5, 0.5, unit);
}

static void
draw_bar (gint panel, const Picture *picture)
{
  const double step = (picture->max - picture->min) / SHADES;

  set_panel (panel, RIGHT + 0.015, RIGHT + 0.035);
  plwind (0, 1, picture->min, picture->max);
  for (gint i = 0; i < SHADES; i++) {
    plcol1 ((i + 0.5) / SHADES);
    gst_emotion_plot_fill (0, 1, picture->min + i * step, picture->max);
  }
  plcol0 (GST_EMOTION_PLOT_BLACK);
  plbox ("bc", 0, 0, "bcmstv", 0, 0);
}

/* The mean over the columns that share a pixel. */
static double
mean_of (const Picture *picture, gsize row, gsize begin, gsize end)
{
  const float *const values = picture->values + row * picture->n_columns;
  double sum = 0;

  for (gsize i = begin; i < end; i++)
    sum += values[i];
  return sum / (end - begin);
}

/* Frame i is centred at i * column_s. Cells extend into the next, which are
 * painted over them, to avoid visible seams. */
static void
draw_cells (const Picture *picture, double seconds)
{
  const gsize step = 1 + (picture->n_columns - 1) / MAX_COLUMNS;

  for (gsize row = 0; row < picture->n_rows; row++)
    for (gsize i = 0; i < picture->n_columns; i += step) {
      const gsize end = MIN (i + step, picture->n_columns);
      const double value = mean_of (picture, row, i, end);

      const double x = (i - 0.5) * picture->column_s;

      plcol1 (
          CLAMP ((value - picture->min) / (picture->max - picture->min), 0, 1));
      gst_emotion_plot_fill (CLAMP (x, 0, seconds),
          MIN (x + (step + 1) * picture->column_s, seconds), row - 0.5,
          MIN (row + 1.0, picture->n_rows - 0.5));
    }
}

static void
draw_picture (gint panel, const Picture *picture, double seconds)
{
  set_map (picture->map);
  draw_bar (panel, picture);
  set_panel (panel, LEFT, RIGHT);
  plwind (0, seconds, -0.5, picture->n_rows - 0.5);
  draw_cells (picture, seconds);
  plcol0 (GST_EMOTION_PLOT_BLACK);
  plbox ("bcnst", 0, 0, "bc", 0, 0);
  draw_title (picture->title, picture->unit);
}

/* A label beside a row, or between two of them. */
static void
label_row (double row, gsize n_rows, const char *text)
{
  plmtex ("lv", 0.6, (row + 0.5) / n_rows, 1, text);
}

/* If all values are equal, they are the maximum: 0 dB. */
static void
darken_silence (float *values, gsize n, double floor_db)
{
  for (gsize i = 0; i < n; i++)
    if (values[i] != 0)
      return;
  for (gsize i = 0; i < n; i++)
    values[i] = floor_db;
}

static void
draw_mel (const ToolSoundFeatures *sound, double seconds)
{
  static const double ticks[] = { 0, 500, 1000, 2000, 4000, 8000, 16000 };
  const DspRecipe *const r = &sound->recipe;
  const gsize n = r->n_mels * sound->n_columns;
  g_autofree float *values =
      g_memdup2 (tool_sound_features_row (sound, 0, 0), n * sizeof *values);
  const double low = dsp_mel_from_hz (r->f_min, r->htk);
  const double high = dsp_mel_from_hz (r->f_max, r->htk);
  const Picture picture = { "Mel spectrogram (dB from the loudest)",
    "Frequency (Hz)", values, r->n_mels, sound->n_columns,
    r->hop_length / r->rate, SEQUENTIAL, -r->top_db, 0 };

  darken_silence (values, n, -r->top_db);
  draw_picture (1, &picture, seconds);
  plschr (0, 0.55);
  for (gsize i = 0; i < G_N_ELEMENTS (ticks); i++) {
    const double row = (dsp_mel_from_hz (ticks[i], r->htk) - low) / (high - low)
            * (r->n_mels + 1)
        - 1;
    g_autofree char *text = g_strdup_printf ("%.0f", ticks[i]);

    if (row >= -1 && row <= r->n_mels + 0.5)
      label_row (CLAMP (row, -0.5, r->n_mels - 0.5), r->n_mels, text);
  }
  plschr (0, 0.7);
}

/* Each row less its mean, by its deviation: the first coefficient is a hundred
 * times the last. */
static void
standardize (float *values, gsize n_rows, gsize n_columns)
{
  for (float *v = values; v < values + n_rows * n_columns; v += n_columns) {
    double sum = 0, squares = 0;

    for (gsize i = 0; i < n_columns; i++)
      sum += v[i];
    for (gsize i = 0; i < n_columns; i++)
      squares += pow (v[i] - sum / n_columns, 2);

    const double deviation = sqrt (squares / n_columns);

    for (gsize i = 0; i < n_columns; i++)
      v[i] = deviation > 1e-6 ? (v[i] - sum / n_columns) / deviation : 0;
  }
}

static void
draw_mfcc (const ToolSoundFeatures *sound, double seconds)
{
  const DspRecipe *const r = &sound->recipe;
  g_autofree float *values =
      g_memdup2 (tool_sound_features_row (sound, 0, r->n_mels),
          r->n_mfcc * sound->n_columns * sizeof *values);
  const Picture picture = { "MFCC (standard deviations from each one's mean)",
    "Coefficient", values, r->n_mfcc, sound->n_columns, r->hop_length / r->rate,
    DIVERGING, -2.5, 2.5 };
  const gsize step = 1 + r->n_mfcc / 14;

  standardize (values, r->n_mfcc, sound->n_columns);
  draw_picture (2, &picture, seconds);
  plschr (0, 0.55);
  for (gsize row = 0; row < r->n_mfcc; row += step) {
    g_autofree char *text = g_strdup_printf ("%zu", row);

    label_row (row, r->n_mfcc, text);
  }
  plschr (0, 0.7);
}

static void
draw_chroma (const ToolSoundFeatures *sound, double seconds)
{
  static const char *const names[] = { "C", "C##", "D", "D##", "E", "F", "F##",
    "G", "G##", "A", "A##", "B" };
  const DspRecipe *const r = &sound->recipe;
  const Picture picture = { "Chroma (part of the strongest class)",
    "Pitch class", tool_sound_features_row (sound, 0, r->n_mels + r->n_mfcc),
    r->n_chroma, sound->n_columns, r->hop_length / r->rate, SEQUENTIAL, 0, 1 };

  draw_picture (3, &picture, seconds);
  plschr (0, 0.55);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    label_row (i * r->n_chroma / 12.0, r->n_chroma, names[i]);
  plschr (0, 0.7);
}

/* A line from the minimum to the maximum of each pixel, including the last
 * sample before it, to avoid gaps. */
static void
draw_extents (const float *samples, gsize n, double seconds, double peak)
{
  const gsize n_columns = MIN (n, MAX_COLUMNS);

  for (gsize c = 0; c < n_columns; c++) {
    const gsize begin = c * n / n_columns, end = (c + 1) * n / n_columns;
    double low = INFINITY, high = -INFINITY;

    for (gsize i = MAX (begin, 1) - 1; i < end; i++) {
      low = MIN (low, samples[i]);
      high = MAX (high, samples[i]);
    }
    gst_emotion_plot_fill (seconds * c / n_columns,
        seconds * (c + 1) / n_columns, low - 0.004 * peak, high + 0.004 * peak);
  }
}

/* If there are more pixels than samples. */
static void
draw_line (const float *samples, gsize n, double seconds)
{
  for (gsize i = 1; i < n; i++)
    pljoin (seconds * (i - 1) / n, samples[i - 1], seconds * i / n, samples[i]);
}

static void
draw_waveform (const float *samples, gsize n, double seconds)
{
  double peak = 0;

  for (gsize i = 0; i < n; i++)
    peak = isfinite (samples[i]) ? MAX (peak, fabs (samples[i])) : peak;
  if (peak < 1e-6)
    peak = 1; /* silence */
  set_panel (0, LEFT, RIGHT);
  plwind (0, seconds, -1.08 * peak, 1.08 * peak);
  plcol0 (GST_EMOTION_PLOT_BLUE);
  if (n > MAX_COLUMNS)
    draw_extents (samples, n, seconds, peak);
  else
    draw_line (samples, n, seconds);
  plcol0 (GST_EMOTION_PLOT_BLACK);
  plbox ("bcnst", 0, 0, "bcnstv", 0, 0);
  draw_title ("Waveform", "Amplitude");
}

static gboolean
draw (const char *path, const char *device, const char *name,
    const float *samples, const ToolSoundFeatures *sound, GError **error)
{
  const double seconds = sound->n_samples / sound->recipe.rate;
  g_autofree char *title = gst_emotion_plot_name (name);

  if (!gst_emotion_plot_begin (path, device, WIDTH, HEIGHT, error))
    return FALSE;
  plsxax (6, 0); /* digits before powers of ten */
  plsyax (6, 0);
  plvpor (LEFT, RIGHT, 0, 0.94);
  plmtex ("t", 2.3, 0.5, 0.5, title);
  plschr (0, 0.7);
  draw_waveform (samples, sound->n_samples, seconds);
  draw_mel (sound, seconds);
  draw_mfcc (sound, seconds);
  draw_chroma (sound, seconds);
  plmtex ("b", 3.1, 0.5, 0.5, "Time (s)");
  return gst_emotion_plot_end (path, error);
}

gboolean
tool_feature_plot (const char *folder, const char *name, const float *samples,
    gsize n, const DspRecipe *recipe, GError **error)
{
  const gboolean has_png = gst_emotion_plot_has_device ("pngcairo");
  DspRecipe shown = *recipe;
  g_autoptr (ToolSoundFeatures) sound = NULL;
  g_autofree char *file = g_strconcat (name, has_png ? ".png" : ".svg", NULL);
  g_autofree char *path = g_build_filename (folder, file, NULL);
  g_autofree char *parent = g_path_get_dirname (path);

  shown.features = DSP_FEATURE_MEL_DB | DSP_FEATURE_MFCC | DSP_FEATURE_CHROMA;
  shown.feature_order = 0;
  shown.statistics = 0;
  shown.hop_length = MAX (recipe->hop_length, n / MAX_FRAMES);
  shown.center = TRUE; /* a frame is drawn around its time */
  shown.ref = DSP_REF_MAX;
  shown.normalization = DSP_NORMALIZATION_NONE;
  sound = tool_sound_features_new (samples, n, &shown, TRUE, error);
  if (!sound)
    return FALSE;
  if (g_mkdir_with_parents (parent, 0777) != 0) {
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "%s: %s",
        parent, g_strerror (errno));
    return FALSE;
  }
  return draw (path, has_png ? "pngcairo" : "svg", name, samples, sound, error);
}
