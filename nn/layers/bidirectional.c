/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bidirectional: one recurrent layer forwards, another backwards, and their
 * outputs merged; both use masks, and give zeros at masked steps of a sequence.
 *   in [steps][k], then the initial states of both (or none)
 *   -> out [steps][units] or [units] (concat: 2 units; merge_mode null: two
 *      outputs), then the final states of both with return_state */
#include <string.h>
#include "nn/layers/layers.h"
#include "nn/layers/rnn-training.h"

typedef enum {
  MERGE_CONCAT,
  MERGE_SUM,
  MERGE_MUL,
  MERGE_AVERAGE,
  MERGE_NONE, /* two outputs */
} Merge;

typedef struct {
  NnLayer base;
  NnRnn rnn[2];    /* forward, backward */
  size_t first[2]; /* of their weights */
  Merge merge;
  size_t out_size[2]; /* of a direction, one sample */
} Bidirectional;

static Merge
read_merge (const NnConfig *config)
{
  static const char *const modes[] = { "concat", "sum", "mul", "ave", NULL };
  const NnConfig mode = nn_config_get (config, "merge_mode");

  /* Keras always writes the key: null means two outputs. */
  return nn_config_is_set (&mode)
      ? nn_config_choice (config, "merge_mode", modes, MERGE_CONCAT)
      : MERGE_NONE;
}

/* Reads a direction from config[key], an object {class_name, config}. */
static void
read_direction (
    Bidirectional *self, NnRnn *rnn, const NnConfig *config, const char *key)
{
  const NnConfig entry = nn_config_get (config, key);
  const NnConfig inner = nn_config_get (&entry, "config");
  const NnConfig own = nn_config_get (&inner, "cell");
  const NnConfig own_config = nn_config_get (&own, "config");
  const char *const name = nn_config_string (&entry, "class_name", "");
  const bool is_rnn = g_str_equal (name, "RNN"); /* around one cell */
  const NnRnnCell *const cell = nn_rnn_cell_find (
      is_rnn ? nn_config_string (&own, "class_name", "") : name);

  if (cell)
    nn_rnn_read (
        rnn, cell, &self->base.in[0], &inner, is_rnn ? &own_config : &inner);
  else
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "the “%s” of class “%s” is not supported; supported are: LSTM, GRU, "
        "SimpleRNN, CuDNNLSTM, CuDNNGRU, RNN around LSTMCell, GRUCell or "
        "SimpleRNNCell",
        key, name);
}

static void
read_directions (Bidirectional *self, const NnConfig *config)
{
  const NnConfig backward = nn_config_get (config, "backward_layer");
  NnRnn *const rnn = self->rnn;

  read_direction (self, &rnn[0], config, "layer");
  if (nn_config_is_set (&backward)) {
    read_direction (self, &rnn[1], config, "backward_layer");
  } else if (nn_config_ok (config)) {
    rnn[1] = rnn[0];
    rnn[1].go_backwards = !rnn[0].go_backwards;
  }
  if (nn_config_ok (config)
      && (rnn[0].return_sequences != rnn[1].return_sequences
          || rnn[0].return_state != rnn[1].return_state
          || (rnn[0].units != rnn[1].units && self->merge != MERGE_CONCAT
              && self->merge != MERGE_NONE)
          || rnn[0].go_backwards == rnn[1].go_backwards))
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "the two directions differ in units, return_sequences or return_state, "
        "or do not differ in go_backwards");
  for (size_t d = 0; d < 2; d++)
    rnn[d].zero_masked = rnn[d].return_sequences;
}

static void
add_outputs (Bidirectional *self, const NnConfig *config)
{
  NnLayer *const layer = &self->base;
  NnShape out[2];

  for (size_t d = 0; d < 2; d++) {
    out[d] = nn_rnn_out_shape (&self->rnn[d]);
    self->out_size[d] = nn_shape_size (&out[d]);
  }
  if (self->merge == MERGE_CONCAT)
    out[0].dim[out[0].rank - 1] += self->rnn[1].units;
  nn_layer_add_output (layer, config, &out[0]);
  if (self->merge == MERGE_NONE)
    nn_layer_add_output (layer, config, &out[1]);
  for (size_t d = 0; d < 2 && self->rnn[d].return_state; d++)
    for (size_t s = 0; s < self->rnn[d].cell->n_states; s++) {
      const NnShape state = nn_rnn_state_shape (&self->rnn[d]);

      nn_layer_add_output (layer, config, &state);
    }
}

/* The config with the initialisers and regularisers of a direction. */
static NnConfig
direction_config (const NnConfig *config, size_t direction)
{
  const NnConfig backward = nn_config_get (config, "backward_layer");
  const NnConfig forward = nn_config_get (config, "layer");

  return nn_config_get (
      direction == 1 && nn_config_is_set (&backward) ? &backward : &forward,
      "config");
}

static void
bidirectional_setup (NnLayer *layer, const NnConfig *config)
{
  static const char *const scopes[] = { "forward_layer/cell",
    "backward_layer/cell" };
  Bidirectional *self = (Bidirectional *) layer;
  size_t n_states, scratch = 0;
  NnConfig cell_config;

  if (!nn_rnn_expect_sequence (layer, config))
    return;
  self->merge = read_merge (config);
  read_directions (self, config);
  if (!nn_config_ok (config))
    return;
  n_states = self->rnn[0].cell->n_states;
  for (size_t d = 0; d < 2; d++) {
    if (layer->n_in > 1)
      nn_rnn_expect_states (&self->rnn[d], layer, config, 1 + d * n_states);
    cell_config = direction_config (config, d);
    self->first[d] =
        nn_rnn_add_params (&self->rnn[d], layer, &cell_config, scopes[d]);
    scratch = MAX (scratch, nn_rnn_scratch_per_sample (&self->rnn[d]));
  }
  if (!nn_config_ok (config))
    return;
  add_outputs (self, config);
  layer->is_stateful = self->rnn[0].is_stateful;
  layer->mask_rule =
      self->rnn[0].return_sequences ? NN_MASK_PASS : NN_MASK_STOP;
  layer->scratch_per_sample = scratch + self->out_size[0] + self->out_size[1];
}

static bool
bidirectional_finish (NnLayer *layer)
{
  Bidirectional *self = (Bidirectional *) layer;

  for (size_t d = 0; d < 2; d++)
    if (!nn_rnn_finish (&self->rnn[d], layer, self->first[d]))
      return false;
  return true;
}

static void
bidirectional_quantise (NnLayer *layer)
{
  Bidirectional *self = (Bidirectional *) layer;

  for (size_t d = 0; d < 2; d++)
    nn_rnn_quantise (&self->rnn[d], layer);
}

/* Reverses the steps of n samples, each [steps][units]. */
static void
flip_steps (const NnRnn *rnn, size_t n, float *x)
{
  const size_t units = rnn->units;

  for (size_t i = 0; i < n; i++, x += rnn->steps * units)
    for (size_t a = 0, b = rnn->steps - 1; a < b; a++, b--)
      for (size_t k = 0; k < units; k++) {
        const float swap = x[a * units + k];

        x[a * units + k] = x[b * units + k];
        x[b * units + k] = swap;
      }
}

/* Rows of both directions side by side. */
static void
concatenate (size_t n_rows, const NnRnn *rnn, float *const *y, float *out)
{
  for (size_t r = 0; r < n_rows; r++)
    for (size_t d = 0; d < 2; d++) {
      const size_t units = rnn[d].units;

      memcpy (out, y[d] + r * units, units * sizeof *out);
      out += units;
    }
}

/* Merges the outputs of both directions into out [n]. */
static void
merge (Merge how, size_t n, const float *a, const float *b, float *out)
{
  for (size_t i = 0; i < n; i++)
    out[i] = how == MERGE_MUL ? a[i] * b[i] : a[i] + b[i];
  for (size_t i = 0; i < n && how == MERGE_AVERAGE; i++)
    out[i] /= 2;
}

static void
bidirectional_forward (const NnLayer *layer, const NnCall *call)
{
  const Bidirectional *self = (const Bidirectional *) layer;
  const NnRnn *const rnn = self->rnn;
  const size_t n_states = rnn[0].cell->n_states;
  const bool is_apart = self->merge == MERGE_NONE;
  const size_t size = call->n * self->out_size[0];
  float *y[2] = { call->scratch, call->scratch + size };

  for (size_t d = 0; d < 2; d++) {
    if (is_apart)
      y[d] = call->out[d];
    nn_rnn_run (&rnn[d], call->n, call->in[0], call->in_mask[0],
        layer->n_in > 1 ? call->in + 1 + d * n_states : NULL, y[d],
        rnn[d].return_state ? call->out + 1 + is_apart + d * n_states : NULL,
        call->scratch + size + call->n * self->out_size[1]);
    if (d == 1 && rnn[d].return_sequences)
      flip_steps (&rnn[d], call->n, y[d]);
  }
  if (self->merge == MERGE_CONCAT)
    concatenate (size / rnn[0].units, rnn, y, call->out[0]);
  else if (!is_apart)
    merge (self->merge, size, y[0], y[1], call->out[0]);
}

/* ---- training ---- */

static const char *
bidirectional_obstacle (const NnLayer *layer)
{
  const NnRnn *const rnn = ((const Bidirectional *) layer)->rnn;
  const char *const obstacle = nn_rnn_obstacle (&rnn[0]);

  return obstacle ? obstacle : nn_rnn_obstacle (&rnn[1]);
}

/* Saved: what each direction saves, then their outputs. */
static void
bidirectional_measure (const NnLayer *layer, NnTrainingNeeds *needs)
{
  const Bidirectional *self = (const Bidirectional *) layer;

  for (size_t d = 0; d < 2; d++) {
    size_t scratch, per_sample;

    nn_rnn_training_scratch (&self->rnn[d], &scratch, &per_sample);
    needs->scratch = MAX (needs->scratch, scratch);
    needs->scratch_per_sample = MAX (needs->scratch_per_sample, per_sample);
    needs->saved_per_sample +=
        nn_rnn_saved_per_sample (&self->rnn[d]) + self->out_size[d];
  }
  /* Backward: gradients of the directions' outputs and of the input. */
  needs->scratch_per_sample +=
      self->out_size[0] + self->out_size[1] + nn_shape_size (&layer->in[0]);
}

/* Both directions, with everything but their gradients. */
static void
split_directions (const Bidirectional *self, const NnTrainingCall *call,
    NnRnnTraining *directions)
{
  const NnLayer *const layer = &self->base;
  const size_t n = call->forward.n, n_states = self->rnn[0].cell->n_states;
  const bool is_apart = self->merge == MERGE_NONE;
  float *saved = call->saved;

  for (size_t d = 0; d < 2; d++) {
    directions[d] = (NnRnnTraining){ .call = call,
      .direction = d,
      .in = call->forward.in[0],
      .mask = call->forward.in_mask[0],
      .initial = layer->n_in > 1 ? call->forward.in + 1 + d * n_states : NULL,
      .final = self->rnn[d].return_state
          ? call->forward.out + 1 + is_apart + d * n_states
          : NULL,
      .saved = saved };
    saved += n * nn_rnn_saved_per_sample (&self->rnn[d]);
  }
  for (size_t d = 0; d < 2; d++) {
    directions[d].out = saved;
    saved += n * self->out_size[d];
  }
}

static void
bidirectional_train (const NnLayer *layer, const NnTrainingCall *call)
{
  const Bidirectional *self = (const Bidirectional *) layer;
  const size_t size = call->forward.n * self->out_size[0];
  NnRnnTraining directions[2];

  split_directions (self, call, directions);
  for (size_t d = 0; d < 2; d++) {
    directions[d].scratch = call->forward.scratch;
    nn_rnn_train (&self->rnn[d], &directions[d]);
    if (d == 1 && self->rnn[d].return_sequences)
      flip_steps (&self->rnn[d], call->forward.n, directions[d].out);
  }
  if (self->merge == MERGE_NONE)
    for (size_t d = 0; d < 2; d++)
      memcpy (call->forward.out[d], directions[d].out,
          call->forward.n * self->out_size[d] * sizeof (float));
  else if (self->merge == MERGE_CONCAT)
    concatenate (size / self->rnn[0].units, self->rnn,
        (float *const[]){ directions[0].out, directions[1].out },
        call->forward.out[0]);
  else
    merge (self->merge, size, directions[0].out, directions[1].out,
        call->forward.out[0]);
}

/* The gradient of one direction's output, from that of the merged one. */
static void
merge_back (const Bidirectional *self, const NnTrainingCall *call, size_t d,
    const NnRnnTraining *directions, float *out_grad)
{
  const size_t size = call->forward.n * self->out_size[d];
  const size_t units = self->rnn[d].units;
  const size_t row = self->rnn[0].units + self->rnn[1].units;
  const float *const dy = call->out_grad[self->merge == MERGE_NONE ? d : 0];

  if (self->merge == MERGE_CONCAT)
    for (size_t r = 0; r < size / units; r++)
      memcpy (out_grad + r * units,
          dy + r * row + (d == 1 ? self->rnn[0].units : 0),
          units * sizeof (float));
  else
    memcpy (out_grad, dy, size * sizeof (float));
  for (size_t i = 0; i < size && self->merge == MERGE_AVERAGE; i++)
    out_grad[i] /= 2;
  if (self->merge == MERGE_MUL)
    nn_loops ()->multiply (size, out_grad, directions[1 - d].out, out_grad);
}

static void
bidirectional_backward (const NnLayer *layer, const NnTrainingCall *call)
{
  const Bidirectional *self = (const Bidirectional *) layer;
  const size_t n = call->forward.n, n_states = self->rnn[0].cell->n_states;
  const size_t in_size = n * nn_shape_size (&layer->in[0]);
  const bool is_apart = self->merge == MERGE_NONE;
  float *const second = call->forward.scratch;
  float *out_grad = second + in_size;
  NnRnnTraining directions[2];

  split_directions (self, call, directions);
  for (size_t d = 0; d < 2; d++, out_grad += n * self->out_size[0]) {
    NnRnnTraining *const direction = &directions[d];

    if (call->out_grad[is_apart ? d : 0]) {
      merge_back (self, call, d, directions, out_grad);
      if (d == 1 && self->rnn[d].return_sequences)
        flip_steps (&self->rnn[d], n, out_grad);
      direction->out_grad = out_grad;
    }
    direction->scratch =
        second + in_size + n * (self->out_size[0] + self->out_size[1]);
    direction->final_grad = self->rnn[d].return_state
        ? call->out_grad + 1 + is_apart + d * n_states
        : NULL;
    direction->initial_grad =
        layer->n_in > 1 ? call->in_grad + 1 + d * n_states : NULL;
    direction->in_grad = call->in_grad[0] && d == 1 ? second : call->in_grad[0];
    direction->param_grad = call->param_grad + self->first[d];
    nn_rnn_train_back (&self->rnn[d], direction);
  }
  if (call->in_grad[0])
    nn_loops ()->add (in_size, second, call->in_grad[0]);
}

static const NnTraining bidirectional_training = {
  .obstacle = bidirectional_obstacle,
  .measure = bidirectional_measure,
  .forward = bidirectional_train,
  .backward = bidirectional_backward,
};

static double
bidirectional_flops (const NnLayer *layer)
{
  const Bidirectional *self = (const Bidirectional *) layer;

  return nn_rnn_flops (&self->rnn[0]) + nn_rnn_flops (&self->rnn[1]);
}

static void
bidirectional_clear (NnLayer *layer)
{
  Bidirectional *self = (Bidirectional *) layer;

  for (size_t d = 0; d < 2; d++)
    nn_rnn_clear (&self->rnn[d]);
}

const NnLayerClass nn_bidirectional_classes[] = {
  {
      .keras_name = "Bidirectional",
      .size = sizeof (Bidirectional),
      .setup = bidirectional_setup,
      .finish = bidirectional_finish,
      .quantise = bidirectional_quantise,
      .forward = bidirectional_forward,
      .flops = bidirectional_flops,
      .clear = bidirectional_clear,
      .training = &bidirectional_training,
  },
  { NULL },
};
