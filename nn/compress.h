/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small files: models whose weights take one or two bytes each.
 *
 * Keras has a format of its own for weights of 8 bits, for Dense, EinsumDense
 * and Embedding alone, which Keras 2 cannot read, and which rounds the inputs
 * of layers, too. Here the numbers are rounded, and the file holds them as half
 * floats, shuffled and deflated: filters that every HDF5 library has, numbers
 * that h5py reads and Keras casts. What is rounded to 8 bits has so few values
 * that it takes about as many bits in the file.
 *
 * Arrays of one axis (biases, statistics) are few, and stay as they are.
 */
#pragma once

#include "nn/model.h"

typedef enum {
  NN_STORAGE_FLOAT32,
  NN_STORAGE_FLOAT16, /* half floats: 11 significant bits */
  NN_STORAGE_INT8,    /* -127 ... 127 times a power of two for each output
                         channel, the last axis (of depthwise kernels the last
                         two); half floats where a channel has fewer than 16 */
} NnStorage;

/* A copy with rounded weights, which nn_model_save writes in this form; what is
 * made of it in turn is written as floats. Finished. Arrays with numbers that
 * no half float holds stay as they are. NULL and NN_ERROR_LIMIT where there is
 * no memory. */
NnModel *nn_model_compress (
    const NnModel *model, NnStorage storage, GError **error);

/* Whether every number is a half float. */
bool nn_are_halves (const float *values, size_t n);
