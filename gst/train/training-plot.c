/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/training-plot.h"

#include <math.h>
#include "gst/plot.h"
#include "gst/train/classes.h"

gboolean
train_plot_is_available (void)
{
  return TRUE;
}

static double
value_of (const NnEpoch *epoch, TrainPlotKind kind, gboolean validation)
{
  if (kind == TRAIN_PLOT_LOSS)
    return validation ? epoch->val_loss : epoch->loss;
  return 100 * (validation ? epoch->val_accuracy : epoch->accuracy);
}

/* The upper end of the axis. */
static double
find_top (const NnEpoch *epochs, gsize n, TrainPlotKind kind)
{
  double top = 0;

  if (kind == TRAIN_PLOT_ACCURACY)
    return 100;
  for (gsize i = 0; i < 2 * n; i++) {
    const double value = value_of (&epochs[i / 2], kind, i % 2);

    if (isfinite (value))
      top = MAX (top, value);
  }
  return top > 0 ? 1.05 * top : 1;
}

static void
draw_axes (TrainPlotKind kind, gsize n, double top)
{
  plvpor (0.09, 0.97, 0.13, 0.91);
  plwind (0, MAX (n, 2) + 0.5, 0, top);
  plcol0 (GST_EMOTION_PLOT_GREY);
  plbox ("g", 0, 0, "g", 0, 0);
  plcol0 (GST_EMOTION_PLOT_BLACK);
  plbox (n < 10 ? "bcnt" : "bcnst", n < 10 ? 1 : 0, 0, "bcnstv", 0, 0);
  if (kind == TRAIN_PLOT_LOSS)
    pllab ("Epoch", "Loss (nats)", "Loss");
  else
    pllab ("Epoch", "Accuracy (%)", "Accuracy");
}

/* A line through the values that there are; a dot for each where they are few.
 */
static void
draw_line (const NnEpoch *epochs, gsize n, TrainPlotKind kind,
    gboolean validation, gint colour)
{
  plcol0 (colour);
  plwidth (2);
  pllsty (validation ? 2 : 1);
  for (gsize i = 0; i < n; i++) {
    const PLFLT x = i + 1, y = value_of (&epochs[i], kind, validation);

    if (isfinite (y) && n < 20)
      plstring (1, &x, &y, "•");
    if (i > 0 && isfinite (y)
        && isfinite (value_of (&epochs[i - 1], kind, validation)))
      pljoin (x - 1, value_of (&epochs[i - 1], kind, validation), x, y);
  }
  pllsty (1);
  plwidth (1);
}

static void
draw_best (gsize best, double top)
{
  g_autofree char *text = g_strdup_printf ("best: %zu", best + 1);

  plcol0 (GST_EMOTION_PLOT_BLACK);
  pllsty (3);
  pljoin (best + 1, 0, best + 1, top);
  pllsty (1);
  plschr (0, 0.6);
  plptex (best + 1, 0.03 * top, 1, 0, -0.1, text);
  plschr (0, 0.8);
}

static void
draw_legend (TrainPlotKind kind)
{
  const PLINT options[] = { PL_LEGEND_LINE, PL_LEGEND_LINE };
  const PLINT text_colours[] = { GST_EMOTION_PLOT_BLACK,
    GST_EMOTION_PLOT_BLACK };
  const PLINT line_colours[] = { GST_EMOTION_PLOT_BLUE,
    GST_EMOTION_PLOT_VERMILION };
  const PLINT styles[] = { 1, 2 };
  const PLFLT widths[] = { 2, 2 };
  const char *const texts[] = { "training", "validation" };
  const PLINT corner = PL_POSITION_RIGHT
      | (kind == TRAIN_PLOT_LOSS ? PL_POSITION_TOP : PL_POSITION_BOTTOM);
  PLFLT width, height;

  plcol0 (GST_EMOTION_PLOT_BLACK);
  pllegend (&width, &height, PL_LEGEND_BACKGROUND, corner, 0.02, 0.06, 0.06,
      GST_EMOTION_PLOT_WHITE, GST_EMOTION_PLOT_GREY, 1, 0, 0, 2, options, 1,
      0.8, 2, 0, text_colours, texts, NULL, NULL, NULL, NULL, line_colours,
      styles, widths, NULL, NULL, NULL, NULL);
}

gboolean
train_plot_history (const char *path, TrainPlotKind kind, const NnEpoch *epochs,
    gsize n_epochs, gsize best, GError **error)
{
  const double top = find_top (epochs, n_epochs, kind);

  if (!gst_emotion_plot_begin (path, "svg", 800, 500, error))
    return FALSE;
  draw_axes (kind, n_epochs, top);
  if (best != G_MAXSIZE)
    draw_best (best, top);
  draw_line (epochs, n_epochs, kind, FALSE, GST_EMOTION_PLOT_BLUE);
  draw_line (epochs, n_epochs, kind, TRUE, GST_EMOTION_PLOT_VERMILION);
  draw_legend (kind);
  return gst_emotion_plot_end (path, error);
}

/* From white to blue; returns whether it is dark. */
static gboolean
set_shade (double share)
{
  const gint shade = GST_EMOTION_PLOT_N_COLOURS;

  plscol0 (shade,
      255 + share * (gst_emotion_plot_colours[GST_EMOTION_PLOT_BLUE].red - 255),
      255
          + share
              * (gst_emotion_plot_colours[GST_EMOTION_PLOT_BLUE].green - 255),
      255
          + share
              * (gst_emotion_plot_colours[GST_EMOTION_PLOT_BLUE].blue - 255));
  plcol0 (shade);
  return share > 0.85;
}

/* The cell of row and column, counted from the top left corner. */
static void
draw_cell (gsize row, gsize column, gsize n, gsize count, gsize support)
{
  const double share = support > 0 ? (double) count / support : 0;
  const double x = column, y = n - 1 - row;
  const PLFLT xs[] = { x, x + 1, x + 1, x }, ys[] = { y, y, y + 1, y + 1 };
  const gboolean is_dark = set_shade (share);
  g_autofree char *percent = g_strdup_printf ("%.0f %%", 100 * share);
  g_autofree char *number = g_strdup_printf ("%zu", count);

  plfill (4, xs, ys);
  if (count == 0)
    return;
  plcol0 (is_dark ? GST_EMOTION_PLOT_WHITE : GST_EMOTION_PLOT_BLACK);
  plschr (0, 0.85);
  plptex (x + 0.5, y + 0.56, 1, 0, 0.5, percent);
  plschr (0, 0.5);
  plptex (x + 0.5, y + 0.24, 1, 0, 0.5, number);
}

static void
draw_names (const GstEmotionLabels *labels, const guint *used, gsize n)
{
  plcol0 (GST_EMOTION_PLOT_BLACK);
  plschr (0, 0.7);
  for (gsize i = 0; i < n; i++) {
    g_autofree char *name =
        gst_emotion_plot_escape (gst_emotion_labels_get (labels, used[i]));

    plmtex ("lv", 0.6, (n - i - 0.5) / n, 1, name);
    plmtex ("bv", 0.6, (i + 0.5) / n, 1, name);
  }
}

gboolean
train_plot_confusion (const char *path, const char *title,
    const NnMetrics *metrics, const GstEmotionLabels *labels, GError **error)
{
  guint n;
  g_autofree guint *used = train_used_classes (metrics, &n);

  if (!gst_emotion_plot_begin (path, "svg", 760, 720, error))
    return FALSE;
  plvpor (0.23, 0.98, 0.24, 0.93);
  plwind (0, n, 0, n);
  for (guint row = 0; row < n; row++)
    for (guint column = 0; column < n; column++)
      draw_cell (row, column, n,
          nn_metrics_confusion (metrics, used[row], used[column]),
          nn_metrics_support (metrics, used[row]));
  plcol0 (GST_EMOTION_PLOT_BLACK);
  plbox ("bc", 0, 0, "bc", 0, 0);
  draw_names (labels, used, n);
  plschr (0, 0.8);
  plmtex ("b", 10.2, 0.5, 0.5, "Predicted");
  plmtex ("l", 10.2, 0.5, 0.5, "True (and how many windows)");
  plmtex ("t", 1.2, 0.5, 0.5, title);
  return gst_emotion_plot_end (path, error);
}
