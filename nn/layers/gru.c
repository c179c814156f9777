/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRU (Cho et al. 2014), gates z r h as in Keras:
 *   h = z * h' + (1 - z) * act (x_h + ...)
 * reset_after (cuDNN's form): ... = r * (h' U_h + b_h), and two rows of bias;
 * otherwise: ... = (r * h') U_h. CuDNNGRU (Keras 2) is the first of these.
 */
#include <string.h>
#include "nn/layers/layers.h"
#include "nn/layers/rnn.h"

static void
blend (const NnRnn *rnn, const float *z, float *candidate, float *h)
{
  nn_activation_apply (&rnn->activation, candidate, 1, rnn->units);
  for (size_t k = 0; k < rnn->units; k++)
    h[k] = z[k] * h[k] + (1 - z[k]) * candidate[k];
}

static void
step_reset_after (const NnRnn *rnn, const float *x, float *rec, float *h)
{
  const size_t units = rnn->units;
  float *const r = rec + units, *const candidate = rec + 2 * units;

  if (rnn->is_standard) {
    nn_simd ()->gru_gates (x, rec, units, h);
    return;
  }
  for (size_t k = 0; k < 2 * units; k++)
    rec[k] += x[k];
  nn_activation_apply (&rnn->recurrent_activation, rec, 2, units);
  for (size_t k = 0; k < units; k++)
    candidate[k] = x[2 * units + k] + r[k] * candidate[k];
  blend (rnn, rec, candidate, h);
}

/* The product for the candidate needs r first, so this form does its own. */
static void
step_reset_before (const NnRnn *rnn, const float *x, float *rec, float *h)
{
  const size_t units = rnn->units;
  float *const r = rec + units, *const candidate = rec + 2 * units;

  memcpy (rec, x, 3 * units * sizeof *rec);
  nn_simd ()->vector_product (h, &rnn->packed_recurrent, rec);
  nn_activation_apply (&rnn->recurrent_activation, rec, 2, units);
  for (size_t k = 0; k < units; k++)
    r[k] *= h[k];
  nn_simd ()->vector_product (r, &rnn->packed_candidate, candidate);
  blend (rnn, rec, candidate, h);
}

static void
gru_step (const NnRnn *rnn, const float *x, float *rec, float *const *states)
{
  if (rnn->reset_after)
    step_reset_after (rnn, x, rec, states[0]);
  else
    step_reset_before (rnn, x, rec, states[0]);
}

static void
gru_read (NnRnn *rnn, const NnConfig *config)
{
  /* Files of Keras before 2.3 do not have the key and mean false. */
  rnn->reset_after =
      nn_config_bool (config, "reset_after", config->keras_major >= 3);
  rnn->recurrent_by_cell = !rnn->reset_after;
}

static void
cudnn_gru_read (NnRnn *rnn, const NnConfig *config)
{
  rnn->reset_after = true;
}

const NnRnnCell nn_gru_cell = { .scope = "gru_cell",
  .n_gates = 3,
  .n_states = 1,
  .read = gru_read,
  .step = gru_step };

const NnRnnCell nn_cudnn_gru_cell = { .n_gates = 3,
  .n_states = 1,
  .is_cudnn = true,
  .read = cudnn_gru_read,
  .step = gru_step };

const NnLayerClass nn_gru_classes[] = {
  NN_RNN_LAYER ("GRU"),
  NN_RNN_LAYER ("CuDNNGRU"),
  { NULL },
};
