/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The source of samples for training and evaluation: their number, and a
 * function that makes one. It is called from several threads at once, and its
 * result may depend on its arguments only, so that a training run does not
 * depend on the number of threads. */
#pragma once

#include <glib.h>
#include "nn/shape.h"

/* The sample to be made. */
typedef struct {
  size_t index;   /* which sample, 0 .. n - 1 */
  size_t epoch;   /* counts from 0; 0 in evaluation */
  guint64 seed;   /* for augmentation: differs for each (epoch, index) */
  bool training;  /* false: evaluation, without randomness */
  float *teacher; /* [n_classes]: receives the teacher's probabilities for this
                     sample; NULL: not needed */
} NnSampleRequest;

typedef struct {
  size_t n;
  gpointer data;
  /* Writes one sample: x [input size]; target [n_classes], a distribution over
   * the classes (zeros when called; set target[label] = 1, or a mixture for
   * mixup; leave it for a sample without a label, which needs a teacher);
   * *weight (1 when called), the factor of its loss: class weights belong here.
   */
  void (*make) (gpointer data, const NnSampleRequest *request, float *x,
      float *target, float *weight);
} NnSamples;

/* Samples in memory. Everything is borrowed. */
typedef struct {
  size_t n;
  size_t size;                /* floats of one sample */
  const float *x;             /* [n][size] */
  const int *label;           /* [n] */
  const float *class_weights; /* [n_classes], or NULL: all 1 */
} NnArraySamples;

/* The arrays as NnSamples, which they must outlive. */
NnSamples nn_array_samples (NnArraySamples *arrays);

/* Keras/scikit-learn's "balanced" weights: n / (n_classes * count of class), 0
 * for a class without samples. weights: [n_classes]. */
void nn_balanced_class_weights (
    const int *label, size_t n, size_t n_classes, float *weights);
