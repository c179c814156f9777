/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all recurrent layers share: reading the common options, weights, the
 * loop over steps. A cell says only what one step does.
 *
 *   in [steps][k]  kernel [k][gates * units]  recurrent [units][gates * units]
 *   -> out [units], or [steps][units] with return_sequences
 *      and the final states [units] with return_state
 *
 * Input projections of all steps are one product; then step after step.
 */
#pragma once

#include "nn/activation.h"
#include "nn/layer.h"

#define NN_RNN_MAX_STATES 2

typedef struct _NnRnn NnRnn;

typedef struct {
  size_t n_gates;  /* blocks of units columns in the kernels */
  size_t n_states; /* 1: h; 2: h and c */
  /* One step of one sample. x: [gates * units] input projection with its bias;
   * rec: [gates * units] state times recurrent kernel, without bias (not given
   * to cells that do it themselves: recurrent_by_cell). states: [n_states] of
   * [units], updated in place. */
  void (*step) (
      const NnRnn *rnn, const float *x, float *rec, float *const *states);
  bool default_hard_sigmoid;
} NnRnnCell;

struct _NnRnn {
  const NnRnnCell *cell;
  size_t steps, k, units;
  NnActivation activation, recurrent_activation;
  bool use_bias, reset_after, recurrent_by_cell;
  bool go_backwards, return_sequences, return_state, has_initial_state;
  const float *kernel, *recurrent, *bias; /* set by nn_rnn_finish */
};

/* Reads what a recurrent layer's config says; in: the shape [steps][k]. */
void nn_rnn_read (NnRnn *rnn, const NnRnnCell *cell, const NnShape *in,
    const NnConfig *config);
/* Declares kernel, recurrent_kernel and bias under scope. */
void nn_rnn_add_params (const NnRnn *rnn, NnLayer *layer,
    const NnConfig *config, const char *scope);
/* Remembers where the weights are, the first of them being params[first]. */
void nn_rnn_finish (NnRnn *rnn, const NnLayer *layer, size_t first);
/* Floats of scratch for n samples are this times n. */
size_t nn_rnn_scratch_per_sample (const NnRnn *rnn);

/* Runs n samples. mask: [n][steps] or NULL. initial: [n_states] of [n][units],
 * or NULL for zeros. out: [n][units], or [n][steps][units]. final: [n_states]
 * of [n][units], or NULL. */
void nn_rnn_run (const NnRnn *rnn, size_t n, const float *in, const float *mask,
    const float *const *initial, float *out, float *const *final,
    float *scratch);

/* A recurrent layer with one NnRnn, whose class has this setup and so on. */
typedef struct {
  NnLayer base;
  NnRnn rnn;
} NnRnnLayer;

void nn_rnn_layer_setup (
    NnLayer *layer, const NnConfig *config, const NnRnnCell *cell);
void nn_rnn_layer_finish (NnLayer *layer);
void nn_rnn_layer_forward (const NnLayer *layer, const NnCall *call);
double nn_rnn_layer_flops (const NnLayer *layer);
