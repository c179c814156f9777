/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/layers/rnn.h"

#include <string.h>

/* clang-format off */
static const struct {
  const char *class_name;
  const NnRnnCell *cell;
} cells[] = {
  { "SimpleRNN",     &nn_simple_rnn_cell },
  { "SimpleRNNCell", &nn_simple_rnn_cell },
  { "GRU",           &nn_gru_cell },
  { "GRUCell",       &nn_gru_cell },
  { "LSTM",          &nn_lstm_cell },
  { "LSTMCell",      &nn_lstm_cell },
  { "UnifiedGRU",    &nn_gru_cell }, /* tf.keras 2.0 before its release */
  { "UnifiedLSTM",   &nn_lstm_cell },
  { "CuDNNGRU",      &nn_cudnn_gru_cell },
  { "CuDNNLSTM",     &nn_cudnn_lstm_cell },
};
/* clang-format on */

const NnRnnCell *
nn_rnn_cell_find (const char *class_name)
{
  for (size_t i = 0; i < G_N_ELEMENTS (cells); i++)
    if (g_str_equal (cells[i].class_name, class_name))
      return cells[i].cell;
  return NULL;
}

void
nn_rnn_read (NnRnn *rnn, const NnRnnCell *cell, const NnShape *in,
    const NnConfig *config, const NnConfig *cell_config)
{
  rnn->cell = cell;
  rnn->steps = in->dim[0];
  rnn->k = in->dim[1];
  rnn->units = nn_config_size (cell_config, "units", 0);
  rnn->activation = nn_activation_read (cell_config, "activation", "tanh");
  rnn->recurrent_activation =
      nn_activation_read (cell_config, "recurrent_activation", "sigmoid");
  if (rnn->activation.is_elsewhere || rnn->recurrent_activation.is_elsewhere)
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "an activation along another axis than the last is not supported");
  rnn->use_bias = nn_config_bool (cell_config, "use_bias", true);
  rnn->go_backwards = nn_config_bool (config, "go_backwards", false);
  rnn->return_sequences = nn_config_bool (config, "return_sequences", false);
  rnn->return_state = nn_config_bool (config, "return_state", false);
  rnn->zero_masked = nn_config_bool (config, "zero_output_for_mask", false);
  rnn->dropout = CLAMP (nn_config_double (cell_config, "dropout", 0), 0, 0.99);
  rnn->recurrent_dropout =
      CLAMP (nn_config_double (cell_config, "recurrent_dropout", 0), 0, 0.99);
  rnn->is_stateful = nn_config_bool (config, "stateful", false);
  nn_layer_refuse (config, "time_major");
  if (cell->read)
    cell->read (rnn, cell_config);
}

static size_t
n_columns (const NnRnn *rnn)
{
  return rnn->cell->n_gates * rnn->units;
}

size_t
nn_rnn_add_params (
    const NnRnn *rnn, NnLayer *layer, const NnConfig *config, const char *scope)
{
  const size_t columns = n_columns (rnn);
  NnShape bias = { .rank = 1, .dim = { columns } };
  size_t first;

  if (rnn->cell->is_cudnn)
    bias.dim[0] = 2 * columns;
  else if (rnn->reset_after)
    bias = (NnShape){ .rank = 2, .dim = { 2, columns } };
  first = nn_layer_add_param (layer, config, scope, "kernel",
      &(NnShape){ .rank = 2, .dim = { rnn->k, columns } }, true);
  nn_layer_add_param (layer, config, scope, "recurrent_kernel",
      &(NnShape){ .rank = 2, .dim = { rnn->units, columns } }, true);
  if (rnn->use_bias)
    nn_layer_add_param (layer, config, scope, "bias", &bias, true);
  if (rnn->use_bias && nn_config_ok (config) && rnn->cell->forgets
      && nn_config_bool (config, "unit_forget_bias", true)) {
    NnParam *const param =
        g_ptr_array_index (layer->weights->params, first + 2);

    param->initializer.ones_first = rnn->units;
    param->initializer.n_ones = rnn->units;
  }
  return first;
}

/* The blocks of a kernel [k][gates * units] as cuDNN stores them: each block,
 * in reading order, is the transposed block [units][k]. */
static void
convert_kernel (const NnRnn *rnn, size_t k, const float *from, float *to)
{
  const size_t units = rnn->units, columns = n_columns (rnn);

  for (size_t g = 0; g < rnn->cell->n_gates; g++)
    for (size_t i = 0; i < k; i++)
      for (size_t j = 0; j < units; j++) {
        const size_t place = j * k + i;

        to[i * columns + g * units + j] =
            from[place / units * columns + g * units + place % units];
      }
}

/* CuDNNGRU and CuDNNLSTM -> GRU (reset_after) and LSTM, as Keras does when it
 * loads one's weights into the other (preprocess_weights_for_loading). */
static bool
convert_cudnn (NnRnn *rnn)
{
  const size_t columns = n_columns (rnn), units = rnn->units;
  float *kernel, *recurrent, *bias;

  if (!rnn->converted)
    rnn->converted = g_try_new (float, (rnn->k + units + 2) * columns);
  if (!rnn->converted)
    return false;
  kernel = rnn->converted;
  recurrent = kernel + rnn->k * columns;
  bias = recurrent + units * columns;
  convert_kernel (rnn, rnn->k, rnn->kernel, kernel);
  convert_kernel (rnn, units, rnn->recurrent, recurrent);
  rnn->kernel = kernel;
  rnn->recurrent = recurrent;
  if (!rnn->bias)
    return true;
  memcpy (bias, rnn->bias, 2 * columns * sizeof *bias);
  for (size_t i = 0; i < columns && !rnn->reset_after; i++)
    bias[i] += bias[columns + i];
  rnn->bias = bias;
  return true;
}

static void
clear_packed (NnRnn *rnn)
{
  nn_packed_clear (&rnn->packed_kernel);
  nn_packed_clear (&rnn->packed_recurrent);
  nn_packed_clear (&rnn->packed_candidate);
  nn_quantised_clear (&rnn->quantised);
}

static bool
pack (NnRnn *rnn)
{
  const size_t units = rnn->units, columns = n_columns (rnn);
  const size_t candidate = rnn->recurrent_by_cell ? units : 0;

  return nn_packed_init (&rnn->packed_kernel, nn_simd (), rnn->kernel, columns,
             rnn->k, columns)
      && nn_packed_init (&rnn->packed_recurrent, nn_simd (), rnn->recurrent,
          columns, units, columns - candidate)
      && (!candidate
          || nn_packed_init (&rnn->packed_candidate, nn_simd (),
              rnn->recurrent + columns - candidate, columns, units, candidate));
}

bool
nn_rnn_finish (NnRnn *rnn, const NnLayer *layer, size_t first)
{
  rnn->kernel = nn_layer_value (layer, first);
  rnn->recurrent = nn_layer_value (layer, first + 1);
  rnn->bias = rnn->use_bias ? nn_layer_value (layer, first + 2) : NULL;
  if (rnn->cell->is_cudnn && !convert_cudnn (rnn))
    return false;
  rnn->is_standard = nn_activation_is (&rnn->activation, "tanh")
      && nn_activation_is (&rnn->recurrent_activation, "sigmoid");
  nn_quantised_clear (&rnn->quantised);
  return pack (rnn);
}

void
nn_rnn_quantise (NnRnn *rnn, const NnLayer *layer)
{
  const size_t columns = n_columns (rnn);

  if (!rnn->is_standard || rnn->recurrent_by_cell || layer->n_in > 1)
    return;
  if (nn_quantised_init (&rnn->quantised, nn_simd (), rnn->recurrent, columns,
          rnn->units, columns))
    nn_packed_clear (&rnn->packed_recurrent);
}

void
nn_rnn_clear (NnRnn *rnn)
{
  clear_packed (rnn);
  g_clear_pointer (&rnn->converted, g_free);
}

NnShape
nn_rnn_out_shape (const NnRnn *rnn)
{
  return rnn->return_sequences
      ? (NnShape){ .rank = 2, .dim = { rnn->steps, rnn->units } }
      : nn_rnn_state_shape (rnn);
}

NnShape
nn_rnn_state_shape (const NnRnn *rnn)
{
  return (NnShape){ .rank = 1, .dim = { rnn->units } };
}

/* Steps whose input is projected at once: enough for an efficient product, few
 * enough to stay in the cache. */
#define BLOCK ((size_t) 24)

static size_t
block_len (const NnRnn *rnn)
{
  return MIN (rnn->steps, BLOCK);
}

/* Floats of memory for the bytes of a sample's state. */
static size_t
quantised_len (const NnRnn *rnn)
{
  return nn_quantised_row_len (rnn->units) / sizeof (float);
}

/* For each sample: projections of a block of steps, one recurrent product,
 * states, one of them in bytes. Cannot wrap: the factors are axes of tensors
 * that are in bounds. */
size_t
nn_rnn_scratch_per_sample (const NnRnn *rnn)
{
  return (block_len (rnn) + 1) * n_columns (rnn)
      + rnn->cell->n_states * rnn->units + quantised_len (rnn);
}

double
nn_rnn_flops (const NnRnn *rnn)
{
  return 2.0 * rnn->steps * n_columns (rnn) * (rnn->k + rnn->units);
}

/* The position of step i in the input. */
static size_t
time_of (const NnRnn *rnn, size_t i)
{
  return rnn->go_backwards ? rnn->steps - 1 - i : i;
}

/* x [n][n_steps][columns]: the projected input of n_steps from time t on. */
static void
project_inputs (const NnRnn *rnn, size_t n, size_t t, size_t n_steps,
    const float *in, float *x)
{
  const size_t columns = n_columns (rnn);

  for (size_t i = 0; i < n; i++)
    nn_simd ()->product (&(NnProduct){ .m = n_steps,
        .a = in + (i * rnn->steps + t) * rnn->k,
        .lda = rnn->k,
        .n_segments = 1,
        .segment_len = rnn->k,
        .b = &rnn->packed_kernel,
        .bias = rnn->bias,
        .c = x + i * n_steps * columns,
        .ldc = columns });
}

/* n samples side by side: their states are one matrix. */
typedef struct {
  size_t n;
  const float *mask;                /* [n][steps], or NULL */
  float *states[NN_RNN_MAX_STATES]; /* [n][units] */
  guint8 *bytes;                    /* scratch [n][of a row of units] */
  float *rec;                       /* [n][columns] */
  float *out;                       /* [n][steps or 1][units] */
} Batch;

/* rec [n][columns] = h [n][units] times the recurrent kernel, and its bias. */
static void
project_states (const NnRnn *rnn, const Batch *batch)
{
  const size_t columns = n_columns (rnn), n = batch->n;
  const float *const h = batch->states[0];
  float *const rec = batch->rec;
  const float *const bias =
      rnn->reset_after && rnn->bias ? rnn->bias + columns : NULL;

  if (rnn->quantised.data) {
    nn_simd ()->quantised_product (&(NnQuantisedProduct){ .m = n,
        .a = h,
        .b = &rnn->quantised,
        .bias = bias,
        .bytes = batch->bytes,
        .c = rec,
        .ldc = columns });
    return;
  }
  if (n > 1) {
    nn_simd ()->product (&(NnProduct){ .m = n,
        .a = h,
        .lda = rnn->units,
        .n_segments = 1,
        .segment_len = rnn->units,
        .b = &rnn->packed_recurrent,
        .bias = bias,
        .c = rec,
        .ldc = columns });
    return;
  }
  if (bias)
    memcpy (rec, bias, columns * sizeof *rec);
  else
    memset (rec, 0, columns * sizeof *rec);
  nn_simd ()->vector_product (h, &rnn->packed_recurrent, rec);
}

/* Writes the output of one step of one sample. A masked step repeats the last
 * output, which is zero before the first, even with an initial state. */
static void
write_output (
    const NnRnn *rnn, const float *mask, size_t i, const float *h, float *out)
{
  const size_t bytes = rnn->units * sizeof (float);
  bool has_output = false;

  for (size_t k = 0; mask && k <= i && !has_output; k++)
    has_output = mask[time_of (rnn, k)] != 0;
  if (!mask || mask[time_of (rnn, i)] != 0 || (has_output && !rnn->zero_masked))
    memcpy (out, h, bytes);
  else
    memset (out, 0, bytes);
}

/* Step i; x: where the projection of each sample's step is, stride apart. */
static void
run_step (const NnRnn *rnn, const Batch *batch, size_t i, const float *x,
    size_t stride)
{
  const size_t units = rnn->units;
  const size_t n_out = rnn->return_sequences ? rnn->steps : 1;
  const size_t place = rnn->return_sequences ? i : 0;

  if (!rnn->recurrent_by_cell)
    project_states (rnn, batch);
  for (size_t k = 0; k < batch->n; k++) {
    const float *const mask = batch->mask ? batch->mask + k * rnn->steps : NULL;
    float *mine[NN_RNN_MAX_STATES];

    for (size_t s = 0; s < rnn->cell->n_states; s++)
      mine[s] = batch->states[s] + k * units;
    if (!mask || mask[time_of (rnn, i)] != 0)
      rnn->cell->step (
          rnn, x + k * stride, batch->rec + k * n_columns (rnn), mine);
    if (rnn->return_sequences || i + 1 == rnn->steps)
      write_output (
          rnn, mask, i, mine[0], batch->out + (k * n_out + place) * units);
  }
}

/* n_steps steps from i on; x: scratch for their projections. */
static void
run_block (const NnRnn *rnn, const Batch *batch, size_t i, size_t n_steps,
    const float *in, float *x)
{
  const size_t columns = n_columns (rnn);
  const size_t first = rnn->go_backwards ? rnn->steps - i - n_steps : i;

  project_inputs (rnn, batch->n, first, n_steps, in, x);
  for (size_t k = i; k < i + n_steps; k++)
    run_step (rnn, batch, k, x + (time_of (rnn, k) - first) * columns,
        n_steps * columns);
}

void
nn_rnn_run (const NnRnn *rnn, size_t n, const float *in, const float *mask,
    const float *const *initial, float *out, float *const *final,
    float *scratch)
{
  const size_t columns = n_columns (rnn), block = block_len (rnn);
  const size_t state_bytes = n * rnn->units * sizeof (float);
  float *const x = scratch;
  Batch batch = {
    .n = n, .mask = mask, .rec = x + n * block * columns, .out = out
  };

  for (size_t s = 0; s < rnn->cell->n_states; s++) {
    batch.states[s] = batch.rec + n * columns + s * n * rnn->units;
    if (initial)
      memcpy (batch.states[s], initial[s], state_bytes);
    else
      memset (batch.states[s], 0, state_bytes);
  }
  batch.bytes =
      (guint8 *) (batch.rec + n * (columns + rnn->cell->n_states * rnn->units));
  for (size_t i = 0; i < rnn->steps; i += block)
    run_block (rnn, &batch, i, MIN (block, rnn->steps - i), in, x);
  for (size_t s = 0; s < rnn->cell->n_states && final; s++)
    memcpy (final[s], batch.states[s], state_bytes);
}

bool
nn_rnn_expect_sequence (const NnLayer *layer, const NnConfig *config)
{
  g_autofree char *text = NULL;

  if (layer->n_in > 0 && layer->in[0].rank == 2)
    return true;
  text = layer->n_in > 0 ? nn_shape_to_string (&layer->in[0])
                         : g_strdup ("nothing");
  nn_config_fail (config, NN_ERROR_SHAPE,
      "the input is %s, expected (steps, features)", text);
  return false;
}

void
nn_rnn_expect_states (const NnRnn *rnn, const NnLayer *layer,
    const NnConfig *config, size_t first)
{
  const NnShape state = nn_rnn_state_shape (rnn);

  for (size_t i = first; i < first + rnn->cell->n_states; i++)
    if (i >= layer->n_in || !nn_shape_equal (&layer->in[i], &state))
      nn_config_fail (config, NN_ERROR_SHAPE,
          "an initial state is missing, or does not have %" G_GSIZE_FORMAT
          " units",
          rnn->units);
}

void
nn_rnn_layer_setup (NnLayer *layer, const NnConfig *config)
{
  NnRnn *const rnn = &((NnRnnLayer *) layer)->rnn;
  const NnRnnCell *const cell = nn_rnn_cell_find (layer->klass->keras_name);
  NnShape out, state;

  if (!nn_rnn_expect_sequence (layer, config))
    return;
  nn_rnn_read (rnn, cell, &layer->in[0], config, config);
  if (layer->n_in > 1)
    nn_rnn_expect_states (rnn, layer, config, 1);
  if (layer->n_in > 1 + cell->n_states)
    nn_config_fail (config, NN_ERROR_SHAPE,
        "%" G_GSIZE_FORMAT
        " inputs; expected are a sequence and %" G_GSIZE_FORMAT " states",
        layer->n_in, cell->n_states);
  nn_rnn_add_params (rnn, layer, config, "cell");
  out = nn_rnn_out_shape (rnn);
  state = nn_rnn_state_shape (rnn);
  nn_layer_add_output (layer, config, &out);
  for (size_t s = 0; s < cell->n_states && rnn->return_state; s++)
    nn_layer_add_output (layer, config, &state);
  layer->is_stateful = rnn->is_stateful;
  if (rnn->is_stateful && layer->n_in == 1 && !rnn->return_state)
    layer->state_len = cell->n_states * rnn->units;
  layer->mask_rule = rnn->return_sequences ? NN_MASK_PASS : NN_MASK_STOP;
  layer->scratch_per_sample = nn_rnn_scratch_per_sample (rnn);
}

bool
nn_rnn_layer_finish (NnLayer *layer)
{
  return nn_rnn_finish (&((NnRnnLayer *) layer)->rnn, layer, 0);
}

void
nn_rnn_layer_quantise (NnLayer *layer)
{
  nn_rnn_quantise (&((NnRnnLayer *) layer)->rnn, layer);
}

/* The samples of the call one after the other, starting from its state. If
 * their outputs are those of the steps of one long sample, they are processed
 * as that. */
static void
run_sequence (const NnRnn *rnn, const NnCall *call)
{
  const size_t out_len =
      rnn->return_sequences ? rnn->steps * rnn->units : rnn->units;
  const float *const mask = call->in_mask[0];
  float *states[NN_RNN_MAX_STATES];
  const float *initial[NN_RNN_MAX_STATES];

  for (size_t s = 0; s < rnn->cell->n_states; s++)
    initial[s] = states[s] = call->state + s * rnn->units;
  if (!mask && !rnn->go_backwards
      && (rnn->return_sequences || rnn->steps == 1)) {
    NnRnn whole = *rnn;

    whole.steps = call->n * rnn->steps;
    whole.return_sequences = true;
    nn_rnn_run (&whole, 1, call->in[0], NULL, initial, call->out[0], states,
        call->scratch);
    return;
  }
  for (size_t i = 0; i < call->n; i++)
    nn_rnn_run (rnn, 1, call->in[0] + i * rnn->steps * rnn->k,
        mask ? mask + i * rnn->steps : NULL, initial,
        call->out[0] + i * out_len, states, call->scratch);
}

void
nn_rnn_layer_forward (const NnLayer *layer, const NnCall *call)
{
  const NnRnn *const rnn = &((const NnRnnLayer *) layer)->rnn;

  if (call->state) {
    run_sequence (rnn, call);
    return;
  }
  nn_rnn_run (rnn, call->n, call->in[0], call->in_mask[0],
      layer->n_in > 1 ? call->in + 1 : NULL, call->out[0],
      rnn->return_state ? call->out + 1 : NULL, call->scratch);
}

double
nn_rnn_layer_flops (const NnLayer *layer)
{
  return nn_rnn_flops (&((const NnRnnLayer *) layer)->rnn);
}

void
nn_rnn_layer_clear (NnLayer *layer)
{
  nn_rnn_clear (&((NnRnnLayer *) layer)->rnn);
}
