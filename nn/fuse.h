/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layers that do the work of those behind them: a convolution finishes its rows
 * (batch normalisation, ReLU, maximum pooling) while they are in the cache.
 * Only for models that run; training needs every layer by itself, and keeps
 * NnNode.out as it was. To let a layer take over another: NnLayerClass.absorb.
 */
#pragma once

#include "nn/graph.h"

/* Lets nodes absorb the one reader of their output, as far as it goes, and then
 * choose how they run. After every layer's finish; false where memory is
 * missing. */
bool nn_fuse (NnGraph *graph);

/* What a layer may be for the one in front of it. */

/* A BatchNormalization of the last axis: y = scale * x + offset, [channels];
 * borrowed from it. */
bool nn_batch_normalization_affine (
    const NnLayer *layer, const float **scale, const float **offset);
/* Nothing but max (x, 0). */
bool nn_activation_layer_is_relu (const NnLayer *layer);
/* A MaxPooling2D whose windows lie side by side and inside the input. */
bool nn_max_pooling_tiles (
    const NnLayer *layer, size_t *pool_y, size_t *pool_x);
