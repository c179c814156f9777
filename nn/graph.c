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

static bool
has_room (const NnGraph *graph, const NnConfig *config)
{
  if (graph->nodes->len < NN_MAX_NODES)
    return true;
  nn_config_fail (config, NN_ERROR_LIMIT,
      "the model has more than %d calls of layers", NN_MAX_NODES);
  return false;
}

/* The tensor of the mask that goes with input i, or NN_NO_TENSOR. Layers ignore
 * masks that are not along the first axis. */
static size_t
find_mask (const NnGraph *graph, const NnGraphCall *call, size_t i)
{
  const NnTensor *const in = nn_graph_tensor (graph, call->in[i]);
  size_t mask = call->mask ? call->mask[i] : NN_NO_TENSOR;
  const NnTensor *tensor;

  if (mask == NN_NO_TENSOR)
    mask = g_array_index (graph->masks, size_t, call->in[i]);
  if (mask == NN_NO_TENSOR || in->shape.rank == 0)
    return NN_NO_TENSOR;
  tensor = nn_graph_tensor (graph, mask);
  return tensor->repeat == in->repeat && tensor->shape.rank == 1
          && tensor->shape.dim[0] == in->shape.dim[0]
      ? mask
      : NN_NO_TENSOR;
}

/* Whether the output has all axes of a mask of several axes on the first input.
 */
static size_t
find_wide_mask (const NnGraph *graph, const NnNode *node)
{
  const size_t mask = g_array_index (graph->masks, size_t, node->in[0]);
  const NnShape *const out = &node->layer->out[0];
  const NnTensor *tensor;

  if (mask == NN_NO_TENSOR)
    return NN_NO_TENSOR;
  tensor = nn_graph_tensor (graph, mask);
  if (tensor->shape.rank < 2 || tensor->shape.rank >= out->rank)
    return NN_NO_TENSOR;
  for (size_t i = 0; i < tensor->shape.rank; i++)
    if (tensor->shape.dim[i] != out->dim[i])
      return NN_NO_TENSOR;
  return mask;
}

/* The mask of the outputs, by the layer's rule. It is given to outputs with the
 * axes of the first: not to the states of a recurrent layer. */
static void
connect_mask (NnGraph *graph, NnNode *node)
{
  const NnLayer *const layer = node->layer;
  size_t mask = NN_NO_TENSOR;

  if (layer->mask_rule == NN_MASK_PASS && layer->n_in > 0) {
    mask = node->in_mask[0] != NN_NO_TENSOR ? node->in_mask[0]
                                            : find_wide_mask (graph, node);
  } else if (layer->mask_rule == NN_MASK_MAKE && layer->out[0].rank > 0) {
    NnShape steps = layer->out[0];

    steps.rank = MAX (layer->mask_rank, 1);
    mask = node->out_mask = nn_graph_add_tensor (graph, &steps, node->repeat);
  }
  for (size_t i = 0; i < layer->n_out; i++)
    if (layer->out[i].rank == layer->out[0].rank)
      g_array_index (graph->masks, size_t, node->out[i]) = mask;
}

/* Inside TimeDistributed a tensor is as large as all its repetitions. */
static bool
outputs_are_bounded (
    const NnLayer *layer, size_t repeat, const NnConfig *config)
{
  for (size_t i = 0; i < layer->n_out; i++) {
    size_t size;

    if (!g_size_checked_mul (&size, nn_shape_size (&layer->out[i]), repeat)
        || size > NN_MAX_ELEMENTS) {
      nn_config_fail (config, NN_ERROR_LIMIT,
          "the output would have more than %" G_GSIZE_FORMAT " elements",
          NN_MAX_ELEMENTS);
      return false;
    }
  }
  return true;
}

/* All inputs must be repeated equally often. */
static bool
find_repeat (NnGraph *graph, const NnGraphCall *call, const NnConfig *config,
    size_t *repeat)
{
  *repeat = 1;
  for (size_t i = 0; i < call->n_in; i++) {
    const size_t here = nn_graph_tensor (graph, call->in[i])->repeat;

    if (i > 0 && here != *repeat) {
      nn_config_fail (config, NN_ERROR_UNSUPPORTED,
          "inputs from inside and outside of a TimeDistributed model");
      return false;
    }
    *repeat = here;
  }
  return true;
}

static NnLayer *
make_layer (NnGraph *graph, const NnLayerClass *klass, const char *name,
    NnWeights *weights, const NnConfig *config, const NnGraphCall *call,
    const size_t *masks)
{
  g_autofree NnShape *shapes = g_new0 (NnShape, call->n_in);
  g_autofree bool *has_mask = g_new0 (bool, call->n_in);
  const NnArg all = { .n = call->n_in };
  const NnArgs args = { .in = shapes,
    .has_mask = has_mask,
    .n_in = call->n_in,
    .args = call->args ? call->args : &all,
    .n_args = call->args ? call->n_args : 1 };

  for (size_t i = 0; i < call->n_in; i++) {
    shapes[i] = nn_graph_tensor (graph, call->in[i])->shape;
    has_mask[i] = masks[i] != NN_NO_TENSOR;
  }
  return nn_layer_new (klass, name, weights, config, &args);
}

static NnNode *
append_node (NnGraph *graph, NnLayer *layer, const size_t *in, size_t *masks,
    size_t in_repeat, size_t out_repeat)
{
  NnNode *node = g_new0 (NnNode, 1);

  node->layer = layer;
  node->in = g_memdup2 (in, layer->n_in * sizeof *in);
  node->in_mask = masks;
  node->out = g_new0 (size_t, layer->n_out);
  node->out_mask = NN_NO_TENSOR;
  node->result = NN_NO_TENSOR;
  node->repeat = in_repeat;
  for (size_t i = 0; i < layer->n_out; i++)
    node->out[i] = nn_graph_add_tensor (graph, &layer->out[i], out_repeat);
  g_ptr_array_add (graph->nodes, node);
  return node;
}

NnNode *
nn_graph_add_node (NnGraph *graph, const NnLayerClass *klass, const char *name,
    NnWeights *weights, const NnConfig *config, const NnGraphCall *call)
{
  g_autofree size_t *masks = g_new0 (size_t, call->n_in);
  g_autoptr (NnLayer) layer = NULL;
  NnNode *node;
  size_t repeat;

  if (!has_room (graph, config) || !find_repeat (graph, call, config, &repeat))
    return NULL;
  for (size_t i = 0; i < call->n_in; i++)
    masks[i] = find_mask (graph, call, i);
  layer = make_layer (graph, klass, name, weights, config, call, masks);
  if (!layer || !outputs_are_bounded (layer, repeat, config))
    return NULL;
  node = append_node (graph, g_steal_pointer (&layer), call->in,
      g_steal_pointer (&masks), repeat, repeat);
  connect_mask (graph, node);
  return node;
}

/* A node of the graph that computes nothing. */
static void
view_setup (NnLayer *self, const NnConfig *config)
{
  nn_layer_add_output (self, config, &self->in[1]);
  self->is_view = true;
  self->n_in = 1;
}

static const NnLayerClass view_class = {
  .keras_name = "view", .size = sizeof (NnLayer), .setup = view_setup
};

size_t
nn_graph_add_view (NnGraph *graph, size_t tensor, const NnShape *shape,
    size_t repeat, size_t mask, const NnConfig *config)
{
  const NnTensor *const from = nn_graph_tensor (graph, tensor);
  /* The second shape is that of the output, which setup cannot know otherwise.
   */
  const NnShape shapes[] = { from->shape, *shape };
  const bool has_mask[2] = { false };
  const NnArgs args = { .in = shapes, .has_mask = has_mask, .n_in = 2 };
  NnLayer *layer;
  NnNode *node;

  g_assert (nn_shape_size (shape) * repeat == from->size);
  if (!has_room (graph, config))
    return NN_NO_TENSOR;
  layer = nn_layer_new (&view_class, "view", NULL, config, &args);
  if (!layer)
    return NN_NO_TENSOR;
  size_t *const no_mask = g_new0 (size_t, 1);
  no_mask[0] = NN_NO_TENSOR;
  node = append_node (graph, layer, &tensor, no_mask, from->repeat, repeat);
  g_array_index (graph->masks, size_t, node->out[0]) = mask;
  return node->out[0];
}
