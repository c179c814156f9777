/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/backprop.h"

#include <stdlib.h>
#include <string.h>
#include "nn/train/backprop-private.h"

NnBackprop *
nn_backprop_new (NnModel *model, const NnWeightList *weights, NnPool *pool,
    const NnBackpropConfig *config, GError **error)
{
  g_autoptr (NnBackprop) backprop = g_new0 (NnBackprop, 1);

  backprop->model = model;
  backprop->graph = model->graph;
  backprop->weights = weights;
  backprop->pool = pool;
  backprop->config = *config;
  backprop->n_chunks = (config->batch_size + config->chunk - 1) / config->chunk;
  backprop->share = nn_share_new (config->comm);
  backprop->output = g_array_index (model->graph->outputs, size_t, 0);
  if (!nn_backprop_plan (backprop, error))
    return NULL;
  return g_steal_pointer (&backprop);
}

void
nn_backprop_free (NnBackprop *backprop)
{
  if (!backprop)
    return;
  for (size_t s = 0; s < backprop->n_ops; s++) {
    g_free (backprop->ops[s].modes);
    g_free (backprop->ops[s].param_offset);
  }
  for (size_t i = 0; backprop->spaces && i < nn_pool_n_threads (backprop->pool);
       i++) {
    const NnBackpropSpace *const space = &backprop->spaces[i];

    g_free (space->in);
    g_free (space->in_mask);
    g_free (space->out);
    g_free (space->out_grad);
    g_free (space->in_grad);
    g_free (space->param_grad);
  }
  g_free (backprop->spaces);
  g_free (backprop->ops);
  g_free (backprop->tensors);
  g_free (backprop->sums);
  nn_share_free (backprop->share);
  free (backprop->arena);
  g_free (backprop);
}

size_t
nn_backprop_memory (const NnBackprop *backprop)
{
  return backprop->memory;
}

static NnBackpropRange
chunk_range (const NnBackprop *backprop, size_t chunk)
{
  const size_t first = chunk * backprop->config.chunk;

  return (NnBackpropRange){ chunk, first,
    MIN (backprop->config.chunk, backprop->n - first) };
}

/* Operations from ... to - 1, then the sums that operation `to` waits for, or
 * the loss. */
static void
forward_stage (gpointer data, size_t i, size_t thread)
{
  NnBackprop *const backprop = data;
  const NnBackpropTensor *const output = &backprop->tensors[backprop->output];
  const NnBackpropRange all =
      chunk_range (backprop, backprop->share->mine.first + i);
  size_t s = backprop->from;

  do {
    const NnBackpropOp *const first = &backprop->ops[s];
    const size_t end = MIN (first->group_end, backprop->to);
    NnBackpropRange range = all;

    for (size_t k = 0; k < all.n; k += range.n) {
      range.first = all.first + k;
      range.n = MIN (first->at_once, all.n - k);
      for (size_t o = s; o < end; o++)
        nn_backprop_op_forward (backprop, &backprop->ops[o], &range, thread);
      if (end == backprop->to && backprop->to < backprop->n_ops)
        nn_backprop_op_sums (
            backprop, &backprop->ops[backprop->to], &range, thread);
    }
    s = end;
  } while (s < backprop->to);
  if (backprop->to == backprop->n_ops)
    backprop->loss (backprop->loss_data, all.first, all.n,
        output->value.batch + all.first * output->size,
        output->grad.batch + all.first * output->size);
}

/* Operations to - 1 ... from, then the sums that operation from - 1 waits for.
 */
static void
backward_stage (gpointer data, size_t i, size_t thread)
{
  NnBackprop *const backprop = data;
  const NnBackpropRange all =
      chunk_range (backprop, backprop->share->mine.first + i);
  size_t s = backprop->to;

  if (backprop->to == backprop->n_ops)
    memset (backprop->gradients + all.chunk * backprop->weights->n_trained, 0,
        backprop->weights->n_trained * sizeof *backprop->gradients);
  do {
    const NnBackpropOp *const last = &backprop->ops[s - 1];
    const size_t end = MAX (last->group_first, backprop->from);
    NnBackpropRange range = all;

    for (size_t k = 0; k < all.n; k += range.n) {
      range.first = all.first + k;
      range.n = MIN (last->at_once, all.n - k);
      for (size_t o = s; o-- > end;)
        if (backprop->ops[o].is_backward)
          nn_backprop_op_backward (backprop, &backprop->ops[o], &range, thread);
      if (end == backprop->from && backprop->from > 0)
        nn_backprop_op_backward_sums (
            backprop, &backprop->ops[backprop->from - 1], &range, thread);
    }
    s = end;
  } while (s > backprop->from);
}

/* Appends the total of the sums of all chunks, including those of other ranks,
 * in order. */
static void
add_sums (const NnBackprop *backprop, double *sums, size_t n_values)
{
  const NnComm *const comm = backprop->config.comm;
  const size_t n_chunks = backprop->share->n_chunks;
  double *const all = sums + backprop->n_chunks * n_values;

  if (nn_comm_size (comm) > 1)
    comm->gather (comm->data, sums,
        nn_share_cut (backprop->share, 1, n_chunks, n_values * sizeof *sums));
  memset (all, 0, n_values * sizeof *all);
  for (size_t c = 0; c < n_chunks; c++)
    for (size_t i = 0; i < n_values; i++)
      all[i] += sums[c * n_values + i];
}

/* Begins a batch of n samples. */
static void
set_batch (NnBackprop *backprop, size_t n)
{
  backprop->n = n;
  nn_share_set (backprop->share,
      (n + backprop->config.chunk - 1) / backprop->config.chunk);
}

void
nn_backprop_share (
    NnBackprop *backprop, size_t n, size_t *first, size_t *n_mine)
{
  const size_t chunk = backprop->config.chunk;

  set_batch (backprop, n);
  *first = MIN (backprop->share->mine.first * chunk, n);
  *n_mine = MIN (backprop->share->mine.n * chunk, n - *first);
}

void
nn_backprop_gather (NnBackprop *backprop, size_t n, void *rows, size_t len)
{
  const NnComm *const comm = backprop->config.comm;

  set_batch (backprop, n);
  if (nn_comm_size (comm) > 1)
    comm->gather (comm->data, rows,
        nn_share_cut (backprop->share, backprop->config.chunk, n, len));
}

void
nn_backprop_forward (NnBackprop *backprop, size_t n, const float *const *x,
    guint32 step, NnLossFunc loss, gpointer data)
{
  bool is_summed = false;
  size_t first, n_mine;

  nn_backprop_share (backprop, n, &first, &n_mine);
  backprop->step = step;
  backprop->loss = loss;
  backprop->loss_data = data;
  for (guint i = 0; i < backprop->graph->inputs->len; i++) {
    const NnBackpropTensor *const tensor =
        &backprop->tensors[g_array_index (backprop->graph->inputs, size_t, i)];

    memcpy (tensor->value.batch + first * tensor->size,
        x[i] + first * tensor->size, n_mine * tensor->size * sizeof (float));
  }
  backprop->to = 0;
  do {
    const NnBackpropOp *waiting;

    backprop->from = backprop->to;
    /* The first stage is empty if the first operation waits for sums. */
    if (backprop->from > 0 || is_summed || backprop->ops[0].needs.sums == 0)
      backprop->to++;
    is_summed = true;
    while (backprop->to > backprop->from && backprop->to < backprop->n_ops
        && backprop->ops[backprop->to].needs.sums == 0)
      backprop->to++;
    nn_pool_run (
        backprop->pool, backprop->share->mine.n, forward_stage, backprop);
    waiting = &backprop->ops[backprop->to];
    if (backprop->to < backprop->n_ops)
      add_sums (backprop, waiting->sums, waiting->needs.sums);
  } while (backprop->to < backprop->n_ops);
}

static void
run_backward (NnBackprop *backprop)
{
  bool is_summed =
      !nn_backprop_op_has_backward_sums (&backprop->ops[backprop->n_ops - 1]);

  backprop->from = backprop->n_ops;
  do {
    backprop->to = backprop->from;
    /* The first stage is empty if the last operation waits for sums. */
    if (backprop->to < backprop->n_ops || is_summed)
      backprop->from--;
    is_summed = true;
    while (backprop->from < backprop->to && backprop->from > 0
        && !nn_backprop_op_has_backward_sums (
            &backprop->ops[backprop->from - 1]))
      backprop->from--;
    nn_pool_run (
        backprop->pool, backprop->share->mine.n, backward_stage, backprop);
    if (backprop->from > 0) {
      const NnBackpropOp *const waiting = &backprop->ops[backprop->from - 1];

      add_sums (backprop, waiting->backward_sums, waiting->needs.backward_sums);
    }
  } while (backprop->from > 0);
}

#define PIECE                                                                  \
  ((size_t) 16384) /* floats of a gradient that are added at once              \
                    */

/* The gradients of the chunks of this rank, along their tree. */
static void
add_gradients (gpointer data, size_t piece, size_t thread)
{
  NnBackprop *const backprop = data;
  const NnShare *const share = backprop->share;
  const size_t all = backprop->weights->n_trained, first = piece * PIECE;
  const size_t n = MIN (PIECE, all - first);
  float *const gradients = backprop->gradients + first;

  for (guint i = 0; i < share->inside->len; i++) {
    const NnAddition *const at = &g_array_index (share->inside, NnAddition, i);

    nn_loops ()->add (n, gradients + at->from * all, gradients + at->to * all);
  }
  if (share->mine.n > 0)
    memcpy (backprop->gradient + first, gradients + share->mine.first * all,
        n * sizeof *gradients);
}

void
nn_backprop_step (NnBackprop *backprop, size_t n, const float *const *x,
    guint32 step, NnLossFunc loss, gpointer data, float *gradient)
{
  nn_backprop_forward (backprop, n, x, step, loss, data);
  run_backward (backprop);
  backprop->gradient = gradient;
  nn_pool_run (backprop->pool,
      (backprop->weights->n_trained + PIECE - 1) / PIECE, add_gradients,
      backprop);
  nn_share_sum (backprop->share, gradient, backprop->weights->n_trained);
  for (size_t s = 0; s < backprop->n_ops; s++) {
    const NnBackpropOp *const at = &backprop->ops[s];

    if (at->training && at->training->update && at->needs.sums > 0)
      at->training->update (at->layer,
          at->sums + backprop->n_chunks * at->needs.sums, n * at->node->repeat);
  }
}

bool
nn_backprop_ends_in_softmax (const NnBackprop *backprop)
{
  for (size_t s = 0; s < backprop->n_ops; s++)
    if (backprop->ops[s].skips_activation)
      return true;
  return false;
}

const float *
nn_backprop_input_gradient (const NnBackprop *backprop, size_t i)
{
  return backprop->tensors[g_array_index (backprop->graph->inputs, size_t, i)]
      .grad.batch;
}
