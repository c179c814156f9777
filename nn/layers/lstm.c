/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LSTM (Hochreiter & Schmidhuber 1997), gates i f c o as in Keras:
 *   c = f * c' + i * act (z_c),  h = o * act (c)
 */
#include <string.h>
#include "nn/layers/layers.h"
#include "nn/layers/rnn-training.h"

static void
lstm_step (const NnRnn *rnn, const float *x, float *rec, float *const *states)
{
  const size_t units = rnn->units;
  float *const h = states[0], *const c = states[1];
  float *const i = rec, *const f = rec + units, *const g = rec + 2 * units,
               *const o = rec + 3 * units;

  if (rnn->is_standard) {
    nn_simd ()->lstm_gates (x, rec, units, c, h);
    return;
  }
  for (size_t k = 0; k < 4 * units; k++)
    rec[k] += x[k];
  nn_activation_apply (&rnn->recurrent_activation, i, 2, units);
  nn_activation_apply (&rnn->activation, g, 1, units);
  nn_activation_apply (&rnn->recurrent_activation, o, 1, units);
  for (size_t k = 0; k < units; k++)
    h[k] = c[k] = f[k] * c[k] + i[k] * g[k];
  nn_activation_apply (&rnn->activation, h, 1, units);
  for (size_t k = 0; k < units; k++)
    h[k] *= o[k];
}

/* Saves i f g o and act (c). */
static void
lstm_train_step (NnRnnChunk *chunk, size_t step)
{
  const NnRnn *const rnn = chunk->rnn;
  const size_t units = rnn->units;

  nn_simd ()->product (&(NnProduct){ .m = chunk->n,
      .a = nn_rnn_used (chunk, step),
      .lda = units,
      .n_segments = 1,
      .segment_len = units,
      .b = &rnn->packed_recurrent,
      .accumulate = true,
      .c = nn_rnn_z (chunk, step),
      .ldc = chunk->width });
  for (size_t k = 0; k < chunk->n; k++) {
    float *const i = nn_rnn_z (chunk, step) + k * chunk->width;
    float *const f = i + units, *const g = f + units, *const o = g + units;
    float *const t = o + units;
    const float *const before = nn_rnn_state (chunk, 1, step) + k * units;
    float *const c = nn_rnn_state (chunk, 1, step + 1) + k * units;

    nn_activation_apply (&rnn->recurrent_activation, i, 2, units);
    nn_activation_apply (&rnn->activation, g, 1, units);
    nn_activation_apply (&rnn->recurrent_activation, o, 1, units);
    nn_loops ()->multiply (units, f, before, c);
    nn_loops ()->multiply_add (units, i, g, c);
    memcpy (t, c, units * sizeof *t);
    nn_activation_apply (&rnn->activation, t, 1, units);
    nn_loops ()->multiply (
        units, o, t, nn_rnn_state (chunk, 0, step + 1) + k * units);
  }
}

static void
lstm_pack_back (NnRnnChunk *chunk)
{
  const size_t units = chunk->rnn->units;

  nn_packed_at (chunk->packed, nn_simd (), chunk->rnn->recurrent, 1, 4 * units,
      4 * units, units);
}

/* One sample: z [5 * units] as saved; dz [4 * units]. */
static void
lstm_gates_back (const NnRnn *rnn, const float *z, const float *c_before,
    const float *dh, float *dc, float *dz)
{
  const size_t units = rnn->units;
  const float *const i = z, *const f = z + units, *const g = z + 2 * units,
                     *const o = z + 3 * units, *const t = z + 4 * units;

  nn_loops ()->multiply (units, dh, o, dz); /* temporarily */
  nn_activation_gradient (&rnn->activation, NULL, t, dz, 1, units);
  nn_loops ()->add (units, dz, dc);
  nn_loops ()->multiply (units, dc, g, dz);
  nn_loops ()->multiply (units, dc, c_before, dz + units);
  nn_loops ()->multiply (units, dc, i, dz + 2 * units);
  nn_loops ()->multiply (units, dh, t, dz + 3 * units);
  nn_activation_gradient (&rnn->recurrent_activation, NULL, i, dz, 2, units);
  nn_activation_gradient (&rnn->activation, NULL, g, dz + 2 * units, 1, units);
  nn_activation_gradient (
      &rnn->recurrent_activation, NULL, o, dz + 3 * units, 1, units);
  nn_loops ()->multiply (units, dc, f, dc);
}

static void
lstm_step_back (NnRnnChunk *chunk, size_t step)
{
  const NnRnn *const rnn = chunk->rnn;
  const size_t units = rnn->units;
  const NnPacked transposed = { 4 * units, units, chunk->packed };

  for (size_t k = 0; k < chunk->n; k++) {
    float *const z = nn_rnn_z (chunk, step) + k * chunk->width;

    lstm_gates_back (rnn, z, nn_rnn_state (chunk, 1, step) + k * units,
        chunk->d_states[0] + k * units, chunk->d_states[1] + k * units,
        chunk->rows);
    memcpy (z, chunk->rows, 4 * units * sizeof *z);
  }
  nn_simd ()->product (&(NnProduct){ .m = chunk->n,
      .a = nn_rnn_z (chunk, step),
      .lda = chunk->width,
      .n_segments = 1,
      .segment_len = 4 * units,
      .b = &transposed,
      .c = chunk->d_states[0],
      .ldc = units });
}

static void
lstm_recurrent_gradient (const NnRnnChunk *chunk, float *kernel, float *bias)
{
  const size_t columns = 4 * chunk->rnn->units;

  nn_rnn_recurrent_gradient (chunk, NULL, 0, columns, kernel, columns);
}

const NnRnnCell nn_lstm_cell = { .scope = "lstm_cell",
  .n_gates = 4,
  .n_states = 2,
  .forgets = true,
  .step = lstm_step,
  .n_kept = 5,
  .train_step = lstm_train_step,
  .pack_back = lstm_pack_back,
  .step_back = lstm_step_back,
  .recurrent_gradient = lstm_recurrent_gradient };

const NnRnnCell nn_cudnn_lstm_cell = { .n_gates = 4,
  .n_states = 2,
  .is_cudnn = true,
  .forgets = true,
  .step = lstm_step };

const NnLayerClass nn_lstm_classes[] = {
  NN_RNN_LAYER ("LSTM", "lstm_cell", &nn_rnn_layer_training),
  NN_RNN_LAYER ("UnifiedLSTM", "lstm_cell", &nn_rnn_layer_training),
  NN_RNN_LAYER ("CuDNNLSTM", "lstm_cell", NULL),
  { NULL },
};
