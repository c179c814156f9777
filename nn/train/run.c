/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/run.h"

#include <stdlib.h>
#include <string.h>
#include "nn/train/run-private.h"

NnRun *
nn_run_new (NnModel *model, const NnWeightList *weights, NnPool *pool,
    const NnRunConfig *config, GError **error)
{
  g_autoptr (NnRun) run = g_new0 (NnRun, 1);

  run->model = model;
  run->graph = model->graph;
  run->weights = weights;
  run->pool = pool;
  run->config = *config;
  run->n_chunks = (config->batch_size + config->chunk - 1) / config->chunk;
  run->share = nn_share_new (config->comm);
  run->output = g_array_index (model->graph->outputs, size_t, 0);
  if (!nn_run_plan (run, error))
    return NULL;
  return g_steal_pointer (&run);
}

void
nn_run_free (NnRun *run)
{
  if (!run)
    return;
  for (size_t s = 0; s < run->n_ops; s++) {
    g_free (run->ops[s].modes);
    g_free (run->ops[s].param_offset);
  }
  for (size_t i = 0; run->spaces && i < nn_pool_n_threads (run->pool); i++) {
    const NnRunSpace *const space = &run->spaces[i];

    g_free (space->in);
    g_free (space->in_mask);
    g_free (space->out);
    g_free (space->out_grad);
    g_free (space->in_grad);
    g_free (space->param_grad);
  }
  g_free (run->spaces);
  g_free (run->ops);
  g_free (run->tensors);
  g_free (run->sums);
  nn_share_free (run->share);
  free (run->arena);
  g_free (run);
}

size_t
nn_run_memory (const NnRun *run)
{
  return run->memory;
}

static NnRunRange
chunk_range (const NnRun *run, size_t chunk)
{
  const size_t first = chunk * run->config.chunk;

  return (NnRunRange){ chunk, first, MIN (run->config.chunk, run->n - first) };
}

/* Operations from ... to - 1, then the sums that operation to waits for, or the
 * loss. */
static void
forward_stage (gpointer data, size_t i, size_t thread)
{
  NnRun *const run = data;
  const NnRunTensor *const output = &run->tensors[run->output];
  const NnRunRange all = chunk_range (run, run->share->mine.first + i);
  size_t s = run->from;

  do {
    const NnRunOp *const first = &run->ops[s];
    const size_t end = MIN (first->group_end, run->to);
    NnRunRange range = all;

    for (size_t k = 0; k < all.n; k += range.n) {
      range.first = all.first + k;
      range.n = MIN (first->at_once, all.n - k);
      for (size_t o = s; o < end; o++)
        nn_run_op_forward (run, &run->ops[o], &range, thread);
      if (end == run->to && run->to < run->n_ops)
        nn_run_op_sums (run, &run->ops[run->to], &range, thread);
    }
    s = end;
  } while (s < run->to);
  if (run->to == run->n_ops)
    run->loss (run->loss_data, all.first, all.n,
        output->value.batch + all.first * output->size,
        output->grad.batch + all.first * output->size);
}

/* Operations to - 1 ... from, then the sums that operation from - 1 waits for.
 */
static void
backward_stage (gpointer data, size_t i, size_t thread)
{
  NnRun *const run = data;
  const NnRunRange all = chunk_range (run, run->share->mine.first + i);
  size_t s = run->to;

  if (run->to == run->n_ops)
    memset (run->gradients + all.chunk * run->weights->n_trained, 0,
        run->weights->n_trained * sizeof *run->gradients);
  do {
    const NnRunOp *const last = &run->ops[s - 1];
    const size_t end = MAX (last->group_first, run->from);
    NnRunRange range = all;

    for (size_t k = 0; k < all.n; k += range.n) {
      range.first = all.first + k;
      range.n = MIN (last->at_once, all.n - k);
      for (size_t o = s; o-- > end;)
        if (run->ops[o].is_backward)
          nn_run_op_backward (run, &run->ops[o], &range, thread);
      if (end == run->from && run->from > 0)
        nn_run_op_backward_sums (run, &run->ops[run->from - 1], &range, thread);
    }
    s = end;
  } while (s > run->from);
}

/* The sums of all chunks, those of other ranks too, in their order, behind
 * them. */
static void
add_sums (const NnRun *run, double *sums, size_t n_values)
{
  const NnComm *const comm = run->config.comm;
  const size_t n_chunks = run->share->n_chunks;
  double *const all = sums + run->n_chunks * n_values;

  if (nn_comm_size (comm) > 1)
    comm->gather (comm->data, sums,
        nn_share_cut (run->share, 1, n_chunks, n_values * sizeof *sums));
  memset (all, 0, n_values * sizeof *all);
  for (size_t c = 0; c < n_chunks; c++)
    for (size_t i = 0; i < n_values; i++)
      all[i] += sums[c * n_values + i];
}

/* Begins a batch of n samples. */
static void
set_batch (NnRun *run, size_t n)
{
  run->n = n;
  nn_share_set (run->share, (n + run->config.chunk - 1) / run->config.chunk);
}

void
nn_run_share (NnRun *run, size_t n, size_t *first, size_t *n_mine)
{
  const size_t chunk = run->config.chunk;

  set_batch (run, n);
  *first = MIN (run->share->mine.first * chunk, n);
  *n_mine = MIN (run->share->mine.n * chunk, n - *first);
}

void
nn_run_gather (NnRun *run, size_t n, void *rows, size_t len)
{
  const NnComm *const comm = run->config.comm;

  set_batch (run, n);
  if (nn_comm_size (comm) > 1)
    comm->gather (
        comm->data, rows, nn_share_cut (run->share, run->config.chunk, n, len));
}

void
nn_run_forward (NnRun *run, size_t n, const float *const *x, guint32 step,
    NnLossFunc loss, gpointer data)
{
  bool is_summed = false;
  size_t first, n_mine;

  nn_run_share (run, n, &first, &n_mine);
  run->step = step;
  run->loss = loss;
  run->loss_data = data;
  for (guint i = 0; i < run->graph->inputs->len; i++) {
    const NnRunTensor *const tensor =
        &run->tensors[g_array_index (run->graph->inputs, size_t, i)];

    memcpy (tensor->value.batch + first * tensor->size,
        x[i] + first * tensor->size, n_mine * tensor->size * sizeof (float));
  }
  run->to = 0;
  do {
    const NnRunOp *waiting;

    run->from = run->to;
    /* The first stage has no operations where the first waits for sums. */
    if (run->from > 0 || is_summed || run->ops[0].needs.sums == 0)
      run->to++;
    is_summed = true;
    while (run->to > run->from && run->to < run->n_ops
        && run->ops[run->to].needs.sums == 0)
      run->to++;
    nn_pool_run (run->pool, run->share->mine.n, forward_stage, run);
    waiting = &run->ops[run->to];
    if (run->to < run->n_ops)
      add_sums (run, waiting->sums, waiting->needs.sums);
  } while (run->to < run->n_ops);
}

static void
run_backward (NnRun *run)
{
  bool is_summed = !nn_run_op_has_backward_sums (&run->ops[run->n_ops - 1]);

  run->from = run->n_ops;
  do {
    run->to = run->from;
    /* The first stage has no operations where the last waits for sums. */
    if (run->to < run->n_ops || is_summed)
      run->from--;
    is_summed = true;
    while (run->from < run->to && run->from > 0
        && !nn_run_op_has_backward_sums (&run->ops[run->from - 1]))
      run->from--;
    nn_pool_run (run->pool, run->share->mine.n, backward_stage, run);
    if (run->from > 0) {
      const NnRunOp *const waiting = &run->ops[run->from - 1];

      add_sums (run, waiting->backward_sums, waiting->needs.backward_sums);
    }
  } while (run->from > 0);
}

#define PIECE                                                                  \
  ((size_t) 16384) /* floats of a gradient that are added at once              \
                    */

/* The gradients of the chunks of this rank, along their tree. */
static void
add_gradients (gpointer data, size_t piece, size_t thread)
{
  NnRun *const run = data;
  const NnShare *const share = run->share;
  const size_t all = run->weights->n_trained, first = piece * PIECE;
  const size_t n = MIN (PIECE, all - first);
  float *const gradients = run->gradients + first;

  for (guint i = 0; i < share->inside->len; i++) {
    const NnAddition *const at = &g_array_index (share->inside, NnAddition, i);

    nn_loops ()->add (n, gradients + at->from * all, gradients + at->to * all);
  }
  if (share->mine.n > 0)
    memcpy (run->gradient + first, gradients + share->mine.first * all,
        n * sizeof *gradients);
}

void
nn_run_step (NnRun *run, size_t n, const float *const *x, guint32 step,
    NnLossFunc loss, gpointer data, float *gradient)
{
  nn_run_forward (run, n, x, step, loss, data);
  run_backward (run);
  run->gradient = gradient;
  nn_pool_run (run->pool, (run->weights->n_trained + PIECE - 1) / PIECE,
      add_gradients, run);
  nn_share_sum (run->share, gradient, run->weights->n_trained);
  for (size_t s = 0; s < run->n_ops; s++) {
    const NnRunOp *const at = &run->ops[s];

    if (at->training && at->training->update && at->needs.sums > 0)
      at->training->update (at->layer,
          at->sums + run->n_chunks * at->needs.sums, n * at->node->repeat);
  }
}

bool
nn_run_ends_in_softmax (const NnRun *run)
{
  for (size_t s = 0; s < run->n_ops; s++)
    if (run->ops[s].skips_activation)
      return true;
  return false;
}

const float *
nn_run_input_gradient (const NnRun *run, size_t i)
{
  return run->tensors[g_array_index (run->graph->inputs, size_t, i)].grad.batch;
}
