/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/plan.h"

#include "nn/limits.h"

typedef struct {
  size_t tensor;
  size_t size;
  size_t first, last; /* nodes between which the tensor must be kept */
} Block;

void
nn_plan_free (NnPlan *plan)
{
  if (!plan)
    return;
  g_free (plan->root);
  g_free (plan->offset);
  g_free (plan);
}

static void
find_roots (const NnGraph *graph, NnPlan *plan)
{
  for (size_t t = 0; t < graph->tensors->len; t++)
    plan->root[t] = t;
  for (size_t i = 0; i < graph->nodes->len; i++) {
    const NnNode *const node = nn_graph_node (graph, i);

    if (node->layer->is_view)
      plan->root[node->out[0]] = plan->root[node->in[0]];
    else if (node->result != NN_NO_TENSOR) /* the node writes there instead */
      plan->root[node->out[0]] = node->result;
  }
}

static void
use (Block *blocks, const NnPlan *plan, size_t tensor, size_t node)
{
  Block *block;

  if (tensor == NN_NO_TENSOR)
    return;
  block = &blocks[plan->root[tensor]];
  block->first = MIN (block->first, node);
  block->last = MAX (block->last, node);
}

static Block *
find_lifetimes (const NnGraph *graph, const NnPlan *plan)
{
  Block *blocks = g_new0 (Block, graph->tensors->len);

  for (size_t t = 0; t < graph->tensors->len; t++)
    blocks[t] = (Block){
      .tensor = t, .size = nn_graph_tensor (graph, t)->size, .first = G_MAXSIZE
    };
  for (size_t i = 0; i < graph->nodes->len; i++) {
    const NnNode *const node = nn_graph_node (graph, i);

    if (node->is_absorbed)
      continue;
    for (size_t k = 0; k < node->layer->n_in; k++) {
      use (blocks, plan, node->in[k], i);
      use (blocks, plan, node->in_mask[k], i);
    }
    for (size_t k = 0; k < node->layer->n_out; k++)
      use (blocks, plan, node->out[k], i);
    use (blocks, plan, node->out_mask, i);
  }
  for (size_t i = 0; i < graph->outputs->len; i++)
    use (blocks, plan, g_array_index (graph->outputs, size_t, i),
        graph->nodes->len);
  return blocks;
}

static int
larger_first (gconstpointer a, gconstpointer b)
{
  const Block *const x = a, *const y = b;

  if (x->size != y->size)
    return x->size > y->size ? -1 : 1;
  return x->tensor < y->tensor ? -1 : 1;
}

static bool
is_input (const NnGraph *graph, size_t tensor)
{
  for (size_t i = 0; i < graph->inputs->len; i++)
    if (g_array_index (graph->inputs, size_t, i) == tensor)
      return true;
  return false;
}

/* Largest first, each at the lowest offset that no block with an overlapping
 * lifetime occupies (Pisarchyk & Lee 2020, "greedy by size"). placed: sorted by
 * offset, so one pass is enough. */
static void
place (Block *placed, size_t n, const Block *block, NnPlan *plan)
{
  size_t offset = 0, at;

  for (size_t i = 0; i < n; i++) {
    const size_t other = plan->offset[placed[i].tensor];

    if (placed[i].first > block->last || block->first > placed[i].last)
      continue;
    if (other >= offset + block->size)
      break;
    offset = MAX (offset, other + placed[i].size);
  }
  for (at = n; at > 0 && plan->offset[placed[at - 1].tensor] > offset; at--)
    placed[at] = placed[at - 1];
  placed[at] = *block;
  plan->offset[block->tensor] = offset;
  plan->arena = MAX (plan->arena, offset + block->size);
}

NnPlan *
nn_plan_new (const NnGraph *graph, const char *name, GError **error)
{
  g_autoptr (NnPlan) plan = g_new0 (NnPlan, 1);
  g_autofree Block *blocks = NULL, *placed = NULL;
  size_t n = 0;

  plan->root = g_new0 (size_t, graph->tensors->len);
  plan->offset = g_new0 (size_t, graph->tensors->len);
  find_roots (graph, plan);
  blocks = find_lifetimes (graph, plan);
  for (size_t t = 0; t < graph->tensors->len; t++)
    if (plan->root[t] == t && blocks[t].first != G_MAXSIZE
        && !is_input (graph, t)) {
      blocks[n] = blocks[t];
      blocks[n++].size = (blocks[t].size + 15) & ~(size_t) 15;
    }
  qsort (blocks, n, sizeof *blocks, larger_first);
  placed = g_new (Block, n);
  for (size_t i = 0; i < n && plan->arena <= NN_MAX_SCRATCH; i++)
    place (placed, i, &blocks[i], plan);
  for (size_t i = 0; i < graph->nodes->len; i++) {
    const NnNode *const node = nn_graph_node (graph, i);
    size_t per_sample;

    if (!g_size_checked_mul (
            &per_sample, node->layer->scratch_per_sample, node->repeat))
      per_sample = G_MAXSIZE / 2;
    plan->scratch = MAX (plan->scratch, node->layer->scratch_len);
    plan->scratch_per_sample = MAX (plan->scratch_per_sample, per_sample);
  }
  if (plan->arena > NN_MAX_SCRATCH || plan->scratch > NN_MAX_SCRATCH
      || plan->scratch_per_sample > NN_MAX_SCRATCH) {
    g_set_error (error, NN_ERROR, NN_ERROR_LIMIT,
        "%s: the model needs more than %" G_GSIZE_FORMAT
        " MiB of working memory",
        name, NN_MAX_SCRATCH * sizeof (float) >> 20);
    return NULL;
  }
  return g_steal_pointer (&plan);
}
