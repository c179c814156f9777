/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A graph forward and backward over one batch: inputs -> outputs -> gradients
 * of the weights. Chunks of samples run on the threads of a pool; where there
 * are several ranks, each computes a share of the chunks.
 *
 * Layers run one after the other within a chunk, until one needs sums over the
 * whole batch; there all chunks meet. Every layer that computes has its output
 * and its gradient in memory for the whole batch.
 */
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
 * NN_ERROR_UNSUPPORTED where a gradient must go through a layer that has none,
 * NN_ERROR_LIMIT where there is no memory. */
NnBackprop *nn_backprop_new (NnModel *model, const NnWeightList *weights,
    NnPool *pool, const NnBackpropConfig *config, GError **error);
void nn_backprop_free (NnBackprop *backprop); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnBackprop, nn_backprop_free)

size_t nn_backprop_memory (const NnBackprop *backprop); /* bytes */

/* Whether the output is a softmax, so that the loss gives the gradient of what
 * goes into it. */
bool nn_backprop_ends_in_softmax (const NnBackprop *backprop);

/* Which samples of a batch of n this rank computes: *n_mine from *first on. */
void nn_backprop_share (
    NnBackprop *backprop, size_t n, size_t *first, size_t *n_mine);
/* Makes rows [n] of `len` bytes, of which each rank has filled those of its
 * share of a batch of n, the same on all. */
void nn_backprop_gather (
    NnBackprop *backprop, size_t n, void *rows, size_t len);

/* Looks at the outputs of the samples first .. first + n - 1, output [n][size],
 * and writes the gradient of the loss with respect to it (or to what goes into
 * the softmax). Called for several chunks at once. */
typedef void (*NnLossFunc) (gpointer data, size_t first, size_t n,
    const float *output, float *gradient);

/* x: for each input of the model [n][size], of which only the share of this
 * rank is read. Leaves in gradient [weights->n_trained] the sum over all chunks
 * along their tree (nn/train/share.h), on every rank. step: names the random
 * numbers. Statistics (batch normalisation) are updated. */
void nn_backprop_step (NnBackprop *backprop, size_t n, const float *const *x,
    guint32 step, NnLossFunc loss, gpointer data, float *gradient);

/* The same without updates and gradients; for gradient checks. */
void nn_backprop_forward (NnBackprop *backprop, size_t n, const float *const *x,
    guint32 step, NnLossFunc loss, gpointer data);

/* The gradient with respect to input i of the last step, [n][size], where the
 * config asked for it; for gradient checks. */
const float *nn_backprop_input_gradient (const NnBackprop *backprop, size_t i);
