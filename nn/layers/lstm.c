/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LSTM (Hochreiter & Schmidhuber 1997), gates i f c o as in Keras:
 *   c = f * c' + i * act (z_c),  h = o * act (c)
 */
#include "nn/layers/layers.h"
#include "nn/layers/rnn.h"

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

const NnRnnCell nn_lstm_cell = {
  .scope = "lstm_cell", .n_gates = 4, .n_states = 2, .step = lstm_step
};

const NnRnnCell nn_cudnn_lstm_cell = {
  .n_gates = 4, .n_states = 2, .is_cudnn = true, .step = lstm_step
};

const NnLayerClass nn_lstm_classes[] = {
  NN_RNN_LAYER ("LSTM"),
  NN_RNN_LAYER ("CuDNNLSTM"),
  { NULL },
};
