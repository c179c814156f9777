/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a layer does in training, beside running: NnLayerClass.training. A batch
 * is cut into chunks; every function here works on the samples of one chunk,
 * and several chunks run at once. What needs the whole batch (batch
 * normalisation) goes through sums, which the trainer adds over the chunks.
 *
 *   sums -> (added) -> forward -> ... -> backward_sums -> (added) -> backward
 *
 * A layer that ends in an activation says so in NnLayer.last_activation: its
 * gradient is then taken by the trainer, and out_grad is that of the values
 * before the activation. Softmax with cross-entropy is one step that way.
 */
#pragma once

#include "nn/layer.h"
#include "nn/loops.h"

/* What training takes of a chunk of n samples: floats and doubles. */
typedef struct {
  size_t saved, saved_per_sample; /* kept from forward to backward */
  size_t scratch, scratch_per_sample;
  size_t sums, backward_sums; /* doubles, for each chunk */
  /* The way back does not read the values of the inputs, of the outputs. (The
   * trainer looks by itself where it takes the gradient of an activation.) */
  bool forgets_in, forgets_out;
} NnTrainingNeeds;

typedef struct {
  NnCall forward; /* as in inference; scratch is what measure asked for */
  guint64 seed;   /* names the random numbers of this layer and step: */
  guint32 node, step;
  size_t first;          /* the first sample's place in the batch */
  size_t batch;          /* samples in the whole batch */
  double *sums;          /* in sums: to be added to; then over the batch */
  double *backward_sums; /* likewise */
  float *saved;
  /* backward: gradients of the outputs (NULL: nobody uses this one), which may
   * be overwritten; of the inputs, to be written in full (NULL: not wanted);
   * of the weights, to be added to (NULL: not trained). */
  float *const *out_grad;
  float *const *in_grad;
  float *const *param_grad;
} NnTrainingCall;

struct _NnTraining {
  /* Nothing is won by many samples in a call: it may get some of a chunk only,
   * and the rest later. What it saves it saves for each sample by itself. */
  bool is_by_sample;
  /* Before everything else: chooses ways for the shapes at hand, and finishes
   * the layer again. False where memory is missing. May be NULL. */
  bool (*prepare) (NnLayer *self);
  /* Why this layer cannot be trained after all, or NULL. May be NULL. */
  const char *(*obstacle) (const NnLayer *self);
  /* What is needed beyond nothing. May be NULL. */
  void (*measure) (const NnLayer *self, NnTrainingNeeds *needs);
  void (*sums) (const NnLayer *self, const NnTrainingCall *call);
  /* NULL: the layer's plain forward, with its plain scratch. */
  void (*forward) (const NnLayer *self, const NnTrainingCall *call);
  void (*backward_sums) (const NnLayer *self, const NnTrainingCall *call);
  /* NULL: the layer has no gradient to hand on (views need none). */
  void (*backward) (const NnLayer *self, const NnTrainingCall *call);
  /* After a step: what changes by other means than gradients. May be NULL. */
  void (*update) (NnLayer *self, const double *sums, size_t batch);
};

/* The random words of a sample of the chunk: a stream for each. */
NnPhilox nn_training_random (const NnTrainingCall *call, size_t sample);
/* Inverted dropout, the mask drawn from stream, words 64 * first_block on: out
 * = in / (1 - rate), or 0 with probability rate. */
void nn_training_dropout (const NnPhilox *stream, guint32 first_block, size_t n,
    double rate, const float *in, float *out);

/* Products in training, and their gradients, for matrices without packing:
 *   c [m][n] (+)= a [m][k] b;  b as nn_packed_at reads it
 * scratch: nn_training_product_len (k, n) floats. */
size_t nn_training_product_len (size_t k, size_t n);
void nn_training_product (size_t m, size_t k, size_t n, const float *a,
    size_t lda, const float *b, size_t b_row, size_t b_column, bool accumulate,
    float *c, size_t ldc, float *scratch);
