/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/layers/resample.h"

#include <glib.h>
#include <math.h>

const char *const nn_resample_names[] = { "nearest", "bilinear", "bicubic",
  "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic", NULL };

/* Kernels at the distance x >= 0. */

static double
triangle (double x, double radius)
{
  return fmax (1 - x, 0);
}

static double
cubic (double x, double a)
{
  if (x < 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

static double
keys (double x, double radius)
{
  return cubic (x, -0.5);
}

static double
mitchell (double x, double radius)
{
  if (x < 1)
    return (7 * x / 6 - 2) * x * x + 8.0 / 9;
  return x < 2 ? ((-7 * x / 18 + 2) * x - 10.0 / 3) * x + 16.0 / 9 : 0;
}

static double
lanczos (double x, double radius)
{
  if (x > radius)
    return 0;
  return x <= 1e-3 ? 1
                   : radius * sin (G_PI * x) * sin (G_PI * x / radius)
          / (G_PI * G_PI * x * x);
}

static double
gaussian (double x, double radius)
{
  const double sigma = radius / 3;

  return x < radius ? exp (-x * x / (2 * sigma * sigma)) : 0;
}

static const struct {
  double radius;
  double (*weight) (double x, double radius);
} kernels[] = {
  [NN_RESAMPLE_BILINEAR] = { 1, triangle },
  [NN_RESAMPLE_BICUBIC] = { 2, keys },
  [NN_RESAMPLE_LANCZOS3] = { 3, lanczos },
  [NN_RESAMPLE_LANCZOS5] = { 5, lanczos },
  [NN_RESAMPLE_GAUSSIAN] = { 1.5, gaussian },
  [NN_RESAMPLE_MITCHELL] = { 2, mitchell },
};

/* The weights of output position o, for input positions 0..n_in - 1. */

static double
overlap (double from, double to, double position)
{
  return fmax (0, fmin (to, position + 1) - fmax (from, position));
}

static double
weight_at (
    const NnResample *how, size_t n_in, size_t n_out, size_t o, double position)
{
  const double scale = (double) n_in / n_out;
  const double centre = (o + 0.5) * scale;
  const double width = how->antialias ? fmax (scale, 1) : 1;

  switch (how->kind) {
    case NN_RESAMPLE_NEAREST:
      return position == (double) ((2 * o + 1) * n_in / (2 * n_out));
    case NN_RESAMPLE_AREA:
      return overlap (o * scale, (o + 1) * scale, position);
    default:
      return kernels[how->kind].weight (
          fabs (position + 0.5 - centre) / width, kernels[how->kind].radius);
  }
}

/* The radius of the kernel around a position of the output. */
static double
reach (const NnResample *how, size_t n_in, size_t n_out)
{
  const double scale = (double) n_in / n_out;

  if (how->kind == NN_RESAMPLE_NEAREST || how->kind == NN_RESAMPLE_AREA)
    return scale / 2 + 1;
  return kernels[how->kind].radius * (how->antialias ? fmax (scale, 1) : 1);
}

/* As PyTorch's upsample_bicubic2d: four taps, those outside moved to the end.
 */
static void
fill_torch (NnTaps *taps, size_t n_in, size_t o)
{
  const double centre = (o + 0.5) * n_in / taps->n_out - 0.5;
  const double left = floor (centre) - 1;

  for (int i = 0; i < 4; i++) {
    const double at = CLAMP (left + i, 0, (double) n_in - 1);

    taps->weights[o * taps->n_taps + (size_t) at - taps->first[o]] +=
        cubic (fabs (left + i - centre), -0.75);
  }
}

static void
fill (NnTaps *taps, const NnResample *how, size_t n_in, size_t o)
{
  float *const weights = taps->weights + o * taps->n_taps;
  double sum = 0;

  for (size_t i = 0; i < taps->n_taps; i++)
    sum += weight_at (how, n_in, taps->n_out, o, (double) (taps->first[o] + i));
  for (size_t i = 0; i < taps->n_taps && sum != 0; i++)
    weights[i] =
        weight_at (how, n_in, taps->n_out, o, (double) (taps->first[o] + i))
        / sum;
}

static size_t
count_taps (const NnResample *how, size_t n_in, size_t n_out)
{
  return MIN (n_in, (size_t) ceil (2 * reach (how, n_in, n_out)) + 1);
}

size_t
nn_taps_count (const NnResample *how, size_t n_in, size_t n_out)
{
  return n_out * count_taps (how, n_in, n_out);
}

NnTaps
nn_taps_new (const NnResample *how, size_t n_in, size_t n_out)
{
  const double radius = reach (how, n_in, n_out);
  NnTaps taps = { .n_out = n_out };

  taps.n_taps = count_taps (how, n_in, n_out);
  taps.first = g_new (size_t, n_out);
  taps.weights = g_new0 (float, n_out *taps.n_taps);
  for (size_t o = 0; o < n_out; o++) {
    const double centre = (o + 0.5) * n_in / n_out;
    const double first = ceil (centre - radius - 0.5);

    taps.first[o] = MIN ((size_t) fmax (first, 0), n_in - taps.n_taps);
    if (how->kind == NN_RESAMPLE_BICUBIC && how->is_torch && !how->antialias)
      fill_torch (&taps, n_in, o);
    else
      fill (&taps, how, n_in, o);
  }
  return taps;
}

void
nn_taps_clear (NnTaps *taps)
{
  g_clear_pointer (&taps->first, g_free);
  g_clear_pointer (&taps->weights, g_free);
}
