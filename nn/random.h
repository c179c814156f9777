/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All randomness of training: streams of Philox, each identified by a seed, a
 * purpose and two numbers (step, sample, ...). Streams share no state, so
 * results do not depend on the order in which threads draw. */
#pragma once

#include "nn/loops.h"

typedef enum {
  NN_RANDOM_WEIGHTS = 1, /* of layer a, parameter b */
  NN_RANDOM_SHUFFLE,     /* of epoch a */
  NN_RANDOM_SAMPLE,      /* of epoch a, sample b */
  NN_RANDOM_LAYER = 256, /* + number of the layer: of step a, sample b */
} NnRandomUse;

NnPhilox nn_random_stream (guint64 seed, guint32 use, guint32 a, guint32 b);

/* Draws one after the other. */
typedef struct {
  NnPhilox stream;
  guint32 block;
  guint32 words[64];
  size_t used; /* of words */
} NnRandom;

void nn_random_init (NnRandom *random, const NnPhilox *stream);
guint32 nn_random_word (NnRandom *random);
guint64 nn_random_word64 (NnRandom *random);
double nn_random_uniform (NnRandom *random); /* [0, 1), 53 bits */
double nn_random_normal (NnRandom *random);  /* mean 0, variance 1 */
/* Uniform in 0 .. n - 1, n > 0. */
size_t nn_random_below (NnRandom *random, size_t n);
/* Fisher and Yates' shuffle. */
void nn_random_shuffle (NnRandom *random, size_t *index, size_t n);
