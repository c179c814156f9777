/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a layer does in training besides forward: NnLayerClass.training. A batch
 * is cut into chunks; every function here works on the samples of one chunk,
 * and several chunks are processed at once. Layers that need the whole batch
 * (batch normalisation) use sums, which the trainer adds over the chunks.
 *
 *   sums -> (added) -> forward -> ... -> backward_sums -> (added) -> backward
 *
 * A layer that ends in an activation says so in NnLayer.last_activation: its
 * gradient is then taken by the trainer, and out_grad is that of the values
 * before the activation. So softmax and cross-entropy have one joint gradient.
 */
#pragma once

#include "nn/layer.h"
#include "nn/loops.h"

/* Memory for training on a chunk of n samples: floats and doubles. */
typedef struct {
  size_t saved, saved_per_sample; /* kept from forward to backward */
  size_t scratch, scratch_per_sample;
  size_t sums, backward_sums; /* doubles, for each chunk */
  /* backward does not read the values of the inputs, of the outputs. (The
   * trainer accounts for the gradients of activations itself.) */
  bool forgets_in, forgets_out;
} NnTrainingNeeds;

typedef struct {
  NnCall forward; /* as in inference; scratch is what measure asked for */
  guint64 seed;   /* select the random numbers of this layer and step: */
  guint32 node, step;
  size_t first;          /* the first sample's place in the batch */
  size_t batch;          /* samples in the whole batch */
  double *sums;          /* in sums: to be added to; later of the whole batch */
  double *backward_sums; /* likewise */
  float *saved;
  /* backward: gradients of the outputs (NULL: unused), which may be
   * overwritten; of the inputs, to be written in full (NULL: not needed); of
   * the weights, to be added to (NULL: not trained). */
  float *const *out_grad;
  float *const *in_grad;
  float *const *param_grad;
} NnTrainingCall;

struct _NnTraining {
  /* Gains nothing from many samples in a call: it may get a chunk in several
   * calls. What it saves is separate for each sample. */
  bool is_by_sample;
  /* Takes over the work of next, the only reader of its output, as
   * NnLayerClass.absorb does for inference: out and out_grad are then those of
   * next. False if it cannot. May be NULL. */
  bool (*absorb) (NnLayer *self, const NnLayer *next);
  /* Before everything else: chooses algorithms for the given shapes, and
   * finishes the layer again. False if out of memory. May be NULL. */
  bool (*prepare) (NnLayer *self);
  /* Why this layer cannot be trained after all, or NULL. May be NULL. */
  const char *(*obstacle) (const NnLayer *self);
  /* Sets the memory needed; none if NULL. */
  void (*measure) (const NnLayer *self, NnTrainingNeeds *needs);
  void (*sums) (const NnLayer *self, const NnTrainingCall *call);
  /* NULL: the layer's plain forward, with its plain scratch. */
  void (*forward) (const NnLayer *self, const NnTrainingCall *call);
  void (*backward_sums) (const NnLayer *self, const NnTrainingCall *call);
  /* NULL: the layer has no gradient to pass on (views need none). */
  void (*backward) (const NnLayer *self, const NnTrainingCall *call);
  /* After a step: updates what does not change by gradients. May be NULL. */
  void (*update) (NnLayer *self, const double *sums, size_t batch);
};

/* The random stream of a sample of the chunk. */
NnPhilox nn_training_random (const NnTrainingCall *call, size_t sample);
/* Inverted dropout, the mask drawn from stream, words 64 * first_block on, 64
 * for 128 numbers: out = in / (1 - rate), or 0 with probability rate, which is
 * rounded to 16 bits. words: NULL, or where to keep those that were drawn,
 * nn_training_dropout_len (n) floats. */
#define NN_DROPOUT_BLOCK ((size_t) 128)
size_t nn_training_dropout_len (size_t n);
void nn_training_dropout (const NnPhilox *stream, guint32 first_block, size_t n,
    double rate, guint32 *words, const float *in, float *out);
/* The same numbers once more, of others in their places. */
void nn_training_dropout_again (
    const guint32 *words, size_t n, double rate, const float *in, float *out);

/* Products in training, and their gradients, with unpacked matrices:
 *   c [m][n] (+)= a [m][k] b;  b as nn_packed_at reads it
 * scratch: nn_training_product_len (k, n) floats. */
size_t nn_training_product_len (size_t k, size_t n);
void nn_training_product (size_t m, size_t k, size_t n, const float *a,
    size_t lda, const float *b, size_t b_row, size_t b_column, bool accumulate,
    float *c, size_t ldc, float *scratch);
