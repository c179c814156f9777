/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recurrent layers in training: forward over a chunk of samples at once, saving
 * what back-propagation through time needs, and backward (Werbos 1990). A cell
 * defines one step in both directions. */
#pragma once

#include "nn/layers/rnn.h"
#include "nn/training.h"

/* The state of a chunk. Rows of z belong to a time, states to a step: they
 * differ if the layer goes backwards in time. */
struct _NnRnnChunk {
  const NnRnn *rnn;
  size_t n;
  size_t width; /* of a row of z: cell->n_kept * units */
  float *z; /* [steps][n][width]: first the projected inputs, then what the cell
               saves, then the gradients of its sums */
  float *states[NN_RNN_MAX_STATES]; /* [steps + 1][n][units] */
  float *
      used; /* [steps][n][units] h after dropout, the operand of the products */
  const float *x; /* [n][steps][k] the input after dropout: dropped, or the
                     layer's input without dropout */
  float *dropped;
  float *x_mask; /* [n][k], factors of dropout; NULL: none */
  float *h_mask; /* [n][units] */
  /* Gradients of the states, [n][units], and scratch for the cell: */
  float *d_states[NN_RNN_MAX_STATES];
  float *rows;   /* [n][width] */
  float *packed; /* weights for the products in backward */
};

/* Arguments of a recurrent layer; Bidirectional has two. */
typedef struct {
  const NnTrainingCall *call; /* for n and random numbers */
  guint32 direction;          /* names those */
  const float *in, *mask;
  const float *const *initial; /* [n_states], or NULL */
  float *out;
  float *const *final;
  float *saved, *scratch;
  /* backward: */
  const float *out_grad;      /* NULL: unused */
  float *const *final_grad;   /* [n_states] of them NULL likewise; or NULL */
  float *in_grad;             /* NULL: not needed */
  float *const *initial_grad; /* likewise */
  float *const *param_grad;   /* [3] */
} NnRnnTraining;

/* As NnTraining. */
const char *nn_rnn_obstacle (const NnRnn *rnn);
size_t nn_rnn_saved_per_sample (const NnRnn *rnn);
void nn_rnn_training_scratch (
    const NnRnn *rnn, size_t *scratch, size_t *scratch_per_sample);
void nn_rnn_train (const NnRnn *rnn, const NnRnnTraining *training);
void nn_rnn_train_back (const NnRnn *rnn, const NnRnnTraining *training);

/* For cells. */
size_t nn_rnn_time (const NnRnn *rnn, size_t step);
static inline float *
nn_rnn_z (const NnRnnChunk *chunk, size_t step)
{
  return chunk->z + nn_rnn_time (chunk->rnn, step) * chunk->n * chunk->width;
}

static inline float *
nn_rnn_state (const NnRnnChunk *chunk, size_t s, size_t step)
{
  return chunk->states[s] + step * chunk->n * chunk->rnn->units;
}

static inline float *
nn_rnn_used (const NnRnnChunk *chunk, size_t step)
{
  return chunk->used + step * chunk->n * chunk->rnn->units;
}

/* gradient [k][n] += transposed used states times the columns of z from first
 * on, over all steps; a: NULL, or instead of the states a column of z. */
void nn_rnn_recurrent_gradient (const NnRnnChunk *chunk, const size_t *a_column,
    size_t first, size_t n, float *gradient, size_t ldc);
/* sum [n] += the columns of z from first on, over all steps. */
void nn_rnn_bias_gradient (
    const NnRnnChunk *chunk, size_t first, size_t n, float *sum);

extern const NnTraining nn_rnn_layer_training;
