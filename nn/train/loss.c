/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/loss.h"

#include <glib.h>
#include <math.h>

#define EPSILON 1e-7 /* keras.config.epsilon () */

size_t
nn_argmax (const float *p, size_t n_classes)
{
  size_t best = 0;

  for (size_t c = 1; c < n_classes; c++)
    if (p[c] > p[best])
      best = c;
  return best;
}

static double
smoothed (float target, size_t n_classes, double smoothing)
{
  return (1 - smoothing) * target + smoothing / n_classes;
}

double
nn_cross_entropy (
    const float *target, const float *p, size_t n_classes, double smoothing)
{
  double loss = 0;

  for (size_t c = 0; c < n_classes; c++) {
    const double t = smoothed (target[c], n_classes, smoothing);

    if (t != 0)
      loss -= t * log (CLAMP (p[c], EPSILON, 1 - EPSILON));
  }
  return loss;
}

void
nn_cross_entropy_gradient (const float *target, const float *p,
    size_t n_classes, double smoothing, bool of_softmax, double factor,
    float *gradient)
{
  for (size_t c = 0; c < n_classes; c++) {
    const double t = smoothed (target[c], n_classes, smoothing);

    if (of_softmax)
      gradient[c] = factor * (p[c] - t);
    else
      gradient[c] =
          p[c] > EPSILON && p[c] < 1 - EPSILON ? factor * -t / p[c] : 0;
  }
}
