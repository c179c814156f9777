/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SimpleRNN (Elman 1990):  h = act (x + h' U) */
#include "nn/layers/layers.h"
#include "nn/layers/rnn.h"

static void
simple_rnn_step (
    const NnRnn *rnn, const float *x, float *rec, float *const *states)
{
  for (size_t k = 0; k < rnn->units; k++)
    states[0][k] = x[k] + rec[k];
  nn_activation_apply (&rnn->activation, states[0], 1, rnn->units);
}

const NnRnnCell nn_simple_rnn_cell = { .scope = "simple_rnn_cell",
  .n_gates = 1,
  .n_states = 1,
  .step = simple_rnn_step };

const NnLayerClass nn_simple_rnn_classes[] = {
  NN_RNN_LAYER ("SimpleRNN"),
  { NULL },
};
