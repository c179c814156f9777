/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of BatchNormalization: nn/layers/batch_normalization.c
 * has the layer, batch_normalization-training.c statistics and gradients. */
#pragma once

#include "nn/layer.h"
#include "nn/layers/pooling.h"

typedef struct {
  NnLayer base;
  size_t outer, channels, inner; /* in viewed as [outer][channels][inner] */
  bool has_gamma, has_beta;
  double epsilon, momentum;
  float *scale, *offset; /* [channels] */
  /* In training: the MaxPooling2D that follows, whose work it does; or NULL.
   * Borrowed. */
  const NnPooling *pool;
} NnBatchNormalization;

/* With moving statistics. */
void nn_batch_normalization_forward (const NnLayer *layer, const NnCall *call);

extern const NnTraining nn_batch_normalization_training;
