/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds a Keras model layer by layer, for nn/train/architectures.c: every call
 * adds one layer, which takes outputs of earlier ones, and returns its output.
 *   y = nn_network_dense (n, x, 64, "relu", 0);
 *   x = nn_network_merge (n, "Add", x, y);
 * A chain becomes a Sequential model, anything else a Functional one. The
 * configurations contain what Keras 2 and Keras 3 can both read (so no
 * "time_major", which Keras 3 refuses in recurrent layers, no "module", no
 * object for "dtype"); but Keras 2 and Keras 3 write the call of a
 * MultiHeadAttention differently, and here it is as in Keras 3. */
#pragma once

#include "nn/model.h"
#include "nn/train/architectures.h"

typedef struct _NnNetwork NnNetwork;
/* The output of a layer; 0: the input of the model. */
typedef guint NnValue;

/* options: sizes of input and output, and the factors of dropout and L2 for all
 * layers. name: of the model. Free with nn_network_free. */
NnNetwork *nn_network_new (
    const char *name, const NnArchitectureOptions *options);
void nn_network_free (NnNetwork *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnNetwork, nn_network_free)

/* The shape of a value; of a single number after a layer has failed. */
NnShape nn_network_shape (const NnNetwork *self, NnValue value);

/* The model that ends with output, with new weights: see nn_architecture_new.
 * NULL and NN_ERROR if a layer failed; the message names the first one. */
NnModel *nn_network_build (
    NnNetwork *self, NnValue output, guint64 seed, GError **error);

/* ---- convolutions, on (bands, frames, channels): padding "same" ---- */

typedef struct {
  size_t filters;
  size_t size;            /* of the kernel, both ways; 0: 3 */
  const char *activation; /* NULL: linear */
  double l2;
  bool no_bias; /* a BatchNormalization follows */
} NnNetworkConv;

NnValue nn_network_conv2d (
    NnNetwork *self, NnValue x, const NnNetworkConv *conv);
NnValue nn_network_max_pool2d (
    NnNetwork *self, NnValue x, size_t bands, size_t frames);
/* keeps_axes: to (1, 1, channels). */
NnValue nn_network_mean2d (NnNetwork *self, NnValue x, bool keeps_axes);

/* ---- sequences, (steps, features) ---- */

/* Any shape, with the elements in their order. */
NnValue nn_network_to_steps (NnNetwork *self, NnValue x, size_t features);
NnValue nn_network_gru (
    NnNetwork *self, NnValue x, size_t units, double dropout);
/* is_sequence: its output at every step, not at the last only. */
NnValue nn_network_lstm (
    NnNetwork *self, NnValue x, size_t units, double dropout, bool is_sequence);
/* Self-attention by MultiHeadAttention. */
NnValue nn_network_attention (
    NnNetwork *self, NnValue x, size_t heads, size_t key_dim, double dropout);
/* Dense with a bias for each step: adds a learned code of the position. */
NnValue nn_network_dense_by_step (NnNetwork *self, NnValue x, size_t units);
NnValue nn_network_mean1d (NnNetwork *self, NnValue x);

/* ---- any shape ---- */

NnValue nn_network_dense (NnNetwork *self, NnValue x, size_t units,
    const char *activation, double l2);
NnValue nn_network_flatten (NnNetwork *self, NnValue x);
/* Dense, softmax. */
NnValue nn_network_classes (NnNetwork *self, NnValue x, double l2);
NnValue nn_network_activation (
    NnNetwork *self, NnValue x, const char *activation);
/* axes count from 1, the batch is 0; -1: the last. */
NnValue nn_network_softmax (NnNetwork *self, NnValue x, int axis);
NnValue nn_network_batch_norm (NnNetwork *self, NnValue x);
/* Normalises each value by its mean and variance in training. */
NnValue nn_network_standardize (NnNetwork *self, NnValue x);
NnValue nn_network_layer_norm (NnNetwork *self, NnValue x);
/* To length 1 along an axis. */
NnValue nn_network_unit_norm (NnNetwork *self, NnValue x, int axis);
NnValue nn_network_rescale (NnNetwork *self, NnValue x, double scale);
NnValue nn_network_dropout (NnNetwork *self, NnValue x, double rate);
/* Three axes in another order, counted from 1. */
NnValue nn_network_permute (
    NnNetwork *self, NnValue x, size_t first, size_t second, size_t third);

/* Add, Subtract, Multiply or Concatenate; axes of length 1 are repeated. */
NnValue nn_network_merge (
    NnNetwork *self, const char *class_name, NnValue a, NnValue b);
/* The sum over an axis of the products of two tensors. */
NnValue nn_network_dot (NnNetwork *self, NnValue a, NnValue b, int axis);
