/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A graph forward and backward over one batch: inputs -> outputs -> gradients
 * of the weights. Chunks of samples are computed on the threads of a pool; with
 * several ranks, each computes a share of the chunks.
 *
 * Within a chunk, layers follow each other until one needs sums over the whole
 * batch, where all chunks are synchronised. */
#pragma once

#include "nn/train/pool.h"
#include "nn/train/share.h"
#include "nn/train/weights.h"

typedef struct _NnBackprop NnBackprop;

typedef struct {
  size_t batch_size, chunk;
  guint64 seed;              /* of dropout */
  bool wants_input_gradient; /* for gradient checks */
  const NnComm *comm;        /* NULL: this process alone; borrowed */
} NnBackpropConfig;

/* model (not fused, one output), weights and pool are borrowed. NULL and
 * NN_ERROR_UNSUPPORTED if a gradient is needed of a layer that has none,
 * NN_ERROR_LIMIT if out of memory. */
NnBackprop *nn_backprop_new (NnModel *model, const NnWeightList *weights,
    NnPool *pool, const NnBackpropConfig *config, GError **error);
void nn_backprop_free (NnBackprop *backprop); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnBackprop, nn_backprop_free)

size_t nn_backprop_memory (const NnBackprop *backprop); /* bytes */

/* Whether the output is a softmax, so that the loss gives the gradient of its
 * input. */
bool nn_backprop_ends_in_softmax (const NnBackprop *backprop);

/* Which samples of a batch of n this rank computes: *n_mine from *first on. */
void nn_backprop_share (
    NnBackprop *backprop, size_t n, size_t *first, size_t *n_mine);
/* Gathers rows [n] of `len` bytes on all ranks; each rank has filled those of
 * its share of a batch of n. */
void nn_backprop_gather (
    NnBackprop *backprop, size_t n, void *rows, size_t len);

/* Takes the outputs of samples first .. first + n - 1, output [n][size], and
 * writes the gradient of the loss with respect to them (or to the input of the
 * softmax). Called for several chunks at once, in several threads. */
typedef void (*NnLossFunc) (gpointer data, size_t first, size_t n,
    const float *output, float *gradient);

/* x: for each input of the model [n][size], of which each rank reads its share.
 * Leaves in gradient [weights->n_trained] the sum over all chunks along their
 * tree (nn/train/share.h), on every rank. step: selects the random numbers.
 * Statistics (batch normalisation) are updated. */
void nn_backprop_step (NnBackprop *backprop, size_t n, const float *const *x,
    guint32 step, NnLossFunc loss, gpointer data, float *gradient);

/* The same without updates and gradients; for gradient checks. */
void nn_backprop_forward (NnBackprop *backprop, size_t n, const float *const *x,
    guint32 step, NnLossFunc loss, gpointer data);

/* The gradient with respect to input i of the last step, [n][size], if the
 * config asked for it; for gradient checks. */
const float *nn_backprop_input_gradient (const NnBackprop *backprop, size_t i);
