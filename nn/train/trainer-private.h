/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "nn/train/evaluator.h"
#include "nn/train/loss.h"
#include "nn/train/optimizer.h"
#include "nn/train/backprop.h"
#include "nn/train/trainer.h"

struct _NnTrainer {
  NnTrainConfig config;
  NnPool *pool;
  NnModel *model; /* not fused, for training */
  NnWeightList *weights;
  NnModel *inference; /* the same, for inference; its weights are updated on
                         demand */
  NnWeightList *inference_weights;
  NnBackprop *backprop;
  NnOptimizer *optimizer;
  NnEvaluator *evaluator;
  float *values; /* [weights->n_values] for copying from one to the other */
  size_t input_size, n_classes;

  /* Of the current batch: */
  size_t n;
  const float *target, *weight;
  NnOutcome *outcomes; /* [batch_size] */
};

/* To be called after weights were set from outside: layers pack them. */
void nn_trainer_weights_changed (NnTrainer *trainer);
