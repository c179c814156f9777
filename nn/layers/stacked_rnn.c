/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RNN: a recurrent layer around a cell, or around StackedRNNCells, where each
 * cell gets the output of the one before. That is equivalent to consecutive
 * layers which share a mask, of which only the first reverses the sequence.
 *   in [steps][k], then the initial states of all cells (or none)
 *   -> out [units] or [steps][units], then the final states of all cells */
#include <string.h>
#include "nn/layers/layers.h"
#include "nn/layers/rnn.h"
#include "nn/limits.h"

typedef struct {
  NnRnn rnn;
  size_t first;       /* of its weights */
  size_t first_state; /* of all cells' */
} Level;

typedef struct {
  NnLayer base;
  Level *levels;
  size_t n_levels;
  size_t between; /* floats of the widest output between two cells, a sample */
} StackedRnn;

/* The i-th cell's entry {class_name, config}; unset after the last. */
static NnConfig
cell_entry (const NnConfig *config, size_t i)
{
  const NnConfig cell = nn_config_get (config, "cell");
  const NnConfig inner = nn_config_get (&cell, "config");
  const NnConfig cells = nn_config_get (&inner, "cells");

  if (nn_config_is_list (&cells))
    return nn_config_at (&cells, i);
  return i == 0 ? cell : (NnConfig){ .where = cell.where, .error = cell.error };
}

static bool
is_stack (const NnConfig *config)
{
  const NnConfig cell = nn_config_get (config, "cell");
  const NnConfig inner = nn_config_get (&cell, "config");
  const NnConfig cells = nn_config_get (&inner, "cells");

  nn_layer_refuse (&inner, "reverse_state_order");
  return nn_config_is_list (&cells);
}

/* Keras 3's scope of the weights of a cell: in a stack, cells of a class are
 * numbered. Interned. */
static const char *
cell_scope (const NnConfig *config, size_t i)
{
  const NnConfig entry = cell_entry (config, i);
  const char *const name = nn_config_string (&entry, "class_name", "");
  const NnRnnCell *const cell = nn_rnn_cell_find (name);
  g_autofree char *scope = NULL;
  size_t before = 0;

  if (!is_stack (config) || !cell)
    return "cell";
  for (size_t k = 0; k < i; k++) {
    const NnConfig other = cell_entry (config, k);

    before += g_str_equal (nn_config_string (&other, "class_name", ""), name);
  }
  scope = before == 0
      ? g_strdup_printf ("cell/cells/%s", cell->scope)
      : g_strdup_printf ("cell/cells/%s_%" G_GSIZE_FORMAT, cell->scope, before);
  return g_intern_string (scope);
}

static void
read_level (StackedRnn *self, const NnConfig *config, size_t i)
{
  const NnConfig entry = cell_entry (config, i);
  const NnConfig cell_config = nn_config_get (&entry, "config");
  const char *const name = nn_config_string (&entry, "class_name", "");
  const NnRnnCell *const cell = nn_rnn_cell_find (name);
  NnRnn *const rnn = &self->levels[i].rnn;
  NnShape in = self->base.in[0];

  if (!cell || cell->is_cudnn) {
    nn_config_fail (config, NN_ERROR_UNSUPPORTED,
        "a cell of class “%s” is not supported; supported are: LSTMCell, "
        "GRUCell, SimpleRNNCell",
        name);
    return;
  }
  if (i > 0)
    in.dim[1] = self->levels[i - 1].rnn.units;
  nn_rnn_read (rnn, cell, &in, config, &cell_config);
  if (i > 0)
    rnn->go_backwards = false;
  if (i + 1 < self->n_levels)
    rnn->return_sequences = true;
  self->levels[i].first =
      nn_rnn_add_params (rnn, &self->base, config, cell_scope (config, i));
  self->levels[i].first_state = i > 0
      ? self->levels[i - 1].first_state + self->levels[i - 1].rnn.cell->n_states
      : 0;
}

static void
add_outputs (StackedRnn *self, const NnConfig *config)
{
  NnLayer *const layer = &self->base;
  const NnShape out = nn_rnn_out_shape (&self->levels[self->n_levels - 1].rnn);

  nn_layer_add_output (layer, config, &out);
  for (size_t i = 0; i < self->n_levels; i++) {
    const NnRnn *const rnn = &self->levels[i].rnn;
    const NnShape state = nn_rnn_state_shape (rnn);

    if (layer->n_in > 1)
      nn_rnn_expect_states (
          rnn, layer, config, 1 + self->levels[i].first_state);
    for (size_t s = 0; s < rnn->cell->n_states && rnn->return_state; s++)
      nn_layer_add_output (layer, config, &state);
  }
}

/* The largest scratch memory of a cell, two sequences between cells, a reversed
 * mask. */
static void
find_scratch (StackedRnn *self, const NnConfig *config)
{
  const size_t steps = self->base.in[0].dim[0];
  size_t largest = 0;

  for (size_t i = 0; i < self->n_levels; i++) {
    const NnRnn *const rnn = &self->levels[i].rnn;
    const NnShape sequence = { .rank = 2, .dim = { steps, rnn->units } };
    size_t size;

    if (!nn_shape_checked_size (&sequence, &size)) {
      nn_config_fail (config, NN_ERROR_LIMIT, "a cell is too large");
      return;
    }
    largest = MAX (largest, nn_rnn_scratch_per_sample (rnn));
    self->between = MAX (self->between, size);
  }
  self->base.scratch_per_sample = largest + 2 * self->between + steps;
}

static void
stacked_rnn_setup (NnLayer *layer, const NnConfig *config)
{
  StackedRnn *self = (StackedRnn *) layer;
  NnConfig entry;

  if (!nn_rnn_expect_sequence (layer, config))
    return;
  for (entry = cell_entry (config, 0); nn_config_is_set (&entry);
       entry = cell_entry (config, self->n_levels))
    self->n_levels++;
  if (self->n_levels == 0 || self->n_levels > NN_MAX_CELLS) {
    nn_config_fail (config, NN_ERROR_LIMIT,
        "%" G_GSIZE_FORMAT " cells, expected 1 to %d", self->n_levels,
        NN_MAX_CELLS);
    return;
  }
  self->levels = g_new0 (Level, self->n_levels);
  for (size_t i = 0; i < self->n_levels && nn_config_ok (config); i++)
    read_level (self, config, i);
  if (!nn_config_ok (config))
    return;
  add_outputs (self, config);
  find_scratch (self, config);
  layer->is_stateful = self->levels[0].rnn.is_stateful;
  layer->mask_rule = self->levels[self->n_levels - 1].rnn.return_sequences
      ? NN_MASK_PASS
      : NN_MASK_STOP;
}

static bool
stacked_rnn_finish (NnLayer *layer)
{
  StackedRnn *self = (StackedRnn *) layer;

  for (size_t i = 0; i < self->n_levels; i++)
    if (!nn_rnn_finish (&self->levels[i].rnn, layer, self->levels[i].first))
      return false;
  return true;
}

static void
stacked_rnn_quantise (NnLayer *layer)
{
  StackedRnn *self = (StackedRnn *) layer;

  for (size_t i = 0; i < self->n_levels; i++)
    nn_rnn_quantise (&self->levels[i].rnn, layer);
}

/* mask [n][steps] -> turned, reversed if the first cell reverses the sequence.
 */
static const float *
turn_mask (const StackedRnn *self, size_t n, const float *mask, float *turned)
{
  const size_t steps = self->base.in[0].dim[0];

  if (!mask || !self->levels[0].rnn.go_backwards)
    return mask;
  for (size_t i = 0; i < n; i++)
    for (size_t t = 0; t < steps; t++)
      turned[i * steps + t] = mask[i * steps + steps - 1 - t];
  return turned;
}

static void
stacked_rnn_forward (const NnLayer *layer, const NnCall *call)
{
  const StackedRnn *self = (const StackedRnn *) layer;
  const size_t size = call->n * self->between;
  float *const between[] = { call->scratch, call->scratch + size };
  float *const turned = call->scratch + 2 * size;
  float *const scratch = turned + call->n * layer->in[0].dim[0];
  const float *in = call->in[0], *mask = call->in_mask[0];

  for (size_t i = 0; i < self->n_levels; i++) {
    const Level *const level = &self->levels[i];
    float *const out = i + 1 < self->n_levels ? between[i % 2] : call->out[0];

    nn_rnn_run (&level->rnn, call->n, in, mask,
        layer->n_in > 1 ? call->in + 1 + level->first_state : NULL, out,
        level->rnn.return_state ? call->out + 1 + level->first_state : NULL,
        scratch);
    if (i == 0)
      mask = turn_mask (self, call->n, mask, turned);
    in = out;
  }
}

static double
stacked_rnn_flops (const NnLayer *layer)
{
  const StackedRnn *self = (const StackedRnn *) layer;
  double flops = 0;

  for (size_t i = 0; i < self->n_levels; i++)
    flops += nn_rnn_flops (&self->levels[i].rnn);
  return flops;
}

static void
stacked_rnn_clear (NnLayer *layer)
{
  StackedRnn *self = (StackedRnn *) layer;

  for (size_t i = 0; i < self->n_levels; i++)
    nn_rnn_clear (&self->levels[i].rnn);
  g_clear_pointer (&self->levels, g_free);
}

const NnLayerClass nn_stacked_rnn_classes[] = {
  {
      .keras_name = "RNN",
      .size = sizeof (StackedRnn),
      .setup = stacked_rnn_setup,
      .finish = stacked_rnn_finish,
      .quantise = stacked_rnn_quantise,
      .forward = stacked_rnn_forward,
      .flops = stacked_rnn_flops,
      .clear = stacked_rnn_clear,
  },
  { NULL },
};
