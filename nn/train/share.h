/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Assigns the chunks of a batch to ranks, and fixes the order in which their
 * gradients are added, so that the sum is the same, bit for bit, on any number
 * of ranks and threads.
 *
 * The chunks are the leaves of a tree that is halved again and again, and sums
 * are taken along it. Each rank has one branch, as long as there are chunks:
 *
 *          8 chunks                 on 2 ranks: 0 1 2 3 | 4 5 6 7
 *        /          \               on 3:       0 1 2 3 | 4 5 | 6 7 or alike
 *     0 1 2 3     4 5 6 7           on 4:       0 1 | 2 3 | 4 5 | 6 7
 *     /    \       /    \ */
#pragma once

#include "nn/train/comm.h"

typedef struct {
  size_t first, n; /* chunks; n 0: none */
} NnBranch;

/* Adds `from` to `to`. */
typedef struct {
  size_t to, from;
} NnAddition;

typedef struct {
  const NnComm *comm; /* NULL: alone */
  size_t n_chunks;
  NnBranch *branches; /* [size] */
  NnBranch mine;
  GArray *inside; /* of NnAddition, of my chunks: the first gets the sum */
  GArray *across; /* of NnAddition, of ranks: rank 0 gets the sum */
  size_t *cut;    /* [size + 1], of nn_share_cut and of the sum */
  float *received;
  size_t n_received;
} NnShare;

NnShare *nn_share_new (const NnComm *comm);
void nn_share_free (NnShare *share); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NnShare, nn_share_free)

/* For batches of so many chunks. Allocates if the number has changed. */
void nn_share_set (NnShare *share, size_t n_chunks);

/* Where the rows of each rank begin, in units: a chunk has `chunk` rows, n_rows
 * in total, a row has `unit` units. Borrowed until the next call. */
const size_t *nn_share_cut (
    NnShare *share, size_t chunk, size_t n_rows, size_t unit);

/* values [n], the sum of the chunks of this rank (undefined if it has none),
 * becomes the sum of all: an Allreduce in a fixed order. MPI_Allreduce leaves
 * the order to the implementation, so each rank receives a slice of all
 * gradients, adds in order, and sends the sums to the others. Each rank sends
 * and receives 2 (size - 1) / size of the row, as in an optimal Allreduce. */
void nn_share_sum (NnShare *share, float *values, size_t n);
