/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/channels.h"

#include <string.h>

bool
nn_channels_are_first (const NnLayerClass *klass, const NnConfig *config)
{
  static const char *const formats[] = { "channels_last", "channels_first",
    NULL };

  return (klass->n_axes > 0 || g_str_equal (klass->keras_name, "Flatten"))
      && nn_config_choice (config, "data_format", formats, 0) == 1;
}

/* Axis i of the result is axis (i + shift) % rank. */
static size_t
rotate (NnGraph *graph, size_t tensor, size_t shift, const NnConfig *config)
{
  const size_t rank = nn_graph_tensor (graph, tensor)->shape.rank;
  g_autoptr (NnDocument) document = NULL;
  g_autoptr (GString) text = g_string_new ("{\"dims\": [");
  NnConfig permutation;
  NnNode *node;

  if (rank < 2 || !nn_config_ok (config))
    return tensor;
  for (size_t i = 0; i < rank; i++)
    g_string_append_printf (
        text, "%s%" G_GSIZE_FORMAT, i > 0 ? ", " : "", (i + shift) % rank + 1);
  g_string_append (text, "]}");
  document = nn_document_parse ("channels", text->str, text->len, NULL);
  permutation = nn_document_root (
      document, config->where, config->keras_major, config->error);
  node = nn_graph_add_node (graph, nn_layer_class_find ("Permute"), "channels",
      NULL, &permutation, &(NnGraphCall){ .in = &tensor, .n_in = 1 });
  return node ? node->out[0] : tensor;
}

size_t
nn_channels_move_last (NnGraph *graph, size_t tensor, const NnConfig *config)
{
  return rotate (graph, tensor, 1, config);
}

size_t
nn_channels_move_first (NnGraph *graph, size_t tensor, const NnConfig *config)
{
  const size_t rank = nn_graph_tensor (graph, tensor)->shape.rank;

  return rotate (graph, tensor, rank > 0 ? rank - 1 : 0, config);
}
