/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/report-curves.h"

#include <math.h>

/* Of the picture, in its own units. */
#define WIDTH 480
#define HEIGHT 260
#define LEFT 48
#define RIGHT 12
#define TOP 12
#define BOTTOM 40

#define N_TICKS 5

typedef struct {
  double low, high;
} Range;

static void
take (Range *range, const double *values, gsize n)
{
  for (gsize i = 0; i < n; i++)
    if (isfinite (values[i])) {
      range->low = MIN (range->low, values[i]);
      range->high = MAX (range->high, values[i]);
    }
}

static double
x_of (const TrainCurves *curves, double epoch)
{
  return LEFT + (epoch - 1) / MAX (curves->n - 1, 1) * (WIDTH - LEFT - RIGHT);
}

static double
y_of (const Range *range, double value)
{
  return HEIGHT - BOTTOM
      - (value - range->low) / (range->high - range->low)
      * (HEIGHT - TOP - BOTTOM);
}

/* 1, 2 or 5 times a power of ten, so that about N_TICKS fit. */
static double
step_of (double width)
{
  const double raw = width / N_TICKS;
  const double power = pow (10, floor (log10 (raw)));

  return power
      * (raw / power < 1.5        ? 1
              : raw / power < 3.5 ? 2
              : raw / power < 7.5 ? 5
                                  : 10);
}

static void
append_line (GString *out, const char *class, const TrainCurves *curves,
    const Range *range, const double *values)
{
  gboolean is_down = FALSE;

  g_string_append_printf (out, "<path class=\"%s\" d=\"", class);
  for (gsize i = 0; i < curves->n; i++) {
    if (isfinite (values[i]))
      g_string_append_printf (out, "%c%.1f %.1f", is_down ? 'L' : 'M',
          x_of (curves, i + 1), y_of (range, values[i]));
    is_down = isfinite (values[i]);
  }
  g_string_append (out, "\"/>\n");
}

static void
append_axes (GString *out, const TrainCurves *curves, const Range *range)
{
  const double y_step = step_of (range->high - range->low);
  const double x_step = MAX (1, step_of (MAX (curves->n - 1, 1)));

  for (double tick = ceil (range->low / y_step) * y_step;
       tick <= range->high + 1e-9; tick += y_step) {
    const double y = y_of (range, tick);

    g_string_append_printf (out,
        "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
        "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.6g</text>\n",
        LEFT, WIDTH - RIGHT, y, y, LEFT - 6, y + 4,
        fabs (tick) < 1e-9 ? 0 : tick);
  }
  for (double epoch = x_step > 1 ? x_step : 1; epoch <= curves->n;
       epoch += x_step)
    g_string_append_printf (out,
        "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.0f</text>\n",
        x_of (curves, epoch), HEIGHT - BOTTOM + 16, epoch);
  g_string_append_printf (out,
      "<path class=\"axis\" d=\"M%d %dV%dH%d\"/><text x=\"%d\" y=\"%d\" "
      "text-anchor=\"middle\">Epoch</text>\n",
      LEFT, TOP, HEIGHT - BOTTOM, WIDTH - RIGHT, (LEFT + WIDTH - RIGHT) / 2,
      HEIGHT - 6);
}

static void
append_best (GString *out, const TrainCurves *curves)
{
  const double x = x_of (curves, curves->best);

  g_string_append_printf (out,
      "<line class=\"axis\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>"
      "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">kept</text>\n",
      x, x, TOP, HEIGHT - BOTTOM, x < WIDTH / 2 ? x + 4 : x - 4, TOP + 10,
      x < WIDTH / 2 ? "start" : "end");
}

void
train_report_curves (GString *out, const TrainCurves *curves)
{
  Range range = { INFINITY, -INFINITY };

  take (&range, curves->training, curves->n);
  take (&range, curves->validation, curves->n);
  if (!(range.low <= range.high))
    return;
  if (range.high - range.low < 1e-6)
    range = (Range){ range.low - 0.5, range.high + 0.5 };
  g_string_append_printf (out,
      "<figure>\n<figcaption>%s: training (dashed) and "
      "validation</figcaption>\n"
      "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s over "
      "%" G_GSIZE_FORMAT " epochs; the table below has the numbers\">\n",
      curves->title, WIDTH, HEIGHT, curves->title, curves->n);
  append_axes (out, curves, &range);
  if (curves->best > 0)
    append_best (out, curves);
  append_line (out, "training", curves, &range, curves->training);
  append_line (out, "validation", curves, &range, curves->validation);
  g_string_append (out, "</svg>\n</figure>\n");
}
