/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Categorical cross-entropy, as Keras computes it from probabilities. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What one sample comes to. */
typedef struct {
  double loss;    /* weighted */
  double correct; /* 1 or 0 */
} NnOutcome;

/* The label of a distribution: the first of its maxima. */
size_t nn_argmax (const float *p, size_t n_classes);

/* - sum of t log p, with t = (1 - smoothing) target + smoothing / n_classes and
 * p no less than 1e-7 from 0 and 1. */
double nn_cross_entropy (
    const float *target, const float *p, size_t n_classes, double smoothing);

/* factor * its gradient with respect to p, or to what a softmax made p of. */
void nn_cross_entropy_gradient (const float *target, const float *p,
    size_t n_classes, double smoothing, bool of_softmax, double factor,
    float *gradient);
