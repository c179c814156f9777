/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "nn/train/average.h"
#include "nn/train/fit.h"
#include "nn/train/trainer-private.h"

/* Everything that a training run depends on besides its samples and
 * configuration; saved. */
typedef struct {
  size_t epoch, batch; /* the next to do */
  NnScore score;       /* of the batches of this epoch */
  double learning_rate;
  double best_loss;  /* EarlyStopping */
  size_t best_epoch; /* G_MAXSIZE: none */
  size_t stop_wait;
  double plateau_loss; /* ReduceLROnPlateau */
  size_t plateau_wait, plateau_cooldown;
} NnFitState;

struct _NnFit {
  NnTrainer *trainer;
  NnFitConfig config;
  const NnSamples *training, *validation;
  double first_rate; /* that the trainer was made with */
  NnFitState state;
  GArray *history;            /* of NnEpoch */
  float *best;                /* [weights->n_values] */
  NnAverage *average;         /* NULL: off */
  size_t *order;              /* [training->n] of this epoch */
  float *x, *target, *weight; /* [batch_size] of each */
};
