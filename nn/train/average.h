/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exponential moving average of a model's weights (Polyak and Juditsky
 * 1992; Tarvainen and Valpola 2017): it generalises better than the weights
 * themselves while these still move. All values are averaged, so values that
 * gradients do not change, such as the statistics of BatchNormalization, match
 * the others.
 *
 *   average <- d average + (1 - d) weights,  d = min (decay, t / (t + 9))
 *
 * for t = 1, 2, ...: the first steps, far from the optimum, are forgotten. */
#pragma once

#include "nn/train/weights.h"

typedef struct {
  NnWeightList *weights; /* borrowed */
  double decay;          /* 0 < decay < 1 */
  float *values;         /* [weights->n_values] */
} NnAverage;

/* Starts from the current weights. */
NnAverage *nn_average_new (NnWeightList *weights, double decay);
void nn_average_free (NnAverage *average); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnAverage, nn_average_free)

/* Adds the weights after step t, counted from 1. */
void nn_average_update (NnAverage *average, guint64 t);

/* Swaps the average and the weights; a second call undoes it. */
void nn_average_exchange (NnAverage *average);
