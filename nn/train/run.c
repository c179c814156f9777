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
  for (size_t s = 0; s < run->n_steps; s++) {
    g_free (run->steps[s].modes);
    g_free (run->steps[s].param_offset);
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
  g_free (run->steps);
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

/* Samples of a chunk that a layer works on: all, or some at a time. */
typedef struct {
  size_t chunk, first, n; /* of the batch */
} Range;

static Range
chunk_range (const NnRun *run, size_t chunk)
{
  const size_t first = chunk * run->config.chunk;

  return (Range){ chunk, first, MIN (run->config.chunk, run->n - first) };
}

/* One call of a layer: which samples, and where everything is. */
typedef struct {
  Range range;
  NnTrainingCall call;
} Call;

/* The part of an array that belongs to a range, or NULL. */
static float *
array_at (
    const NnRunArray *array, size_t size, const NnRunSpace *space, size_t first)
{
  if (array->is_local)
    return space->local + array->local_at;
  return array->batch ? array->batch + first * size : NULL;
}

static float *
value_at (
    const NnRun *run, size_t tensor, const NnRunSpace *space, size_t first)
{
  const NnRunTensor *const t = &run->tensors[tensor];

  return array_at (&t->value, t->size, space, first);
}

static float *
mask_at (const NnRun *run, size_t tensor, const NnRunSpace *space, size_t first)
{
  return tensor == NN_NO_TENSOR ? NULL : value_at (run, tensor, space, first);
}

static float *
grad_at (const NnRun *run, size_t tensor, const NnRunSpace *space, size_t first)
{
  const NnRunTensor *const t = &run->tensors[tensor];

  return t->has_grad ? array_at (&t->grad, t->size, space, first) : NULL;
}

static void
prepare (NnRun *run, const NnRunStep *step, const Range *range, size_t thread,
    Call *prepared)
{
  const NnNode *const node = step->node;
  const NnRunSpace *const space = &run->spaces[thread];
  const size_t first = range->first;

  for (size_t k = 0; k < step->layer->n_in; k++) {
    space->in[k] = value_at (run, node->in[k], space, first);
    space->in_mask[k] = mask_at (run, node->in_mask[k], space, first);
  }
  for (size_t k = 0; k < step->layer->n_out; k++) {
    space->out[k] = value_at (run, node->out[k], space, first);
    space->out_grad[k] = grad_at (run, node->out[k], space, first);
  }
  *prepared = (Call){ .range = *range,
    .call = { .run = { .n = range->n * node->repeat,
                  .in = space->in,
                  .in_mask = space->in_mask,
                  .out = space->out,
                  .out_mask = mask_at (run, node->out_mask, space, first),
                  .scratch = space->scratch },
        .seed = run->config.seed,
        .node = step->index,
        .step = run->step,
        .first = first * node->repeat,
        .batch = run->n * node->repeat,
        .sums = step->sums + run->n_chunks * step->needs.sums,
        .backward_sums =
            step->backward_sums + run->n_chunks * step->needs.backward_sums,
        .saved = step->saved + range->chunk * step->saved_len
            + (first - range->chunk * run->config.chunk) * node->repeat
                * step->needs.saved_per_sample,
        .out_grad = space->out_grad,
        .in_grad = space->in_grad,
        .param_grad = space->param_grad } };
}

static float *
before_at (const NnRun *run, const NnRunStep *step, size_t first)
{
  return step->before
      ? step->before + first * run->tensors[step->node->out[0]].size
      : NULL;
}

static void
step_forward (
    NnRun *run, const NnRunStep *step, const Range *range, size_t thread)
{
  const NnShape *const shape = &step->layer->out[0];
  const size_t len = shape->rank > 0 ? shape->dim[shape->rank - 1] : 1;
  float *out, *before;
  size_t size;
  Call call;

  prepare (run, step, range, thread, &call);
  out = call.call.run.out[0];
  size = call.call.run.n * nn_shape_size (shape);
  before = before_at (run, step, range->first);
  if (before)
    run->spaces[thread].out[0] = before;
  if (step->training && step->training->forward)
    step->training->forward (step->layer, &call.call);
  else
    step->layer->klass->forward (step->layer, &call.call.run);
  if (before) {
    memcpy (out, before, size * sizeof *out);
    nn_activation_apply (&step->activation, out, size / len, len);
  }
}

/* Begins sums with the first samples of a chunk. */
static void
begin_sums (const NnRun *run, const Range *range, double *sums, size_t n)
{
  if (range->first == range->chunk * run->config.chunk)
    memset (sums, 0, n * sizeof *sums);
}

/* The sums that a layer wants over the batch, for one chunk. */
static void
step_sums (NnRun *run, const NnRunStep *step, const Range *range, size_t thread)
{
  Call call;

  prepare (run, step, range, thread, &call);
  call.call.sums = step->sums + range->chunk * step->needs.sums;
  begin_sums (run, range, call.call.sums, step->needs.sums);
  step->training->sums (step->layer, &call.call);
}

/* The gradient of the activation that the layer ends in: in the first pass that
 * looks at out_grad. */
static void
last_activation_gradient (
    const NnRun *run, const NnRunStep *step, const Call *call)
{
  const NnLayer *const layer = step->layer;
  const NnActivation *const activation =
      step->before ? &step->activation : layer->last_activation;
  const NnShape *const shape = &layer->out[0];
  const size_t len = shape->rank > 0 ? shape->dim[shape->rank - 1] : 1;
  const size_t size = nn_shape_size (shape) * call->call.run.n;

  if (activation && !step->skips_activation && call->call.out_grad[0])
    nn_activation_gradient (activation,
        before_at (run, step, call->range.first), call->call.run.out[0],
        call->call.out_grad[0], size / len, len);
}

static void
step_backward_sums (
    NnRun *run, const NnRunStep *step, const Range *range, size_t thread)
{
  Call call;

  prepare (run, step, range, thread, &call);
  call.call.backward_sums =
      step->backward_sums + range->chunk * step->needs.backward_sums;
  begin_sums (run, range, call.call.backward_sums, step->needs.backward_sums);
  last_activation_gradient (run, step, &call);
  step->training->backward_sums (step->layer, &call.call);
}

/* Where the gradients of weights and inputs go. Those of inputs that have a
 * part already go to temporary arrays first, for a layer writes and does not
 * add. */
static void
prepare_gradients (NnRun *run, const NnRunStep *step, size_t thread, Call *call)
{
  const NnRunSpace *const space = &run->spaces[thread];
  float *const gradient =
      run->gradients + call->range.chunk * run->weights->n_trained;
  float *temporary = space->temporary;

  for (guint i = 0; i < step->layer->weights->params->len; i++)
    space->param_grad[i] = step->param_offset[i] == NN_NOT_TRAINED
        ? NULL
        : gradient + step->param_offset[i];
  for (size_t k = 0; k < step->layer->n_in; k++) {
    const size_t tensor = step->node->in[k];

    space->in_grad[k] = NULL;
    if (step->modes[k] == NN_GRAD_WRITE) {
      space->in_grad[k] = grad_at (run, tensor, space, call->range.first);
    } else if (step->modes[k] == NN_GRAD_ADD) {
      space->in_grad[k] = temporary;
      temporary += call->range.n * run->tensors[tensor].size;
    }
  }
}

static void
step_backward (
    NnRun *run, const NnRunStep *step, const Range *range, size_t thread)
{
  Call call;

  prepare (run, step, range, thread, &call);
  if (!nn_run_step_has_backward_sums (step))
    last_activation_gradient (run, step, &call);
  prepare_gradients (run, step, thread, &call);
  step->training->backward (step->layer, &call.call);
  for (size_t k = 0; k < step->layer->n_in; k++) {
    const size_t tensor = step->node->in[k];

    if (step->modes[k] == NN_GRAD_ADD)
      nn_loops ()->add (range->n * run->tensors[tensor].size,
          call.call.in_grad[k],
          grad_at (run, tensor, &run->spaces[thread], range->first));
  }
}

/* Steps from ... to - 1, then the sums that step to waits for, or the loss. */
static void
forward_stage (gpointer data, size_t i, size_t thread)
{
  NnRun *const run = data;
  const Range all = chunk_range (run, run->share->mine.first + i);
  size_t s = run->from;

  do {
    const NnRunStep *const first = &run->steps[s];
    const size_t end = MIN (first->group_end, run->to);
    Range range = all;

    for (size_t k = 0; k < all.n; k += range.n) {
      range.first = all.first + k;
      range.n = MIN (first->at_once, all.n - k);
      for (size_t step = s; step < end; step++)
        step_forward (run, &run->steps[step], &range, thread);
      if (end == run->to && run->to < run->n_steps)
        step_sums (run, &run->steps[run->to], &range, thread);
    }
    s = end;
  } while (s < run->to);
  if (run->to == run->n_steps)
    run->loss (run->loss_data, all.first, all.n,
        value_at (run, run->output, NULL, all.first),
        grad_at (run, run->output, NULL, all.first));
}

/* Steps to - 1 ... from, then the sums that step from - 1 waits for. */
static void
backward_stage (gpointer data, size_t i, size_t thread)
{
  NnRun *const run = data;
  const Range all = chunk_range (run, run->share->mine.first + i);
  size_t s = run->to;

  if (run->to == run->n_steps)
    memset (run->gradients + all.chunk * run->weights->n_trained, 0,
        run->weights->n_trained * sizeof *run->gradients);
  do {
    const NnRunStep *const last = &run->steps[s - 1];
    const size_t end = MAX (last->group_first, run->from);
    Range range = all;

    for (size_t k = 0; k < all.n; k += range.n) {
      range.first = all.first + k;
      range.n = MIN (last->at_once, all.n - k);
      for (size_t step = s; step-- > end;)
        if (run->steps[step].is_backward)
          step_backward (run, &run->steps[step], &range, thread);
      if (end == run->from && run->from > 0)
        step_backward_sums (run, &run->steps[run->from - 1], &range, thread);
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
    const NnRunStep *waiting;

    run->from = run->to;
    /* The first stage has no steps where the first step waits for sums. */
    if (run->from > 0 || is_summed || run->steps[0].needs.sums == 0)
      run->to++;
    is_summed = true;
    while (run->to > run->from && run->to < run->n_steps
        && run->steps[run->to].needs.sums == 0)
      run->to++;
    nn_pool_run (run->pool, run->share->mine.n, forward_stage, run);
    waiting = &run->steps[run->to];
    if (run->to < run->n_steps)
      add_sums (run, waiting->sums, waiting->needs.sums);
  } while (run->to < run->n_steps);
}

static void
run_backward (NnRun *run)
{
  bool is_summed =
      !nn_run_step_has_backward_sums (&run->steps[run->n_steps - 1]);

  run->from = run->n_steps;
  do {
    run->to = run->from;
    /* The first stage has no steps where the last step waits for sums. */
    if (run->to < run->n_steps || is_summed)
      run->from--;
    is_summed = true;
    while (run->from < run->to && run->from > 0
        && !nn_run_step_has_backward_sums (&run->steps[run->from - 1]))
      run->from--;
    nn_pool_run (run->pool, run->share->mine.n, backward_stage, run);
    if (run->from > 0) {
      const NnRunStep *const waiting = &run->steps[run->from - 1];

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
  for (size_t s = 0; s < run->n_steps; s++) {
    const NnRunStep *const at = &run->steps[s];

    if (at->training && at->training->update && at->needs.sums > 0)
      at->training->update (at->layer,
          at->sums + run->n_chunks * at->needs.sums, n * at->node->repeat);
  }
}

bool
nn_run_ends_in_softmax (const NnRun *run)
{
  for (size_t s = 0; s < run->n_steps; s++)
    if (run->steps[s].skips_activation)
      return true;
  return false;
}

const float *
nn_run_input_gradient (const NnRun *run, size_t i)
{
  return run->tensors[g_array_index (run->graph->inputs, size_t, i)].grad.batch;
}
