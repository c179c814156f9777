/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chooses which consecutive operations process a few samples at a time, and
 * which tensors therefore need memory for only these: it stays in the cache,
 * and a batch needs less. */
#include "nn/train/backprop-private.h"

/* Floats of a tensor that fit into the L2 cache beside a few others. */
#define CACHED ((size_t) 1 << 16)

static bool
is_by_sample (const NnBackpropOp *op)
{
  return op->training && op->training->is_by_sample;
}

/* Convolutional layers take samples one by one. Recurrent and dense layers need
 * many samples at once, to reuse their weights. */
static void
plan_groups (NnBackprop *backprop)
{
  for (size_t first = 0, end; first < backprop->n_ops; first = end) {
    const bool by_sample = is_by_sample (&backprop->ops[first]);
    size_t largest = 1;

    for (end = first + 1; by_sample && end < backprop->n_ops
         && is_by_sample (&backprop->ops[end]);
         end++)
      ;
    for (size_t s = first; s < end; s++) {
      const NnNode *const node = backprop->ops[s].node;

      g_assert (!by_sample || backprop->ops[s].needs.saved == 0);
      largest = MAX (largest, backprop->tensors[node->in[0]].size);
      largest = MAX (largest, backprop->tensors[node->out[0]].size);
    }
    for (size_t s = first; s < end; s++) {
      backprop->ops[s].group_first = first;
      backprop->ops[s].group_end = end;
      backprop->ops[s].at_once = by_sample
          ? CLAMP (CACHED / largest, 1, backprop->config.chunk)
          : backprop->config.chunk;
    }
  }
}

/* Tensors that cannot be local: inputs, outputs and masks. */
static void
mark_shared (NnBackprop *backprop, bool *is_shared)
{
  const NnGraph *const graph = backprop->graph;

  for (guint i = 0; i < graph->inputs->len; i++)
    is_shared[g_array_index (graph->inputs, size_t, i)] = true;
  for (guint i = 0; i < graph->outputs->len; i++)
    is_shared[g_array_index (graph->outputs, size_t, i)] = true;
  for (size_t i = 0; i < graph->nodes->len; i++) {
    const NnNode *const node = nn_graph_node (graph, i);

    if (node->out_mask != NN_NO_TENSOR)
      is_shared[node->out_mask] = true;
    for (size_t k = 0; k < node->layer->n_in; k++)
      if (node->in_mask[k] != NN_NO_TENSOR)
        is_shared[node->in_mask[k]] = true;
  }
}

/* Operations that wait for sums begin a stage, forward and backward: this many
 * begin in from ... to - 1. */
static size_t
stages_begun (
    const NnBackprop *backprop, size_t from, size_t to, bool is_backward)
{
  size_t n = 0;

  for (size_t s = from; s < to; s++)
    n += is_backward ? nn_backprop_op_has_backward_sums (&backprop->ops[s])
                     : backprop->ops[s].needs.sums > 0;
  return n;
}

/* The tensors passed from one operation to others of its group. */
static void
plan_outputs (NnBackprop *backprop, size_t from, const bool *is_shared)
{
  NnBackpropOp *const op = &backprop->ops[from];

  for (size_t k = 0; k < op->layer->n_out; k++) {
    NnBackpropTensor *const tensor =
        nn_backprop_root (backprop, op->node->out[k]);
    bool value = !is_shared[tensor->root], grad = value;

    if (op->is_backward
        && (!op->needs.forgets_out || op->layer->last_activation))
      value = false;
    grad = grad && tensor->has_grad;
    for (size_t s = from + 1; s < backprop->n_ops; s++) {
      const NnBackpropOp *const reader = &backprop->ops[s];
      bool is_reader = false;

      for (size_t i = 0; i < reader->layer->n_in; i++)
        is_reader = is_reader
            || backprop->tensors[reader->node->in[i]].root == tensor->root;
      if (!is_reader)
        continue;
      if (reader->group_first != op->group_first) {
        value = grad = false;
        continue;
      }
      value = value && stages_begun (backprop, from + 1, s + 1, false) == 0
          && !(reader->is_backward && !reader->needs.forgets_in);
      grad = grad && stages_begun (backprop, from, s, true) == 0;
    }
    tensor->value.is_local = value;
    tensor->grad.is_local = grad;
  }
}

void
nn_backprop_plan_local (NnBackprop *backprop)
{
  g_autofree bool *is_marked = g_new0 (bool, backprop->graph->tensors->len);
  g_autofree bool *is_shared = g_new0 (bool, backprop->graph->tensors->len);

  plan_groups (backprop);
  mark_shared (backprop, is_marked);
  for (size_t t = 0; t < backprop->graph->tensors->len; t++)
    if (is_marked[t])
      is_shared[backprop->tensors[t].root] = true;
  for (size_t s = 0; s < backprop->n_ops; s++)
    plan_outputs (backprop, s, is_shared);
}

/* Places them one after the other, from 0 in each group, and again in backward.
 */
size_t
nn_backprop_place_local (NnBackprop *backprop)
{
  size_t most = 0, values = 0, grads = 0;

  for (size_t s = 0; s < backprop->n_ops; s++) {
    const NnBackpropOp *const op = &backprop->ops[s];

    if (s == op->group_first)
      values = grads = 0;
    for (size_t k = 0; k < op->layer->n_out; k++) {
      NnBackpropTensor *const tensor =
          nn_backprop_root (backprop, op->node->out[k]);
      const size_t size = nn_backprop_padded (op->at_once * tensor->size);

      if (tensor->value.is_local) {
        tensor->value.local_at = values;
        values += size;
      }
      if (tensor->grad.is_local) {
        tensor->grad.local_at = grads;
        grads += size;
      }
    }
    most = MAX (most, MAX (values, grads));
  }
  return most;
}
