/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keras' model configuration (JSON) -> graph. Knows how Keras writes models,
 * not how files hold their weights (nn/keras-h5.c, nn/keras-v3.c).
 *   keras.c             models, Sequential, one call of a layer
 *   keras-functional.c  Functional models: which call feeds which
 *   keras-call.c        the ways in which files write a call
 *   keras-operator.c    operators of Keras 2
 *   keras-wrapper.c     wrappers
 */
#pragma once

#include "nn/graph.h"

typedef struct _NnKerasLayer NnKerasLayer;

/* A layer in Keras' sense, however often it is called; a tree, because models
 * and wrappers contain layers. */
struct _NnKerasLayer {
  char *name;
  char *class_name;
  bool trainable;
  bool is_operator;    /* not among Keras' model.layers */
  bool is_called;      /* so the shapes of its weights are known */
  NnWeights *weights;  /* its own; empty for a model and most wrappers */
  GPtrArray *children; /* of a model (in the order of its configuration) or
                          wrapper (one); else NULL */
  bool is_wrapper;
  bool has_output;
  NnShape out;    /* the first output of its first call, if it was called */
  GString *reads; /* in a Functional model, the layers that each call reads: "a,
                     b"; of two calls "a; c". NULL: none */
  gint64 shared_id; /* not 0: the object may occur again in the tree, and Keras
                       3 then stores its weights once */
};

NnKerasLayer *nn_keras_layer_new (const char *name, const char *class_name);
void nn_keras_layer_free (NnKerasLayer *layer); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnKerasLayer, nn_keras_layer_free)

/* The number of weight arrays in a layer and in all below it. */
size_t nn_keras_layer_n_params (const NnKerasLayer *layer);

/* Appends the shapes of a model's inputs, from its configuration, to shapes (of
 * NnShape): axes may be NN_DIM_UNKNOWN. Fails through config. */
void nn_keras_input_shapes (const NnConfig *config, GArray *shapes);

/* Builds the graph of a whole model. input_shapes as for nn_model_load. Returns
 * the model as a layer, or NULL if config failed. */
NnKerasLayer *nn_keras_build (NnGraph *graph, const NnConfig *config,
    const NnShape *input_shapes, size_t n_inputs);
