/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include "nn/fuse.h"
#include "nn/limits.h"
#include "nn/train/backprop-private.h"

/* Views share memory; dropout, a view in inference, does not. */
static bool
is_view (const NnLayer *layer)
{
  return layer->is_view
      && (!layer->klass->training || !layer->klass->training->forward);
}

static void
plan_tensors (NnBackprop *backprop)
{
  const NnGraph *const graph = backprop->graph;

  backprop->tensors = g_new0 (NnBackpropTensor, graph->tensors->len);
  for (size_t t = 0; t < graph->tensors->len; t++) {
    backprop->tensors[t].root = t;
    backprop->tensors[t].size = nn_graph_tensor (graph, t)->size;
  }
  for (size_t i = 0; i < graph->nodes->len; i++) {
    const NnNode *const node = nn_graph_node (graph, i);

    if (is_view (node->layer))
      backprop->tensors[node->out[0]].root =
          backprop->tensors[node->in[0]].root;
    else if (node->result
        != NN_NO_TENSOR) { /* the layer writes there instead */
      NnBackpropTensor *const out = &backprop->tensors[node->out[0]];

      out->root = node->result;
      out->size = backprop->tensors[node->result].size;
    }
  }
}

/* Trained weights of a layer, and the places of their gradients. */
static bool
plan_params (NnBackprop *backprop, NnBackpropOp *op)
{
  const GPtrArray *const params = op->layer->weights->params;
  bool any = false;

  op->param_offset = g_new (size_t, params->len);
  for (guint i = 0; i < params->len; i++) {
    const NnWeight *const weight =
        nn_weight_list_find (backprop->weights, g_ptr_array_index (params, i));

    op->param_offset[i] = weight->is_trained ? weight->offset : NN_NOT_TRAINED;
    any = any || weight->is_trained;
  }
  return any;
}

/* The operations, and which of them need a gradient: those after a trained
 * weight. False if out of memory. */
static bool
plan_ops (NnBackprop *backprop)
{
  const NnGraph *const graph = backprop->graph;

  backprop->ops = g_new0 (NnBackpropOp, graph->nodes->len);
  for (size_t i = 0; i < graph->inputs->len; i++)
    nn_backprop_root (backprop, g_array_index (graph->inputs, size_t, i))
        ->has_grad = backprop->config.wants_input_gradient;
  for (size_t i = 0; i < graph->nodes->len; i++) {
    const NnNode *const node = nn_graph_node (graph, i);
    const NnTraining *const training = node->layer->klass->training;
    NnBackpropOp *const op = &backprop->ops[backprop->n_ops];

    if (is_view (node->layer) || node->is_absorbed)
      continue;
    if (training && training->prepare && !training->prepare (node->layer))
      return false;
    backprop->n_ops++;
    *op = (NnBackpropOp){ .node = node,
      .layer = node->layer,
      .training = training,
      .index = i,
      .needs = { .scratch = node->layer->scratch_len,
          .scratch_per_sample = node->layer->scratch_per_sample },
      .modes = g_new0 (NnGradMode, node->layer->n_in) };
    op->is_backward = plan_params (backprop, op);
    for (size_t k = 0; k < node->layer->n_in; k++)
      if (nn_backprop_root (backprop, node->in[k])->has_grad)
        op->is_backward = true;
    for (size_t k = 0; k < node->layer->n_out; k++)
      nn_backprop_root (backprop, node->out[k])->has_grad = op->is_backward;
  }
  return true;
}

/* From the loss backwards: which operation writes a gradient first, and which
 * are not needed. */
static void
plan_gradients (NnBackprop *backprop)
{
  g_autofree bool *written = g_new0 (bool, backprop->graph->tensors->len);

  written[backprop->tensors[backprop->output].root] = true;
  for (size_t s = backprop->n_ops; s-- > 0;) {
    NnBackpropOp *const op = &backprop->ops[s];
    const NnNode *const node = op->node;
    bool is_asked = false;

    for (size_t k = 0; k < op->layer->n_out; k++) {
      const size_t root = backprop->tensors[node->out[k]].root;

      is_asked = is_asked || written[root];
      if (!written[root])
        backprop->tensors[root].has_grad = false;
    }
    op->is_backward = op->is_backward && is_asked;
    for (size_t k = 0; k < op->layer->n_in && op->is_backward; k++) {
      const size_t root = backprop->tensors[node->in[k]].root;

      if (!backprop->tensors[root].has_grad)
        continue;
      op->modes[k] = written[root] ? NN_GRAD_ADD : NN_GRAD_WRITE;
      written[root] = true;
    }
  }
}

static bool
check_op (const NnBackprop *backprop, const NnBackpropOp *op, GError **error)
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
      backprop->model->name, layer->name, layer->klass->keras_name, obstacle);
  return false;
}

/* Softmax and cross-entropy have a simple joint gradient. */
static void
plan_loss (NnBackprop *backprop)
{
  for (size_t s = backprop->n_ops; s-- > 0;) {
    NnBackpropOp *const op = &backprop->ops[s];
    const NnActivation *const last = op->layer->last_activation;

    if (backprop->tensors[op->node->out[0]].root
        == backprop->tensors[backprop->output].root) {
      op->skips_activation = last && nn_activation_is (last, "softmax");
      return;
    }
  }
}

static void
measure_op (const NnBackprop *backprop, NnBackpropOp *op)
{
  const size_t n = backprop->config.chunk * op->node->repeat;

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

/* Allocates from an arena, whose size is only counted while base is NULL. */
static float *
take (float *base, size_t *used, size_t n)
{
  float *const at = base ? base + *used : NULL;

  *used += nn_backprop_padded (n);
  return at;
}

static void
place_tensors (NnBackprop *backprop, float *base, size_t *used)
{
  const size_t batch = backprop->config.batch_size;

  for (size_t t = 0; t < backprop->graph->tensors->len; t++) {
    NnBackpropTensor *const tensor = &backprop->tensors[t];

    if (tensor->root != t)
      continue;
    if (!tensor->value.is_local)
      tensor->value.batch = take (base, used, batch * tensor->size);
    if (tensor->has_grad && !tensor->grad.is_local)
      tensor->grad.batch = take (base, used, batch * tensor->size);
  }
  for (size_t t = 0; t < backprop->graph->tensors->len; t++) {
    const NnBackpropTensor *const root = nn_backprop_root (backprop, t);

    backprop->tensors[t].value = root->value;
    backprop->tensors[t].grad = root->grad;
    backprop->tensors[t].has_grad = root->has_grad;
  }
}

static void
place_ops (NnBackprop *backprop, float *base, size_t *used)
{
  size_t scratch = 0, temporary = 0;
  const size_t local = nn_backprop_place_local (backprop);

  for (size_t s = 0; s < backprop->n_ops; s++) {
    NnBackpropOp *const op = &backprop->ops[s];
    const size_t n = backprop->config.chunk * op->node->repeat;
    size_t added = 0;

    op->saved = take (base, used, backprop->n_chunks * op->saved_len);
    if (op->activation.klass)
      op->before = take (base, used,
          backprop->config.batch_size
              * backprop->tensors[op->node->out[0]].size);
    scratch =
        MAX (scratch, op->needs.scratch + n * op->needs.scratch_per_sample);
    for (size_t k = 0; k < op->layer->n_in; k++)
      if (op->modes[k] == NN_GRAD_ADD)
        added +=
            backprop->config.chunk * backprop->tensors[op->node->in[k]].size;
    temporary = MAX (temporary, added);
  }
  for (size_t i = 0; i < nn_pool_n_threads (backprop->pool); i++) {
    backprop->spaces[i].scratch = take (base, used, scratch);
    backprop->spaces[i].temporary = take (base, used, temporary);
    backprop->spaces[i].local = take (base, used, local);
  }
  backprop->gradients =
      take (base, used, backprop->n_chunks * backprop->weights->n_trained);
}

static void
place_sums (NnBackprop *backprop)
{
  size_t n = 0;
  double *at;

  for (size_t s = 0; s < backprop->n_ops; s++)
    n += backprop->ops[s].needs.sums + backprop->ops[s].needs.backward_sums;
  /* One more, so that it is never NULL. */
  at = backprop->sums = g_new0 (double, n *(backprop->n_chunks + 1) + 1);
  for (size_t s = 0; s < backprop->n_ops; s++) {
    NnBackpropOp *const op = &backprop->ops[s];

    op->sums = at;
    at += op->needs.sums * (backprop->n_chunks + 1);
    op->backward_sums = at;
    at += op->needs.backward_sums * (backprop->n_chunks + 1);
  }
}

static void
plan_spaces (NnBackprop *backprop)
{
  size_t n_in = 0, n_out = 0, n_params = 0;

  for (size_t s = 0; s < backprop->n_ops; s++) {
    const NnLayer *const layer = backprop->ops[s].layer;

    n_in = MAX (n_in, layer->n_in);
    n_out = MAX (n_out, layer->n_out);
    n_params = MAX (n_params, layer->weights->params->len);
  }
  backprop->spaces =
      g_new0 (NnBackpropSpace, nn_pool_n_threads (backprop->pool));
  for (size_t i = 0; i < nn_pool_n_threads (backprop->pool); i++)
    backprop->spaces[i] = (NnBackpropSpace){ .in = g_new0 (const float *, n_in),
      .in_mask = g_new0 (const float *, n_in),
      .out = g_new0 (float *, n_out),
      .out_grad = g_new0 (float *, n_out),
      .in_grad = g_new0 (float *, n_in),
      .param_grad = g_new0 (float *, n_params) };
}

static void
place_all (NnBackprop *backprop, float *base, size_t *used)
{
  *used = 0;
  place_ops (backprop, base, used);
  place_tensors (backprop, base, used);
}

/* Untrusted sizes: no sum of a few of these wraps, and no array is near this
 * size. */
static bool
sizes_are_sane (const NnBackprop *backprop)
{
  for (size_t s = 0; s < backprop->n_ops; s++) {
    const NnTrainingNeeds *const needs = &backprop->ops[s].needs;
    const size_t n =
        backprop->ops[s].node->repeat * backprop->config.batch_size;
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
fail_to_allocate (const NnBackprop *backprop, GError **error)
{
  g_set_error (error, NN_ERROR, NN_ERROR_LIMIT,
      "%s: no memory to train %" G_GSIZE_FORMAT " samples at once",
      backprop->model->name, backprop->config.batch_size);
  return false;
}

bool
nn_backprop_plan (NnBackprop *backprop, GError **error)
{
  size_t used;

  nn_fuse_for_training (backprop->model->graph);
  plan_tensors (backprop);
  if (!plan_ops (backprop))
    return fail_to_allocate (backprop, error);
  plan_gradients (backprop);
  plan_loss (backprop);
  plan_spaces (backprop);
  for (size_t s = 0; s < backprop->n_ops; s++) {
    if (!check_op (backprop, &backprop->ops[s], error))
      return false;
    measure_op (backprop, &backprop->ops[s]);
  }
  nn_backprop_plan_local (backprop);
  if (!sizes_are_sane (backprop))
    return fail_to_allocate (backprop, error);
  place_all (backprop, NULL, &used);
  place_sums (backprop);
  if (posix_memalign (
          (void **) &backprop->arena, 64, MAX (used, 16) * sizeof (float))
      != 0) {
    backprop->arena = NULL;
    return fail_to_allocate (backprop, error);
  }
  backprop->memory = used * sizeof (float);
  place_all (backprop, backprop->arena, &used);
  return true;
}
