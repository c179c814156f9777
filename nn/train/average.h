/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exponential moving average of a model's weights (Polyak and Juditsky
 * 1992; Tarvainen and Valpola 2017): it generalises better than the weights
 * themselves while these still move. All values are averaged, so those that no
 * gradient changes, such as the statistics of BatchNormalization, fit the
 * others.
 *
 *   average <- d average + (1 - d) weights,  d = min (decay, t / (t + 9))
 *
 * for t = 1, 2, ...: the first steps, far from where it goes, are forgotten.
 */
#pragma once

#include "nn/train/weights.h"

typedef struct {
  NnWeightList *weights; /* borrowed */
  double decay;          /* 0 < decay < 1 */
  float *values;         /* [weights->n_values] */
} NnAverage;

/* Starts from the weights as they are. */
NnAverage *nn_average_new (NnWeightList *weights, double decay);
void nn_average_free (NnAverage *average); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnAverage, nn_average_free)

/* Takes in the weights after step t, which counts from 1. */
void nn_average_update (NnAverage *average, guint64 t);

/* Puts the average in the place of the weights, and these in its place: twice
 * is as before. */
void nn_average_exchange (NnAverage *average);
