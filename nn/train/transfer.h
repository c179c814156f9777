/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transfer learning: new models that keep weights of a trained one. */
#pragma once

#include "nn/model.h"

/* A copy whose outputs are the probabilities of n_classes, by a softmax, where
 * model may have logits or sigmoids. Unless it has as many outputs, the last
 * layer, a Dense, is a new one, all zero; all other weights are those of model.
 * Finished. NULL and NN_ERROR_UNSUPPORTED if the model does not end in a Dense
 * layer (with at most an activation after it). */
NnModel *nn_model_with_classes (
    const NnModel *model, size_t n_classes, GError **error);

/* A copy whose logits are those of model, divided by temperature: weights and
 * bias of its last layer, a Dense, are (Guo et al. 2017). Finished. NULL and
 * NN_ERROR_UNSUPPORTED if the model does not end in one. */
NnModel *nn_model_cool (
    const NnModel *model, double temperature, GError **error);

/* Freezes layers in this object, but not in a saved file. which: a number of
 * layers with weights, from the first on; or the name of a layer, which is
 * frozen with all before it. False and NN_ERROR_UNSUPPORTED if there is no such
 * layer, or nothing would be left to train. */
bool nn_model_freeze (NnModel *model, const char *which, GError **error);

/* A copy of a Sequential model that ends at one of its layers, with a new end:
 * the mean over time of the output of this layer (for each band, if there are
 * any), BatchNormalization that is not trained (nn/train/probe.h gives it mean
 * and variance), Dropout, and a Dense layer of n_classes, all zero, with a
 * softmax. Intermediate representations of a network often transfer better to
 * other tasks than its last ones (Yosinski et al. 2014). Finished. NULL and
 * NN_ERROR_UNSUPPORTED if the model is not Sequential, has no such layer, or
 * the layer's output has no time axis. */
NnModel *nn_model_trunk (const NnModel *model, const char *layer,
    size_t n_classes, double dropout, GError **error);

/* A copy of a Sequential model that ends at one of its layers. Finished. Errors
 * as above. */
NnModel *nn_model_up_to (
    const NnModel *model, const char *layer, GError **error);
