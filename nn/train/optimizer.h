/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adam (Kingma & Ba 2015) with L1, L2, decoupled weight decay and clipping of
 * the global gradient norm, as Keras 3 computes them. */
#pragma once

#include "nn/train/pool.h"
#include "nn/train/trainer.h"
#include "nn/train/weights.h"

typedef struct {
  const NnWeightList *weights;
  NnPool *pool;
  NnTrainConfig config;
  guint64 step;    /* updates done */
  float *m, *v;    /* [weights->n_trained] */
  float *gradient; /* of the loss, then with the penalties */
  GArray *pieces;  /* of NnOptimizerPiece */
} NnOptimizer;

/* A slice of one array, which a thread takes at a time. */
typedef struct {
  const NnWeight *weight;
  size_t first, n;
  double penalty, square; /* its contributions to the loss and to the norm */
} NnOptimizerPiece;

/* Everything is borrowed. */
NnOptimizer *nn_optimizer_new (
    const NnWeightList *weights, NnPool *pool, const NnTrainConfig *config);
void nn_optimizer_free (NnOptimizer *optimizer); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnOptimizer, nn_optimizer_free)

/* One update of the weights from optimizer->gradient. Returns the penalty
 * before it. */
double nn_optimizer_update (NnOptimizer *optimizer);
