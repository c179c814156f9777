/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all recurrent layers share: reading the common options, weights, the
 * loop over steps. A cell only defines one step.
 *
 *   in [steps][k]  kernel [k][gates * units]  recurrent [units][gates * units]
 *   -> out [units], or [steps][units] with return_sequences
 *      and the final states [units] with return_state
 *
 * Input projections of all steps are one product; then step after step. */
#pragma once

#include "nn/activation.h"
#include "nn/layer.h"
#include "nn/simd.h"

#define NN_RNN_MAX_STATES 2

typedef struct _NnRnn NnRnn;
typedef struct _NnRnnChunk NnRnnChunk;

typedef struct {
  size_t n_gates;    /* blocks of units columns in the kernels */
  size_t n_states;   /* 1: h; 2: h and c */
  bool is_cudnn;     /* weights as cuDNN orders them, two biases */
  bool forgets;      /* its second gate, whose bias Keras initialises to 1 */
  const char *scope; /* Keras 3's scope of a cell in a stack: "lstm_cell" */
  /* Reads options that only this cell has. May be NULL. */
  void (*read) (NnRnn *rnn, const NnConfig *config);
  /* One step of one sample. x: [gates * units] input projection with its bias;
   * rec: [gates * units] state times recurrent kernel, with the bias of
   * reset_after (scratch for cells that compute it themselves:
   * recurrent_by_cell). states: [n_states] of [units], updated in place. */
  void (*step) (
      const NnRnn *rnn, const float *x, float *rec, float *const *states);

  /* Training, see nn/layers/rnn-training.h; NULL: not supported. */
  size_t n_kept; /* blocks of units that a step saves for backward */
  /* z: the projected input -> what is saved; states: before -> after the step.
   */
  void (*train_step) (NnRnnChunk *chunk, size_t step);
  /* Before the steps backward: packs the weights that they need. */
  void (*pack_back) (NnRnnChunk *chunk);
  /* d_states: after the step -> before it; z -> gradients of the sums. */
  void (*step_back) (NnRnnChunk *chunk, size_t step);
  /* Adds the gradient of the recurrent kernel, and of a bias that the input
   * projection lacks (may be NULL). */
  void (*recurrent_gradient) (
      const NnRnnChunk *chunk, float *kernel, float *bias);
} NnRnnCell;

extern const NnRnnCell nn_simple_rnn_cell, nn_gru_cell, nn_lstm_cell;
extern const NnRnnCell nn_cudnn_gru_cell, nn_cudnn_lstm_cell;

/* By Keras' class name of a layer ("LSTM") or cell ("LSTMCell"), or NULL. */
const NnRnnCell *nn_rnn_cell_find (const char *class_name);

struct _NnRnn {
  const NnRnnCell *cell;
  size_t steps, k, units;
  NnActivation activation, recurrent_activation;
  bool use_bias, reset_after, recurrent_by_cell;
  bool go_backwards, return_sequences, return_state, is_stateful;
  bool zero_masked; /* a masked step gives zeros, not the last output */
  const float *kernel, *recurrent, *bias; /* set by nn_rnn_finish */
  float *converted;                  /* their memory if the cell is cuDNN's */
  bool is_standard;                  /* tanh and sigmoid: computed by NnSimd */
  double dropout, recurrent_dropout; /* in training */
  NnPacked packed_kernel, packed_recurrent;
  NnPacked packed_candidate; /* GRU without reset_after: its last block */
  NnQuantised quantised;     /* by nn_rnn_quantise: replaces packed_recurrent */
};

/* Reads the configs of a recurrent layer and of its cell (usually the same
 * one); in: the shape [steps][k]. */
void nn_rnn_read (NnRnn *rnn, const NnRnnCell *cell, const NnShape *in,
    const NnConfig *config, const NnConfig *cell_config);
/* Declares kernel, recurrent_kernel and bias under scope; returns the index of
 * the first. config: the cell's. */
size_t nn_rnn_add_params (const NnRnn *rnn, NnLayer *layer,
    const NnConfig *config, const char *scope);
/* Takes the weights, the first of which is params[first], and packs them; false
 * if out of memory. To be called again when they have changed. */
bool nn_rnn_finish (NnRnn *rnn, const NnLayer *layer, size_t first);
/* Rounds the recurrent kernel to 8 bits, and states before they are multiplied
 * by it, if states stay within -1 ... 1. Undone by nn_rnn_finish. layer: its
 * inputs tell whether there are initial states, which are unbounded. */
void nn_rnn_quantise (NnRnn *rnn, const NnLayer *layer);
void nn_rnn_clear (NnRnn *rnn);

/* Shapes of the output and of each state. */
NnShape nn_rnn_out_shape (const NnRnn *rnn);
NnShape nn_rnn_state_shape (const NnRnn *rnn);
/* Floats of scratch memory for each sample. */
size_t nn_rnn_scratch_per_sample (const NnRnn *rnn);

/* As NnLayerClass.flops. */
double nn_rnn_flops (const NnRnn *rnn);

/* Processes n samples. mask: [n][steps] or NULL. initial: [n_states] of
 * [n][units], or NULL for zeros. out: [n][units], or [n][steps][units]. final:
 * [n_states] of [n][units], or NULL. */
void nn_rnn_run (const NnRnn *rnn, size_t n, const float *in, const float *mask,
    const float *const *initial, float *out, float *const *final,
    float *scratch);

/* Checks the inputs of a recurrent layer: (steps, features), then none or
 * n_states initial states, whose shapes nn_rnn_expect_states checks. */
bool nn_rnn_expect_sequence (const NnLayer *layer, const NnConfig *config);
void nn_rnn_expect_states (const NnRnn *rnn, const NnLayer *layer,
    const NnConfig *config, size_t first);

/* A recurrent layer with one NnRnn. Its class has these functions; its
 * keras_name determines the cell. */
typedef struct {
  NnLayer base;
  NnRnn rnn;
} NnRnnLayer;

void nn_rnn_layer_setup (NnLayer *layer, const NnConfig *config);
bool nn_rnn_layer_finish (NnLayer *layer);
void nn_rnn_layer_quantise (NnLayer *layer);
void nn_rnn_layer_forward (const NnLayer *layer, const NnCall *call);
double nn_rnn_layer_flops (const NnLayer *layer);
void nn_rnn_layer_clear (NnLayer *layer);

/* clang-format off */
#define NN_RNN_LAYER(name, cell, how_to_train)                                 \
  {                                                                            \
    .keras_name = name, .size = sizeof (NnRnnLayer), .saved_scope = cell,      \
    .setup = nn_rnn_layer_setup, .finish = nn_rnn_layer_finish,                \
    .quantise = nn_rnn_layer_quantise, .forward = nn_rnn_layer_forward,        \
    .flops = nn_rnn_layer_flops, .clear = nn_rnn_layer_clear,                  \
    .training = how_to_train,                                                  \
  }
/* clang-format on */
