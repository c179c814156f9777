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
sum_of (const float *p, size_t n)
{
  double sum = 0;

  for (size_t c = 0; c < n; c++)
    sum += p[c];
  return sum;
}

/* Class c of a target that sums up to mass. */
static double
smoothed (const NnLoss *loss, const float *target, double mass, size_t c)
{
  return (1 - loss->smoothing) * target[c]
      + mass * loss->smoothing / loss->n_classes;
}

static double
negative_log (double p)
{
  return -log (CLAMP (p, EPSILON, 1 - EPSILON));
}

/* Whether p is within the clipping range, so that it affects the loss. */
static bool
is_inside (double p)
{
  return p > EPSILON && p < 1 - EPSILON;
}

/* A distribution at a temperature, one class at a time. */
typedef struct {
  const float *p;
  double power, largest, sum;
} Cooled;

/* Relative to the largest, because powers of small numbers underflow. */
static double
cooled_power (const Cooled *cooled, size_t c)
{
  return pow (cooled->p[c] / cooled->largest, cooled->power);
}

static Cooled
cool (const NnLoss *loss, const float *p)
{
  Cooled cooled = { .p = p,
    .power = 1 / loss->temperature,
    .largest = MAX (p[nn_argmax (p, loss->n_classes)], G_MINFLOAT) };

  for (size_t c = 0; c < loss->n_classes; c++)
    cooled.sum += cooled_power (&cooled, c);
  return cooled;
}

static double
cooled_at (const Cooled *cooled, size_t c)
{
  return cooled_power (cooled, c) / cooled->sum;
}

static double
label_weight (const NnLoss *loss, const float *teacher)
{
  return teacher ? 1 - loss->teacher_weight : 1;
}

static double
loss_of_labels (const NnLoss *loss, const float *target, const float *p)
{
  const double mass = sum_of (target, loss->n_classes);
  double sum = 0;

  for (size_t c = 0; c < loss->n_classes; c++) {
    const double t = smoothed (loss, target, mass, c);

    if (t != 0)
      sum += t * negative_log (p[c]);
  }
  return sum;
}

static double
loss_of_teacher (const NnLoss *loss, const float *teacher, const float *p)
{
  const Cooled q = cool (loss, teacher), mine = cool (loss, p);
  const double t = loss->temperature;
  double sum = 0;

  for (size_t c = 0; c < loss->n_classes; c++)
    sum += cooled_at (&q, c) * negative_log (cooled_at (&mine, c));
  return loss->teacher_weight * t * t * sum;
}

double
nn_loss (const NnLoss *loss, const float *target, const float *teacher,
    const float *p)
{
  const double of_labels =
      label_weight (loss, teacher) * loss_of_labels (loss, target, p);

  return teacher ? of_labels + loss_of_teacher (loss, teacher, p) : of_labels;
}

void
nn_loss_gradient (const NnLoss *loss, const float *target, const float *teacher,
    const float *p, bool of_softmax, double factor, float *gradient)
{
  const double mass = sum_of (target, loss->n_classes);
  const double of_labels = label_weight (loss, teacher);

  for (size_t c = 0; c < loss->n_classes; c++) {
    const double t = smoothed (loss, target, mass, c);

    if (of_softmax)
      gradient[c] = factor * (of_labels * (mass * p[c] - t));
    else
      gradient[c] = is_inside (p[c]) ? factor * of_labels * -t / p[c] : 0;
  }
  if (!teacher)
    return;

  /* T^2 from the loss, and 1/T from the division of the logits. */
  const double of_teacher = factor * loss->teacher_weight * loss->temperature;
  const Cooled q = cool (loss, teacher), mine = cool (loss, p);

  for (size_t c = 0; c < loss->n_classes; c++) {
    const double step = of_teacher * (cooled_at (&mine, c) - cooled_at (&q, c));

    if (of_softmax)
      gradient[c] += step;
    else if (is_inside (p[c]))
      gradient[c] += step / p[c];
  }
}
