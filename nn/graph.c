/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/graph.h"

#include "nn/limits.h"

static void
node_free (NnNode *node)
{
  nn_layer_free (node->layer);
  g_free (node->in);
  g_free (node->in_mask);
  g_free (node->out);
  g_free (node);
}

NnGraph *
nn_graph_new (void)
{
  NnGraph *graph = g_new0 (NnGraph, 1);

  graph->tensors = g_array_new (FALSE, FALSE, sizeof (NnTensor));
  graph->masks = g_array_new (FALSE, FALSE, sizeof (size_t));
  graph->nodes = g_ptr_array_new_with_free_func ((GDestroyNotify) node_free);
  graph->inputs = g_array_new (FALSE, FALSE, sizeof (size_t));
  graph->outputs = g_array_new (FALSE, FALSE, sizeof (size_t));
  return graph;
}

void
nn_graph_free (NnGraph *graph)
{
  if (!graph)
    return;
  g_array_unref (graph->tensors);
  g_array_unref (graph->masks);
  g_ptr_array_unref (graph->nodes);
  g_array_unref (graph->inputs);
  g_array_unref (graph->outputs);
  g_free (graph);
}

size_t
nn_graph_add_tensor (NnGraph *graph, const NnShape *shape, size_t repeat)
{
  const NnTensor tensor = {
    .shape = *shape, .size = nn_shape_size (shape) * repeat, .repeat = repeat
  };
  const size_t none = NN_NO_TENSOR;

  g_array_append_val (graph->tensors, tensor);
  g_array_append_val (graph->masks, none);
  return graph->tensors->len - 1;
}

/* The mask of the outputs, by the layer's rule. */
static void
connect_mask (NnGraph *graph, NnNode *node)
{
  size_t mask = NN_NO_TENSOR;

  if (node->layer->mask_rule == NN_MASK_PASS && node->layer->n_in > 0) {
    mask = node->in_mask[0];
  } else if (node->layer->mask_rule == NN_MASK_MAKE) {
    const NnShape steps = { .rank = 1, .dim = { node->layer->out[0].dim[0] } };

    mask = node->out_mask = nn_graph_add_tensor (graph, &steps, node->repeat);
  }
  for (size_t i = 0; i < node->layer->n_out; i++)
    g_array_index (graph->masks, size_t, node->out[i]) = mask;
}

NnNode *
nn_graph_add_node (NnGraph *graph, const NnLayerClass *klass, const char *name,
    NnWeights *weights, const NnConfig *config, const size_t *in, size_t n_in)
{
  g_autofree NnShape *shapes = g_new0 (NnShape, n_in);
  g_autofree bool *has_mask = g_new0 (bool, n_in);
  g_autofree size_t *masks = g_new0 (size_t, n_in);
  NnNode *node;
  NnLayer *layer;

  if (graph->nodes->len >= NN_MAX_NODES) {
    nn_config_fail (config, NN_ERROR_LIMIT,
        "the model has more than %d calls of layers", NN_MAX_NODES);
    return NULL;
  }
  for (size_t i = 0; i < n_in; i++) {
    shapes[i] = nn_graph_tensor (graph, in[i])->shape;
    masks[i] = g_array_index (graph->masks, size_t, in[i]);
    has_mask[i] = masks[i] != NN_NO_TENSOR;
  }
  layer = nn_layer_new (klass, name, weights, config, shapes, has_mask, n_in);
  if (!layer)
    return NULL;
  node = g_new0 (NnNode, 1);
  node->layer = layer;
  node->in = g_memdup2 (in, n_in * sizeof *in);
  node->in_mask = g_steal_pointer (&masks);
  node->out = g_new0 (size_t, layer->n_out);
  node->out_mask = NN_NO_TENSOR;
  node->repeat = n_in > 0 ? nn_graph_tensor (graph, in[0])->repeat : 1;
  for (size_t i = 0; i < layer->n_out; i++)
    node->out[i] = nn_graph_add_tensor (graph, &layer->out[i], node->repeat);
  g_ptr_array_add (graph->nodes, node);
  connect_mask (graph, node);
  return node;
}
