/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layer fusion: a convolution does activation, batch normalisation and maximum
 * pooling on its rows while they are in the cache. NnNode.out is unchanged. A
 * layer that can absorb the next one implements NnLayerClass.absorb for
 * inference, NnTraining.absorb for training, whose model is a copy. */
#pragma once

#include "nn/graph.h"

/* Lets nodes absorb the only reader of their output, repeatedly, and then
 * choose their fastest way. After every layer's finish; false if out of memory.
 */
bool nn_fuse (NnGraph *graph);
/* The same before training; and a layer applies the activation of a layer that
 * is just that and follows it, which becomes a view. */
void nn_fuse_for_training (NnGraph *graph);

/* What a layer may be to the one before it. */

/* A BatchNormalization of the last axis: y = scale * x + offset, [channels];
 * borrowed from it. */
bool nn_batch_normalization_affine (
    const NnLayer *layer, const float **scale, const float **offset);
/* The activation of a layer that is just an elementwise activation, or NULL. */
const NnActivation *nn_activation_of_elements (const NnLayer *layer);
/* A MaxPooling2D whose windows are adjacent and inside the input. */
bool nn_max_pooling_tiles (
    const NnLayer *layer, size_t *pool_y, size_t *pool_x);
