/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/model-private.h"

NnModel *
nn_model_ref (NnModel *model)
{
  g_return_val_if_fail (model != NULL, NULL);
  g_atomic_ref_count_inc (&model->refs);
  return model;
}

void
nn_model_unref (NnModel *model)
{
  if (!model || !g_atomic_ref_count_dec (&model->refs))
    return;
  g_clear_pointer (&model->plan, nn_plan_free);
  g_clear_pointer (&model->graph, nn_graph_free);
  g_clear_pointer (&model->root, nn_keras_layer_free);
  g_free (model->config);
  g_free (model->keras_version);
  g_free (model->metadata);
  g_free (model->name);
  g_free (model);
}

size_t
nn_model_n_inputs (const NnModel *model)
{
  g_return_val_if_fail (model != NULL, 0);
  return model->graph->inputs->len;
}

size_t
nn_model_n_outputs (const NnModel *model)
{
  g_return_val_if_fail (model != NULL, 0);
  return model->graph->outputs->len;
}

const NnShape *
nn_model_input_shape (const NnModel *model, size_t i)
{
  g_return_val_if_fail (model != NULL && i < model->graph->inputs->len, NULL);
  return &nn_graph_tensor (
      model->graph, g_array_index (model->graph->inputs, size_t, i))
              ->shape;
}

const NnShape *
nn_model_output_shape (const NnModel *model, size_t i)
{
  g_return_val_if_fail (model != NULL && i < model->graph->outputs->len, NULL);
  return &nn_graph_tensor (
      model->graph, g_array_index (model->graph->outputs, size_t, i))
              ->shape;
}

const char *
nn_model_metadata (const NnModel *model)
{
  g_return_val_if_fail (model != NULL, NULL);
  return model->metadata;
}

/* A linear Activation layer: people put one at the end, for its dtype. */
static bool
does_nothing (const NnLayer *layer)
{
  return layer->is_view
      || (g_str_equal (layer->klass->keras_name, "Activation")
          && layer->last_activation
          && g_str_equal (
              nn_activation_name (layer->last_activation), "linear"));
}

/* The call that writes a tensor, looking through views. */
static const NnLayer *
find_writer (const NnGraph *graph, size_t tensor)
{
  for (size_t i = graph->nodes->len; i-- > 0;) {
    const NnNode *const node = nn_graph_node (graph, i);

    for (size_t k = 0; k < node->layer->n_out; k++) {
      if (node->out[k] != tensor)
        continue;
      if (!does_nothing (node->layer))
        return node->layer;
      tensor = node->in[0];
      break;
    }
  }
  return NULL;
}

const char *
nn_model_output_activation (const NnModel *model, size_t i)
{
  const NnLayer *writer;

  g_return_val_if_fail (model != NULL && i < model->graph->outputs->len, NULL);
  writer = find_writer (
      model->graph, g_array_index (model->graph->outputs, size_t, i));
  if (!writer)
    return NULL;
  if (g_str_has_suffix (writer->klass->keras_name, "Softmax"))
    return g_str_has_suffix (writer->klass->keras_name, "LogSoftmax")
        ? "log_softmax"
        : "softmax";
  return writer->last_activation ? nn_activation_name (writer->last_activation)
                                 : NULL;
}
