/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loss function: categorical cross-entropy, as Keras computes it from
 * probabilities, and distillation from a teacher (Hinton, Vinyals and Dean
 * 2015):
 *   loss = (1 - W) CE (labels, p) + W T^2 CE (teacher_T, p_T)
 * with W the teacher's weight, and p_T = p^(1/T), normalised: the softmax of
 * logits that were divided by the temperature T. A sample without a label has
 * the second term alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The result for one sample. */
typedef struct {
  double loss;    /* weighted */
  double correct; /* 1 or 0 */
} NnOutcome;

typedef struct {
  size_t n_classes;
  double smoothing;      /* 0 .. 1: (1 - s) y + s / n_classes */
  double teacher_weight; /* 0 .. 1 */
  double temperature;    /* > 0 */
} NnLoss;

/* The label of a distribution: the first of its maxima. */
size_t nn_argmax (const float *p, size_t n_classes);

/* target, p, teacher: [n_classes] each. target: a distribution, or zeros for a
 * sample without a label; a sum below 1 scales the loss. p is clipped to 1e-7
 * .. 1 - 1e-7. teacher: NULL for labels alone. */
double nn_loss (const NnLoss *loss, const float *target, const float *teacher,
    const float *p);

/* factor * its gradient with respect to p, or to the input of the softmax that
 * gave p. */
void nn_loss_gradient (const NnLoss *loss, const float *target,
    const float *teacher, const float *p, bool of_softmax, double factor,
    float *gradient);
