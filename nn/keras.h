/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keras' model configuration (JSON) -> graph. Knows how Keras writes models,
 * not how files hold them (nn/keras-h5.c). */
#pragma once

#include "nn/graph.h"

/* A layer that was built, and the weights that a file must fill. */
typedef struct {
  char *name;
  char *class_name;
  NnWeights *weights;
  bool trainable;
} NnKerasLayer;

/* The top-level layers of a model, in the order of its configuration. */
GPtrArray *nn_keras_layers_new (void);

/* Builds the graph of a whole model. input_shapes as for nn_model_load. Fails
 * through config; appends to layers. */
void nn_keras_build (NnGraph *graph, const NnConfig *config,
    const NnShape *input_shapes, size_t n_inputs, GPtrArray *layers);
