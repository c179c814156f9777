/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SimpleRNN (Elman 1990):  h = act (x + h' U) */
#include <string.h>
#include "nn/layers/layers.h"
#include "nn/layers/rnn-training.h"

static void
simple_rnn_step (
    const NnRnn *rnn, const float *x, float *rec, float *const *states)
{
  for (size_t k = 0; k < rnn->units; k++)
    states[0][k] = x[k] + rec[k];
  nn_activation_apply (&rnn->activation, states[0], 1, rnn->units);
}

/* Keeps h. */
static void
simple_rnn_train_step (NnRnnChunk *chunk, size_t step)
{
  const NnRnn *const rnn = chunk->rnn;
  float *const z = nn_rnn_z (chunk, step);

  nn_simd ()->product (&(NnProduct){ .m = chunk->n,
      .a = nn_rnn_used (chunk, step),
      .lda = rnn->units,
      .n_segments = 1,
      .segment_len = rnn->units,
      .b = &rnn->packed_recurrent,
      .accumulate = true,
      .c = z,
      .ldc = rnn->units });
  nn_activation_apply (&rnn->activation, z, chunk->n, rnn->units);
  memcpy (
      nn_rnn_state (chunk, 0, step + 1), z, chunk->n * rnn->units * sizeof *z);
}

static void
simple_rnn_pack_back (NnRnnChunk *chunk)
{
  const size_t units = chunk->rnn->units;

  nn_packed_at (
      chunk->packed, nn_simd (), chunk->rnn->recurrent, 1, units, units, units);
}

static void
simple_rnn_step_back (NnRnnChunk *chunk, size_t step)
{
  const NnRnn *const rnn = chunk->rnn;
  const size_t units = rnn->units, size = chunk->n * units;
  const NnPacked transposed = { units, units, chunk->packed };
  float *const z = nn_rnn_z (chunk, step);

  nn_activation_gradient (
      &rnn->activation, NULL, z, chunk->d_states[0], chunk->n, units);
  memcpy (z, chunk->d_states[0], size * sizeof *z);
  nn_simd ()->product (&(NnProduct){ .m = chunk->n,
      .a = z,
      .lda = units,
      .n_segments = 1,
      .segment_len = units,
      .b = &transposed,
      .c = chunk->d_states[0],
      .ldc = units });
}

static void
simple_rnn_recurrent_gradient (
    const NnRnnChunk *chunk, float *kernel, float *bias)
{
  const size_t units = chunk->rnn->units;

  nn_rnn_recurrent_gradient (chunk, NULL, 0, units, kernel, units);
}

const NnRnnCell nn_simple_rnn_cell = { .scope = "simple_rnn_cell",
  .n_gates = 1,
  .n_states = 1,
  .step = simple_rnn_step,
  .n_kept = 1,
  .train_step = simple_rnn_train_step,
  .pack_back = simple_rnn_pack_back,
  .step_back = simple_rnn_step_back,
  .recurrent_gradient = simple_rnn_recurrent_gradient };

const NnLayerClass nn_simple_rnn_classes[] = {
  NN_RNN_LAYER ("SimpleRNN", "simple_rnn_cell", &nn_rnn_layer_training),
  { NULL },
};
