/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wrappers that add no layer to the network but the one inside. (Bidirectional
 * is a layer: nn/layers/bidirectional.c.) */
#include <string.h>
#include "nn/keras-private.h"
#include "nn/limits.h"

#define SPECTRAL "SpectralNormalization"

bool
nn_keras_is_wrapper (const char *class_name)
{
  return g_str_equal (class_name, "TimeDistributed")
      || g_str_equal (class_name, SPECTRAL);
}

/* A mask of time and more axes, as the inner layer sees it: without time. */
static size_t
inner_mask (NnKerasBuild *build, size_t mask, const NnTensor *from,
    const NnConfig *config)
{
  NnTensor tensor;
  NnShape shape = { .rank = 0 };

  if (mask == NN_NO_TENSOR)
    return NN_NO_TENSOR;
  tensor = *nn_graph_tensor (build->graph, mask);
  if (tensor.shape.rank < 2 || tensor.repeat != from->repeat
      || tensor.shape.dim[0] != from->shape.dim[0])
    return NN_NO_TENSOR;
  for (size_t i = 1; i < tensor.shape.rank; i++)
    shape.dim[shape.rank++] = tensor.shape.dim[i];
  return nn_graph_add_view (build->graph, mask, &shape,
      tensor.repeat * tensor.shape.dim[0], NN_NO_TENSOR, config);
}

/* What remains of it if the inner layer consumed it: in Keras 2, steps of which
 * any element is used; in Keras 3, nothing that a layer could use. */
static size_t
outer_mask (NnKerasBuild *build, size_t mask, const NnConfig *config)
{
  static const char options[] = "{\"axis\": -1}";
  g_autoptr (NnDocument) document = NULL;
  NnConfig axis;

  if (config->keras_major >= 3)
    return NN_NO_TENSOR;
  document = nn_document_parse ("mask", options, strlen (options), NULL);
  axis = nn_document_root (
      document, config->where, config->keras_major, config->error);
  while (nn_graph_tensor (build->graph, mask)->shape.rank > 1) {
    const NnNode *const node =
        nn_graph_add_node (build->graph, nn_layer_class_find ("ops.Any"),
            "mask", NULL, &axis, &(NnGraphCall){ .in = &mask, .n_in = 1 });

    if (!node)
      return NN_NO_TENSOR;
    mask = node->out[0];
  }
  return mask;
}

/* Views in [time, ...] as time samples of [...], and back. The mask of the
 * steps bypasses the layer. */
static void
call_time_distributed (NnKerasBuild *build, NnKerasLayer *wrapper,
    const NnConfig *config, const NnGraphCall *call, GArray *out)
{
  const NnConfig entry = nn_config_get (config, "layer");
  g_autoptr (GArray) results = g_array_new (FALSE, FALSE, sizeof (size_t));
  NnTensor from;
  NnShape step = { 0 };
  size_t mask, inner, view;

  if (call->n_in != 1
      || nn_graph_tensor (build->graph, call->in[0])->shape.rank < 2) {
    nn_config_fail (
        config, NN_ERROR_SHAPE, "expected one input with at least two axes");
    return;
  }
  from = *nn_graph_tensor (build->graph, call->in[0]);
  mask = call->mask && call->mask[0] != NN_NO_TENSOR
      ? call->mask[0]
      : g_array_index (build->graph->masks, size_t, call->in[0]);
  step.rank = from.shape.rank - 1;
  for (size_t i = 0; i < step.rank; i++)
    step.dim[i] = from.shape.dim[i + 1];
  inner = inner_mask (build, mask, &from, config);
  view = nn_graph_add_view (build->graph, call->in[0], &step,
      from.repeat * from.shape.dim[0], inner, config);
  if (view == NN_NO_TENSOR)
    return;
  nn_keras_call_entry (build, nn_keras_child (wrapper, 0, &entry), &entry,
      &(NnGraphCall){ .in = &view, .n_in = 1 }, results);
  if (nn_config_ok (config) && inner != NN_NO_TENSOR && results->len > 0
      && g_array_index (
             build->graph->masks, size_t, g_array_index (results, size_t, 0))
          == NN_NO_TENSOR)
    mask = outer_mask (build, mask, config);
  for (guint i = 0; i < results->len && nn_config_ok (config); i++) {
    const size_t result = g_array_index (results, size_t, i);
    NnShape shape = nn_graph_tensor (build->graph, result)->shape;

    if (shape.rank == NN_MAX_RANK) {
      nn_config_fail (config, NN_ERROR_LIMIT,
          "the output has more than %d axes", NN_MAX_RANK);
      return;
    }
    for (size_t k = shape.rank++; k > 0; k--)
      shape.dim[k] = shape.dim[k - 1];
    shape.dim[0] = from.shape.dim[0];
    view = nn_graph_add_view (
        build->graph, result, &shape, from.repeat, mask, config);
    g_array_append_val (out, view);
  }
}

/* The stored kernel is already divided, so the layer runs unchanged. The
 * wrapper's own vector is read so that file and model agree. */
static void
call_spectral (NnKerasBuild *build, NnKerasLayer *wrapper,
    const NnConfig *config, const NnGraphCall *call, GArray *out)
{
  const NnConfig entry = nn_config_get (config, "layer");
  NnKerasLayer *const inner = nn_keras_child (wrapper, 0, &entry);
  const NnParam *kernel;
  NnShape vector = { .rank = 2, .dim = { 1 } };

  nn_keras_call_entry (build, inner, &entry, call, out);
  if (!nn_config_ok (config) || wrapper->is_called)
    return;
  if (inner->weights->params->len == 0) {
    nn_config_fail (
        config, NN_ERROR_FORMAT, "the layer in it has no kernel of its own");
    return;
  }
  kernel = g_ptr_array_index (inner->weights->params, 0);
  vector.dim[1] = kernel->shape.dim[kernel->shape.rank - 1];
  nn_weights_add (wrapper->weights, "vector_u", &vector, false);
  wrapper->is_called = true;
}

void
nn_keras_call_wrapper (NnKerasBuild *build, NnKerasLayer *wrapper,
    const NnConfig *config, const NnGraphCall *call, GArray *out)
{
  if (g_str_equal (wrapper->class_name, SPECTRAL))
    call_spectral (build, wrapper, config, call, out);
  else
    call_time_distributed (build, wrapper, config, call, out);
}
