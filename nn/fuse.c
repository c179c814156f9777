/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/fuse.h"

#include "nn/training.h"

/* The readers of a tensor. */
typedef struct {
  NnNode *last;
  size_t n; /* an output of the model counts too */
} Readers;

static void
note_reader (Readers *readers, size_t tensor, NnNode *node)
{
  if (tensor == NN_NO_TENSOR)
    return;
  readers[tensor].last = node;
  readers[tensor].n++;
}

static Readers *
find_readers (const NnGraph *graph)
{
  Readers *readers = g_new0 (Readers, graph->tensors->len);

  for (size_t i = 0; i < graph->nodes->len; i++) {
    NnNode *const node = g_ptr_array_index (graph->nodes, i);

    for (size_t k = 0; k < node->layer->n_in; k++) {
      note_reader (readers, node->in[k], node);
      note_reader (readers, node->in_mask[k], node);
    }
  }
  for (size_t i = 0; i < graph->outputs->len; i++)
    note_reader (readers, g_array_index (graph->outputs, size_t, i), NULL);
  return readers;
}

/* The only reader of tensor, if it is called as often as node and has one
 * input, one output and no mask. */
static NnNode *
only_reader (const Readers *readers, const NnNode *node, size_t tensor)
{
  NnNode *const reader = readers[tensor].last;

  if (readers[tensor].n != 1 || !reader || reader->layer->is_view
      || reader->layer->n_in != 1 || reader->layer->n_out != 1
      || reader->in_mask[0] != NN_NO_TENSOR || reader->repeat != node->repeat)
    return NULL;
  return reader;
}

bool
nn_fuse (NnGraph *graph)
{
  g_autofree Readers *readers = find_readers (graph);

  for (size_t i = 0; i < graph->nodes->len; i++) {
    NnNode *const node = g_ptr_array_index (graph->nodes, i);
    const NnLayerClass *const klass = node->layer->klass;
    size_t tensor;
    NnNode *next;

    if (node->is_absorbed)
      continue;
    tensor = node->out[0];
    while (klass->absorb && (next = only_reader (readers, node, tensor))
        && klass->absorb (node->layer, next->layer)) {
      next->is_absorbed = true;
      node->result = tensor = next->out[0];
    }
    if (klass->specialise && !klass->specialise (node->layer))
      return false;
  }
  return true;
}

/* A layer applies the activation that is next. */
static bool
absorb_activation (NnLayer *layer, NnLayer *next)
{
  NnActivation *const last = layer->last_activation;
  const NnActivation *const activation = nn_activation_of_elements (next);

  if (!last || layer->n_out != 1 || !activation
      || !g_str_equal (nn_activation_name (last), "linear"))
    return false;
  *last = *activation;
  next->is_view = true;
  return true;
}

void
nn_fuse_for_training (NnGraph *graph)
{
  g_autofree Readers *readers = find_readers (graph);

  for (size_t i = 0; i < graph->nodes->len; i++) {
    NnNode *const node = g_ptr_array_index (graph->nodes, i);
    const NnTraining *const training = node->layer->klass->training;
    NnNode *const next = only_reader (readers, node, node->out[0]);

    if (!next || absorb_activation (node->layer, next->layer))
      continue;
    if (training && training->absorb
        && training->absorb (node->layer, next->layer)) {
      next->is_absorbed = true;
      node->result = next->out[0];
    }
  }
}
