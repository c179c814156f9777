/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of MaxPooling and AveragePooling: nn/layers/pooling.c has
 * the layers, pooling-training.c the gradients. */
#pragma once

#include "nn/layer.h"
#include "nn/layers/window.h"
#include "nn/loops.h"

typedef struct {
  NnLayer base;
  NnWindow window;
} NnPooling;

/* Floats of a row of the input and of the output. */
static inline size_t
nn_pooling_in_row (const NnPooling *self)
{
  return self->window.x.in * self->window.channels;
}

static inline size_t
nn_pooling_out_row (const NnPooling *self)
{
  return self->window.x.out * self->window.channels;
}

/* Whether windows are adjacent tiles inside the input. */
bool nn_pooling_has_tiles (const NnPooling *self);
/* The layer where it runs; else the maximum. */
void nn_pooling_run (const NnPooling *self, const NnCall *call, bool is_mean);

/* Of tiles: a row of them, for nn/loops.h, and the floats that hold the bytes
 * which say where the maxima of a sample came from. */
NnPoolRow nn_pooling_row (const NnPooling *self);
size_t nn_pooling_from_len (const NnPooling *self);

extern const NnTraining nn_max_pooling_training, nn_average_pooling_training;
