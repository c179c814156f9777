/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Weights from the file inside a .keras archive (model.weights.h5), of Keras 3
 * and of Keras 2.12 to 2.15.
 *   layers/<class>[_<k>]/<scope>/vars/<i>
 * <class> is the class in snake case, k counts equal classes of one model in
 * the order of its layers, i numbers the arrays of one scope. */
#pragma once

#include "nn/h5.h"
#include "nn/keras.h"

/* Whether the file has this layout. */
bool nn_keras_v3_is_weights (NnH5 *file);

/* Fills the weights of the model's layers. */
bool nn_keras_v3_read_weights (
    NnH5 *file, const NnKerasLayer *model, GError **error);

/* "GlobalAveragePooling1D" -> "global_average_pooling1d". Free with g_free. */
char *nn_keras_v3_snake_case (const char *class_name);
