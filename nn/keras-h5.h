/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Weights out of "legacy" Keras HDF5 files: model.save ("x.h5") of Keras 2 and
 * Keras 3. */
#pragma once

#include "nn/h5.h"
#include "nn/keras.h"

/* Fills the weights of layers (of NnKerasLayer), by order, as Keras does: names
 * in the file need not agree with the configuration. */
bool nn_keras_h5_read_weights (NnH5 *file, GPtrArray *layers, GError **error);
