/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include "nn/limits.h"
#include "nn/train/run-private.h"

/* Views share memory; dropout, a view when a model only runs, does not. */
static bool
is_view (const NnLayer *layer)
{
  return layer->is_view
      && (!layer->klass->training || !layer->klass->training->forward);
}

static void
plan_tensors (NnRun *run)
{
  const NnGraph *const graph = run->graph;

  run->tensors = g_new0 (NnRunTensor, graph->tensors->len);
  for (size_t t = 0; t < graph->tensors->len; t++) {
    run->tensors[t].root = t;
    run->tensors[t].size = nn_graph_tensor (graph, t)->size;
  }
  for (size_t i = 0; i < graph->nodes->len; i++) {
    const NnNode *const node = nn_graph_node (graph, i);

    if (is_view (node->layer))
      run->tensors[node->out[0]].root = run->tensors[node->in[0]].root;
  }
}

static NnRunTensor *
root_of (NnRun *run, size_t tensor)
{
  return &run->tensors[run->tensors[tensor].root];
}

/* Weights of a layer that are trained, and where their gradients go. */
static bool
plan_params (NnRun *run, NnRunOp *op)
{
  const GPtrArray *const params = op->layer->weights->params;
  bool any = false;

  op->param_offset = g_new (size_t, params->len);
  for (guint i = 0; i < params->len; i++) {
    const NnWeight *const weight =
        nn_weight_list_find (run->weights, g_ptr_array_index (params, i));

    op->param_offset[i] = weight->is_trained ? weight->offset : NN_NOT_TRAINED;
    any = any || weight->is_trained;
  }
  return any;
}

/* The operations, and through which of them a gradient goes: those behind a
 * weight that is trained. False where memory is missing. */
static bool
plan_ops (NnRun *run)
{
  const NnGraph *const graph = run->graph;

  run->ops = g_new0 (NnRunOp, graph->nodes->len);
  for (size_t i = 0; i < graph->inputs->len; i++)
    root_of (run, g_array_index (graph->inputs, size_t, i))->has_grad =
        run->config.wants_input_gradient;
  for (size_t i = 0; i < graph->nodes->len; i++) {
    const NnNode *const node = nn_graph_node (graph, i);
    const NnTraining *const training = node->layer->klass->training;
    NnRunOp *const op = &run->ops[run->n_ops];

    if (is_view (node->layer))
      continue;
    if (training && training->prepare && !training->prepare (node->layer))
      return false;
    run->n_ops++;
    *op = (NnRunOp){ .node = node,
      .layer = node->layer,
      .training = training,
      .index = i,
      .needs = { .scratch = node->layer->scratch_len,
          .scratch_per_sample = node->layer->scratch_per_sample },
      .modes = g_new0 (NnGradMode, node->layer->n_in) };
    op->is_backward = plan_params (run, op);
    for (size_t k = 0; k < node->layer->n_in; k++)
      if (root_of (run, node->in[k])->has_grad)
        op->is_backward = true;
    for (size_t k = 0; k < node->layer->n_out; k++)
      run->tensors[node->out[k]].has_grad = op->is_backward;
  }
  return true;
}

/* From the loss backwards: who writes a gradient first, and who is never asked.
 */
static void
plan_gradients (NnRun *run)
{
  g_autofree bool *written = g_new0 (bool, run->graph->tensors->len);

  written[run->tensors[run->output].root] = true;
  for (size_t s = run->n_ops; s-- > 0;) {
    NnRunOp *const op = &run->ops[s];
    const NnNode *const node = op->node;
    bool is_asked = false;

    for (size_t k = 0; k < op->layer->n_out; k++) {
      is_asked = is_asked || written[node->out[k]];
      if (!written[node->out[k]])
        run->tensors[node->out[k]].has_grad = false;
    }
    op->is_backward = op->is_backward && is_asked;
    for (size_t k = 0; k < op->layer->n_in && op->is_backward; k++) {
      const size_t root = run->tensors[node->in[k]].root;

      if (!run->tensors[root].has_grad)
        continue;
      op->modes[k] = written[root] ? NN_GRAD_ADD : NN_GRAD_WRITE;
      written[root] = true;
    }
  }
}

static bool
check_op (const NnRun *run, const NnRunOp *op, GError **error)
{
  const NnLayer *const layer = op->layer;
  const char *obstacle = NULL;

  if (op->training && op->training->obstacle)
    obstacle = op->training->obstacle (layer);
  else if (layer->has_penalty)
    obstacle = "an activity regularizer is not supported in training";
  else if (op->is_backward && (!op->training || !op->training->backward))
    obstacle = "this kind of layer cannot be trained";
  for (guint i = 0; i < layer->weights->params->len && !obstacle; i++) {
    const NnParam *const param = g_ptr_array_index (layer->weights->params, i);

    if (op->param_offset[i] == NN_NOT_TRAINED)
      continue;
    if (param->has_constraint)
      obstacle = "a constraint of weights is not supported in training";
    else if (param->regularizer.is_unknown)
      obstacle = "a regularizer other than L1 and L2 is not supported";
  }
  if (!obstacle)
    return true;
  g_set_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED, "%s: layer “%s” (%s): %s",
      run->model->name, layer->name, layer->klass->keras_name, obstacle);
  return false;
}

/* The softmax and the cross-entropy have one simple gradient together. */
static void
plan_loss (NnRun *run)
{
  for (size_t s = run->n_ops; s-- > 0;) {
    NnRunOp *const op = &run->ops[s];
    const NnActivation *const last = op->layer->last_activation;

    if (op->node->out[0] == run->tensors[run->output].root) {
      op->skips_activation = last && nn_activation_is (last, "softmax");
      return;
    }
  }
}

static void
measure_op (const NnRun *run, NnRunOp *op)
{
  const size_t n = run->config.chunk * op->node->repeat;

  if (op->training && op->training->measure) {
    NnTrainingNeeds needs = { 0 };

    op->training->measure (op->layer, &needs);
    needs.scratch = MAX (needs.scratch, op->needs.scratch);
    needs.scratch_per_sample =
        MAX (needs.scratch_per_sample, op->needs.scratch_per_sample);
    op->needs = needs;
  }
  if (op->is_backward && op->layer->last_activation
      && nn_activation_gradient_wants_input (op->layer->last_activation)) {
    op->activation = *op->layer->last_activation;
    *op->layer->last_activation = (NnActivation){ 0 };
  }
  op->saved_len = op->needs.saved + n * op->needs.saved_per_sample;
}

/* Takes a part of an arena that is only counted while base is NULL. */
static float *
take (float *base, size_t *used, size_t n)
{
  float *const at = base ? base + *used : NULL;

  *used += nn_run_padded (n);
  return at;
}

static void
place_tensors (NnRun *run, float *base, size_t *used)
{
  const size_t batch = run->config.batch_size;

  for (size_t t = 0; t < run->graph->tensors->len; t++) {
    NnRunTensor *const tensor = &run->tensors[t];

    if (tensor->root != t)
      continue;
    if (!tensor->value.is_local)
      tensor->value.batch = take (base, used, batch * tensor->size);
    if (tensor->has_grad && !tensor->grad.is_local)
      tensor->grad.batch = take (base, used, batch * tensor->size);
  }
  for (size_t t = 0; t < run->graph->tensors->len; t++) {
    const NnRunTensor *const root = root_of (run, t);

    run->tensors[t].value = root->value;
    run->tensors[t].grad = root->grad;
    run->tensors[t].has_grad = root->has_grad;
  }
}

static void
place_ops (NnRun *run, float *base, size_t *used)
{
  size_t scratch = 0, temporary = 0;
  const size_t local = nn_run_place_local (run);

  for (size_t s = 0; s < run->n_ops; s++) {
    NnRunOp *const op = &run->ops[s];
    const size_t n = run->config.chunk * op->node->repeat;
    size_t added = 0;

    op->saved = take (base, used, run->n_chunks * op->saved_len);
    if (op->activation.klass)
      op->before = take (base, used,
          run->config.batch_size * run->tensors[op->node->out[0]].size);
    scratch =
        MAX (scratch, op->needs.scratch + n * op->needs.scratch_per_sample);
    for (size_t k = 0; k < op->layer->n_in; k++)
      if (op->modes[k] == NN_GRAD_ADD)
        added += run->config.chunk * run->tensors[op->node->in[k]].size;
    temporary = MAX (temporary, added);
  }
  for (size_t i = 0; i < nn_pool_n_threads (run->pool); i++) {
    run->spaces[i].scratch = take (base, used, scratch);
    run->spaces[i].temporary = take (base, used, temporary);
    run->spaces[i].local = take (base, used, local);
  }
  run->gradients = take (base, used, run->n_chunks * run->weights->n_trained);
}

static void
place_sums (NnRun *run)
{
  size_t n = 0;
  double *at;

  for (size_t s = 0; s < run->n_ops; s++)
    n += run->ops[s].needs.sums + run->ops[s].needs.backward_sums;
  /* One more, so that it is never NULL. */
  at = run->sums = g_new0 (double, n *(run->n_chunks + 1) + 1);
  for (size_t s = 0; s < run->n_ops; s++) {
    NnRunOp *const op = &run->ops[s];

    op->sums = at;
    at += op->needs.sums * (run->n_chunks + 1);
    op->backward_sums = at;
    at += op->needs.backward_sums * (run->n_chunks + 1);
  }
}

static void
plan_spaces (NnRun *run)
{
  size_t n_in = 0, n_out = 0, n_params = 0;

  for (size_t s = 0; s < run->n_ops; s++) {
    const NnLayer *const layer = run->ops[s].layer;

    n_in = MAX (n_in, layer->n_in);
    n_out = MAX (n_out, layer->n_out);
    n_params = MAX (n_params, layer->weights->params->len);
  }
  run->spaces = g_new0 (NnRunSpace, nn_pool_n_threads (run->pool));
  for (size_t i = 0; i < nn_pool_n_threads (run->pool); i++)
    run->spaces[i] = (NnRunSpace){ .in = g_new0 (const float *, n_in),
      .in_mask = g_new0 (const float *, n_in),
      .out = g_new0 (float *, n_out),
      .out_grad = g_new0 (float *, n_out),
      .in_grad = g_new0 (float *, n_in),
      .param_grad = g_new0 (float *, n_params) };
}

static void
place_all (NnRun *run, float *base, size_t *used)
{
  *used = 0;
  place_ops (run, base, used);
  place_tensors (run, base, used);
}

/* Untrusted sizes: no sum of a few of these wraps, and no float array of a
 * process is near it. */
static bool
sizes_are_sane (const NnRun *run)
{
  for (size_t s = 0; s < run->n_ops; s++) {
    const NnTrainingNeeds *const needs = &run->ops[s].needs;
    const size_t n = run->ops[s].node->repeat * run->config.batch_size;
    size_t size;

    if (needs->saved > NN_MAX_SCRATCH || needs->scratch > NN_MAX_SCRATCH
        || !g_size_checked_mul (&size, needs->saved_per_sample, n) || size >> 48
        || !g_size_checked_mul (&size, needs->scratch_per_sample, n)
        || size >> 48)
      return false;
  }
  return true;
}

static bool
fail_to_allocate (const NnRun *run, GError **error)
{
  g_set_error (error, NN_ERROR, NN_ERROR_LIMIT,
      "%s: no memory to train %" G_GSIZE_FORMAT " samples at once",
      run->model->name, run->config.batch_size);
  return false;
}

bool
nn_run_plan (NnRun *run, GError **error)
{
  size_t used;

  plan_tensors (run);
  if (!plan_ops (run))
    return fail_to_allocate (run, error);
  plan_gradients (run);
  plan_loss (run);
  plan_spaces (run);
  for (size_t s = 0; s < run->n_ops; s++) {
    if (!check_op (run, &run->ops[s], error))
      return false;
    measure_op (run, &run->ops[s]);
  }
  nn_run_plan_local (run);
  if (!sizes_are_sane (run))
    return fail_to_allocate (run, error);
  place_all (run, NULL, &used);
  place_sums (run);
  if (posix_memalign (
          (void **) &run->arena, 64, MAX (used, 16) * sizeof (float))
      != 0) {
    run->arena = NULL;
    return fail_to_allocate (run, error);
  }
  run->memory = used * sizeof (float);
  place_all (run, run->arena, &used);
  return true;
}
