/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/signal.h"

#include <glib.h>
#include <math.h>

float *
signal_new (size_t n, double rate)
{
  float *const samples = g_new (float, n);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  double phase = 0;

  for (size_t i = 0; i < n; i++) {
    const double t = (double) i / rate;
    double x = 0;

    phase += 2 * G_PI * (140 + 40 * sin (2 * G_PI * 0.7 * t)) / rate;
    for (int k = 1; k <= 20; k++)
      x += sin (k * phase) / k;
    x *= 0.2 * (1 + sin (2 * G_PI * 3 * t));
    samples[i] = (float) (x + 0.005 * g_rand_double_range (rand, -1, 1));
  }
  return samples;
}
