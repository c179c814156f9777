/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/weights.h"

#include <string.h>

void
nn_weight_list_free (NnWeightList *list)
{
  if (!list)
    return;
  g_free (list->items);
  g_free (list);
}

/* Whether a layer that holds an NnWeights is frozen. */
static void
collect_frozen (const NnKerasLayer *layer, bool is_frozen, GHashTable *frozen)
{
  is_frozen = is_frozen || !layer->trainable;
  if (is_frozen && layer->weights)
    g_hash_table_add (frozen, layer->weights);
  for (guint i = 0; layer->children && i < layer->children->len; i++)
    collect_frozen (g_ptr_array_index (layer->children, i), is_frozen, frozen);
}

static void
add_weights (
    NnWeightList *list, GArray *items, const NnLayer *layer, bool is_head)
{
  const GPtrArray *const params = layer->weights->params;

  for (guint i = 0; i < params->len; i++) {
    NnParam *const param = g_ptr_array_index (params, i);
    const NnWeight weight = { .param = param,
      .layer = layer->name,
      .is_trained = param->trainable && !layer->is_frozen,
      .is_head = is_head,
      .offset = list->n_trained };

    g_array_append_val (items, weight);
    list->n_values += param->size;
    if (weight.is_trained)
      list->n_trained += param->size;
  }
}

static const NnWeights *
head_of (const NnModel *model)
{
  for (guint i = model->graph->nodes->len; i-- > 0;) {
    const NnWeights *const weights =
        nn_graph_node (model->graph, i)->layer->weights;

    if (weights->params->len > 0)
      return weights;
  }
  return NULL;
}

NnWeightList *
nn_weight_list_new (NnModel *model)
{
  g_autoptr (GHashTable) frozen = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  GArray *items = g_array_new (FALSE, FALSE, sizeof (NnWeight));
  NnWeightList *list = g_new0 (NnWeightList, 1);
  const NnWeights *const head = head_of (model);

  collect_frozen (model->root, false, frozen);
  for (guint i = 0; i < model->graph->nodes->len; i++) {
    NnLayer *const layer = nn_graph_node (model->graph, i)->layer;

    layer->is_frozen = g_hash_table_contains (frozen, layer->weights);
    if (g_hash_table_add (seen, layer->weights)) /* shared: once */
      add_weights (list, items, layer, layer->weights == head);
  }
  list->n = items->len;
  list->items = (NnWeight *) g_array_free (items, FALSE);
  return list;
}

const NnWeight *
nn_weight_list_find (const NnWeightList *list, const NnParam *param)
{
  for (size_t i = 0; i < list->n; i++)
    if (list->items[i].param == param)
      return &list->items[i];
  return NULL;
}

void
nn_weight_list_get (const NnWeightList *list, float *values)
{
  for (size_t i = 0; i < list->n; i++) {
    const NnParam *const param = list->items[i].param;

    memcpy (values, param->value, param->size * sizeof *values);
    values += param->size;
  }
}

void
nn_weight_list_set (NnWeightList *list, const float *values)
{
  for (size_t i = 0; i < list->n; i++) {
    NnParam *const param = list->items[i].param;

    memcpy (param->value, values, param->size * sizeof *values);
    values += param->size;
  }
}
