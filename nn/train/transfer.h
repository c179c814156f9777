/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Training that goes on from a model of other data: what stays, what is new. */
#pragma once

#include "nn/model.h"

/* A copy with n_classes outputs: the last layer, a Dense, is a new one of so
 * many units, all zero; all other weights are those of model. Finished. NULL
 * and NN_ERROR_UNSUPPORTED where the model does not end in a Dense layer (with
 * at most an activation behind it). */
NnModel *nn_model_with_classes (
    const NnModel *model, size_t n_classes, GError **error);

/* A copy whose logits are those of model, divided by temperature: weights and
 * bias of its last layer, a Dense, are (Guo et al. 2017). Finished. NULL and
 * NN_ERROR_UNSUPPORTED where the model does not end in one. */
NnModel *nn_model_cool (
    const NnModel *model, double temperature, GError **error);

/* Freezes layers, for as long as this object lives; what is saved is not
 * frozen. which: a number, of the first layers that have weights; or the name
 * of a layer, which is frozen with all before it. False and
 * NN_ERROR_UNSUPPORTED where there is no such layer, or nothing would be left
 * to train. */
bool nn_model_freeze (NnModel *model, const char *which, GError **error);

/* A copy of a Sequential model that ends at one of its layers, with a new end:
 * the mean over time of what this layer puts out (of a picture: each band of it
 * by itself), BatchNormalization that is not trained (nn/train/probe.h gives it
 * mean and variance), Dropout, and a Dense layer of n_classes, all zero, with a
 * softmax. What a network hears half-way often serves other tasks better than
 * what it makes of it at its end (Yosinski et al. 2014). Finished. NULL and
 * NN_ERROR_UNSUPPORTED where the model is not Sequential, has no such layer, or
 * the layer's output has no time. */
NnModel *nn_model_trunk (const NnModel *model, const char *layer,
    size_t n_classes, double dropout, GError **error);

/* A copy of a Sequential model that ends at one of its layers. Finished. Errors
 * as above. */
NnModel *nn_model_up_to (
    const NnModel *model, const char *layer, GError **error);
