/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/channel.h"

#include <math.h>

#define MU 255.0

/* y[t] = b0 x[t] + b1 x[t-1] + b2 x[t-2] - a1 y[t-1] - a2 y[t-2] */
typedef struct {
  double b0, b1, b2, a1, a2;
} Biquad;

/* Transposed direct form II. */
static void
filter (const Biquad *f, float *samples, size_t n)
{
  double s1 = 0, s2 = 0;

  for (size_t i = 0; i < n; i++) {
    const double x = samples[i];
    const double y = f->b0 * x + s1;

    s1 = f->b1 * x - f->a1 * y + s2;
    s2 = f->b2 * x - f->a2 * y;
    samples[i] = (float) y;
  }
}

static void
pass (float *samples, size_t n, double omega, double q, gboolean is_high)
{
  const double cosine = cos (omega), alpha = sin (omega) / (2 * q);
  const double a0 = 1 + alpha;
  const double side = is_high ? 1 + cosine : 1 - cosine;
  const Biquad biquad = { .b0 = side / 2 / a0,
    .b1 = (is_high ? -side : side) / a0,
    .b2 = side / 2 / a0,
    .a1 = -2 * cosine / a0,
    .a2 = (1 - alpha) / a0 };

  filter (&biquad, samples, n);
}

void
dsp_band_limit (float *samples, size_t n, double rate, double low, double high)
{
  /* Poles of a Butterworth filter of order 4, in pairs. */
  static const double q[] = { 0.54119610014619698, 1.3065629648763766 };

  g_return_if_fail (rate > 0);
  for (size_t i = 0; i < G_N_ELEMENTS (q); i++) {
    if (low > 0 && low < rate / 2)
      pass (samples, n, 2 * G_PI * low / rate, q[i], TRUE);
    if (high > 0 && high < rate / 2)
      pass (samples, n, 2 * G_PI * high / rate, q[i], FALSE);
  }
}

void
dsp_equalize (float *samples, size_t n, double rate, double centre,
    double gain_db, double q)
{
  g_return_if_fail (rate > 0 && centre > 0 && centre < rate / 2 && q > 0);

  const double omega = 2 * G_PI * centre / rate;
  const double a = pow (10, gain_db / 40), alpha = sin (omega) / (2 * q);
  const double a0 = 1 + alpha / a;
  const Biquad biquad = { .b0 = (1 + alpha * a) / a0,
    .b1 = -2 * cos (omega) / a0,
    .b2 = (1 - alpha * a) / a0,
    .a1 = -2 * cos (omega) / a0,
    .a2 = (1 - alpha / a) / a0 };

  filter (&biquad, samples, n);
}

void
dsp_mu_law (float *samples, size_t n)
{
  const double scale = log1p (MU);

  for (size_t i = 0; i < n; i++) {
    const double size = fmin (fabs ((double) samples[i]), 1);
    const double code = rint (127 * log1p (MU * size) / scale) / 127;

    samples[i] =
        (float) copysign (expm1 (code * scale) / MU, (double) samples[i]);
  }
}

void
dsp_clip (float *samples, size_t n, double level)
{
  const float limit = (float) level;

  for (size_t i = 0; i < n; i++)
    samples[i] = fmaxf (fminf (samples[i], limit), -limit);
}
