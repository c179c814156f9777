/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where training and evaluation get their samples from: a number of them, and
 * a function that makes one. It is called from several threads at once, and
 * what it makes may depend on its arguments alone: that is why a training run
 * does not depend on the number of threads.
 */
#pragma once

#include <glib.h>
#include "nn/shape.h"

/* What is to be made. */
typedef struct {
  size_t index;   /* which sample, 0 .. n - 1 */
  size_t epoch;   /* counts from 0; 0 in evaluation */
  guint64 seed;   /* for augmentation: differs for each (epoch, index) */
  bool training;  /* false: evaluation, so nothing random */
  float *teacher; /* [n_classes]: where the probabilities go that a teacher
                     gives this sample; NULL: nobody learns from it */
} NnSampleRequest;

typedef struct {
  size_t n;
  gpointer data;
  /* Writes one sample: x [input size]; target [n_classes], a distribution over
   * the classes (zeros when called; set target[label] = 1, or a mixture for
   * mixup; leave it where nobody labelled the sample, which takes a teacher);
   * *weight (1 when called), times which its loss counts: class
   * weights belong here. */
  void (*make) (gpointer data, const NnSampleRequest *request, float *x,
      float *target, float *weight);
} NnSamples;

/* Samples that are in memory. Everything is borrowed. */
typedef struct {
  size_t n;
  size_t size;                /* floats of one sample */
  const float *x;             /* [n][size] */
  const int *label;           /* [n] */
  const float *class_weights; /* [n_classes], or NULL: all 1 */
} NnArraySamples;

/* The view of arrays as NnSamples; both must outlive it. */
NnSamples nn_array_samples (NnArraySamples *arrays);

/* Keras/scikit-learn's "balanced" weights: n / (n_classes * count of class), 0
 * for a class without samples. weights: [n_classes]. */
void nn_balanced_class_weights (
    const int *label, size_t n, size_t n_classes, float *weights);
