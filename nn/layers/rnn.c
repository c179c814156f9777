/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/layers/rnn.h"

#include <string.h>
#include "nn/blas.h"
#include "nn/kernels.h"

/* Keras before 2.3 (and so files that do not say) had hard_sigmoid gates. */
static const char *
default_recurrent_activation (const NnConfig *config)
{
  return "sigmoid";
}

void
nn_rnn_read (NnRnn *rnn, const NnRnnCell *cell, const NnShape *in,
    const NnConfig *config)
{
  rnn->cell = cell;
  rnn->steps = in->dim[0];
  rnn->k = in->dim[1];
  rnn->units = nn_config_size (config, "units", 0);
  rnn->activation = nn_activation_read (config, "activation", "tanh");
  rnn->recurrent_activation = nn_activation_read (
      config, "recurrent_activation", default_recurrent_activation (config));
  rnn->use_bias = nn_config_bool (config, "use_bias", true);
  rnn->go_backwards = nn_config_bool (config, "go_backwards", false);
  rnn->return_sequences = nn_config_bool (config, "return_sequences", false);
  rnn->return_state = nn_config_bool (config, "return_state", false);
  nn_layer_refuse (config, "stateful");
  nn_layer_refuse (config, "time_major");
}

void
nn_rnn_add_params (
    const NnRnn *rnn, NnLayer *layer, const NnConfig *config, const char *scope)
{
  const size_t columns = rnn->cell->n_gates * rnn->units;
  const NnShape bias = rnn->reset_after
      ? (NnShape){ .rank = 2, .dim = { 2, columns } }
      : (NnShape){ .rank = 1, .dim = { columns } };

  nn_layer_add_param (layer, config, scope, "kernel",
      &(NnShape){ .rank = 2, .dim = { rnn->k, columns } }, true);
  nn_layer_add_param (layer, config, scope, "recurrent_kernel",
      &(NnShape){ .rank = 2, .dim = { rnn->units, columns } }, true);
  if (rnn->use_bias)
    nn_layer_add_param (layer, config, scope, "bias", &bias, true);
}

void
nn_rnn_finish (NnRnn *rnn, const NnLayer *layer, size_t first)
{
  rnn->kernel = nn_layer_value (layer, first);
  rnn->recurrent = nn_layer_value (layer, first + 1);
  rnn->bias = rnn->use_bias ? nn_layer_value (layer, first + 2) : NULL;
}

/* For each sample: projections of all steps, one recurrent product, states. */
size_t
nn_rnn_scratch_per_sample (const NnRnn *rnn)
{
  const size_t columns = rnn->cell->n_gates * rnn->units;

  return (rnn->steps + 1) * columns + rnn->cell->n_states * rnn->units;
}

static void
project_inputs (const NnRnn *rnn, size_t n, const float *in, float *x)
{
  const size_t columns = rnn->cell->n_gates * rnn->units;

  for (size_t r = 0; r < n * rnn->steps && rnn->bias; r++)
    memcpy (x + r * columns, rnn->bias, columns * sizeof (float));
  nn_blas_gemm (n * rnn->steps, columns, rnn->k, in, rnn->k, rnn->kernel,
      columns, rnn->bias != NULL, x, columns);
}

/* One sample from its first state to its last. */
static void
run_sample (const NnRnn *rnn, const float *x, const float *mask,
    float *const *states, float *rec, float *out)
{
  const size_t units = rnn->units, columns = rnn->cell->n_gates * units;
  bool has_output = false;

  for (size_t i = 0; i < rnn->steps; i++) {
    const size_t t = rnn->go_backwards ? rnn->steps - 1 - i : i;

    if (!mask || mask[t] != 0) {
      if (!rnn->recurrent_by_cell) {
        memset (rec, 0, columns * sizeof (float));
        nn_kernel_gemv (
            rnn->units, columns, states[0], rnn->recurrent, columns, rec);
      }
      rnn->cell->step (rnn, x + t * columns, rec, states);
      has_output = true;
    }
    if (!rnn->return_sequences)
      continue;
    /* A masked step repeats the last output, which is zero before the first. */
    if (has_output)
      memcpy (out + i * units, states[0], units * sizeof (float));
    else
      memset (out + i * units, 0, units * sizeof (float));
  }
  if (!rnn->return_sequences)
    memcpy (out, states[0], units * sizeof (float));
}

void
nn_rnn_run (const NnRnn *rnn, size_t n, const float *in, const float *mask,
    const float *const *initial, float *out, float *const *final,
    float *scratch)
{
  const size_t units = rnn->units, columns = rnn->cell->n_gates * units;
  const size_t out_size = rnn->return_sequences ? rnn->steps * units : units;
  float *const x = scratch;
  float *const rec = x + n * rnn->steps * columns;
  float *states[NN_RNN_MAX_STATES];

  for (size_t s = 0; s < rnn->cell->n_states; s++)
    states[s] = rec + columns + s * units;
  project_inputs (rnn, n, in, x);
  for (size_t i = 0; i < n; i++) {
    for (size_t s = 0; s < rnn->cell->n_states; s++)
      if (initial)
        memcpy (states[s], initial[s] + i * units, units * sizeof (float));
      else
        memset (states[s], 0, units * sizeof (float));
    run_sample (rnn, x + i * rnn->steps * columns,
        mask ? mask + i * rnn->steps : NULL, states, rec, out + i * out_size);
    for (size_t s = 0; s < rnn->cell->n_states && final; s++)
      memcpy (final[s] + i * units, states[s], units * sizeof (float));
  }
}

void
nn_rnn_layer_setup (
    NnLayer *layer, const NnConfig *config, const NnRnnCell *cell)
{
  NnRnn *const rnn = &((NnRnnLayer *) layer)->rnn;
  const size_t n_in = layer->n_in > 1 ? 1 + cell->n_states : 1;
  NnShape state = { .rank = 1 };

  if (layer->n_in != n_in || layer->in[0].rank != 2) {
    nn_config_fail (config, NN_ERROR_SHAPE,
        "expected one input (steps, features), or that and %" G_GSIZE_FORMAT
        " states",
        cell->n_states);
    return;
  }
  nn_rnn_read (rnn, cell, &layer->in[0], config);
  state.dim[0] = rnn->units;
  rnn->has_initial_state = n_in > 1;
  for (size_t i = 1; i < n_in; i++)
    if (!nn_shape_equal (&layer->in[i], &state))
      nn_config_fail (config, NN_ERROR_SHAPE,
          "an initial state does not have %" G_GSIZE_FORMAT " units",
          rnn->units);
  nn_rnn_add_params (rnn, layer, config, "cell");
  if (!nn_config_ok (config))
    return;
  nn_layer_add_output (layer, config,
      rnn->return_sequences
          ? &(NnShape){ .rank = 2, .dim = { rnn->steps, rnn->units } }
          : &state);
  for (size_t s = 0; s < cell->n_states && rnn->return_state; s++)
    nn_layer_add_output (layer, config, &state);
  layer->mask_rule = rnn->return_sequences ? NN_MASK_PASS : NN_MASK_STOP;
  layer->scratch_per_sample = nn_rnn_scratch_per_sample (rnn);
}

void
nn_rnn_layer_finish (NnLayer *layer)
{
  nn_rnn_finish (&((NnRnnLayer *) layer)->rnn, layer, 0);
}

void
nn_rnn_layer_forward (const NnLayer *layer, const NnCall *call)
{
  const NnRnn *const rnn = &((const NnRnnLayer *) layer)->rnn;

  nn_rnn_run (rnn, call->n, call->in[0], call->in_mask[0],
      rnn->has_initial_state ? call->in + 1 : NULL, call->out[0],
      rnn->return_state ? call->out + 1 : NULL, call->scratch);
}

double
nn_rnn_layer_flops (const NnLayer *layer)
{
  const NnRnn *const rnn = &((const NnRnnLayer *) layer)->rnn;

  return 2.0 * rnn->steps * rnn->cell->n_gates * rnn->units
      * (rnn->k + rnn->units);
}
