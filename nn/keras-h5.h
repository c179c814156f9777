/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Weights from "legacy" Keras HDF5 files: model.save ("x.h5") of Keras 2 and
 * Keras 3.
 *   model_weights            attribute layer_names, one for each layer
 *   model_weights/<layer>    attribute weight_names, one for each array
 *   model_weights/<layer>/<weight name> */
#pragma once

#include "nn/h5.h"
#include "nn/keras.h"

/* Fills the weights of the model's layers in order, as Keras does: names in the
 * file need not agree with the configuration. group: "model_weights", or "" in
 * a file that contains only weights. */
bool nn_keras_h5_read_weights (
    NnH5 *file, const char *group, const NnKerasLayer *model, GError **error);

/* The NnParams of a top-level layer in the order of such files: the trainable
 * ones, then the others. Free with g_ptr_array_unref. */
GPtrArray *nn_keras_h5_params (const NnKerasLayer *layer);
