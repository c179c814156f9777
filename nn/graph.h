/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A model as a flat list of calls of layers, in execution order. Nested models
 * are unfolded. Tensors are identified by number. keras.c builds it, session.c
 * and nn/train execute it. */
#pragma once

#include "nn/layer.h"

#define NN_NO_TENSOR G_MAXSIZE

typedef struct {
  NnShape shape; /* of one sample */
  size_t size;   /* elements of one sample, times repeat */
  size_t repeat; /* samples here for one sample of the model: more than 1 inside
                    TimeDistributed */
} NnTensor;

typedef struct {
  NnLayer *layer;
  size_t *in;      /* [layer->n_in] tensors */
  size_t *in_mask; /* [layer->n_in] tensors or NN_NO_TENSOR */
  size_t *out;     /* [layer->n_out] */
  size_t out_mask; /* what the layer writes, or NN_NO_TENSOR */
  size_t repeat;   /* of its inputs */

  /* See nn/fuse.h: */
  bool is_absorbed; /* an earlier node does its work */
  size_t result; /* the tensor that it writes instead of out[0], the output of
                    the last node that it absorbed; or NN_NO_TENSOR */
} NnNode;

typedef struct {
  GArray *tensors;  /* of NnTensor */
  GArray *masks;    /* of size_t: the mask that goes with a tensor */
  GPtrArray *nodes; /* of NnNode */
  GArray *inputs;   /* of size_t */
  GArray *outputs;  /* of size_t */
} NnGraph;

NnGraph *nn_graph_new (void);
void nn_graph_free (NnGraph *graph); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnGraph, nn_graph_free)

static inline const NnTensor *
nn_graph_tensor (const NnGraph *graph, size_t i)
{
  return &g_array_index (graph->tensors, NnTensor, i);
}

static inline const NnNode *
nn_graph_node (const NnGraph *graph, size_t i)
{
  return g_ptr_array_index (graph->nodes, i);
}

/* A new tensor that nothing writes yet; returns its number. */
size_t nn_graph_add_tensor (
    NnGraph *graph, const NnShape *shape, size_t repeat);

/* A view: the same memory in another shape, split into another number of
 * samples; the product of size and repeat must not change. mask: of the new
 * tensor, or NN_NO_TENSOR. Fails through config beyond NN_MAX_NODES, and then
 * returns NN_NO_TENSOR. */
size_t nn_graph_add_view (NnGraph *graph, size_t tensor, const NnShape *shape,
    size_t repeat, size_t mask, const NnConfig *config);

/* What a layer is called on. args: NULL if it is called with one argument, all
 * of in. mask: NULL, or for each input the tensor of an explicit mask, or
 * NN_NO_TENSOR: then the input's own mask is used. */
typedef struct {
  const size_t *in; /* [n_in] tensors */
  const size_t *mask;
  size_t n_in;
  const NnArg *args;
  size_t n_args;
} NnGraphCall;

/* Appends a call of a layer; masks follow the tensors by the rules of the
 * layers. weights as for nn_layer_new. Returns the node, owned by the graph, or
 * NULL if config failed. */
NnNode *nn_graph_add_node (NnGraph *graph, const NnLayerClass *klass,
    const char *name, NnWeights *weights, const NnConfig *config,
    const NnGraphCall *call);
