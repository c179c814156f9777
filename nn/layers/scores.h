/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the attention layers share: which keys a query may attend to, and the
 * softmax over those.
 *   scores [queries][keys] */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct {
  size_t n_queries, n_keys;
  bool is_causal;         /* query i attends to keys 0 ... i */
  const float *query;     /* [n_queries] of 1 and 0, or NULL: all */
  const float *key;       /* [n_keys], likewise */
  const float *other_key; /* [n_keys], likewise */
  const float *pair;      /* 1 and 0 for each pair, or NULL: all */
  size_t query_stride,
      key_stride; /* of pair, in elements; 0: the same for all */
} NnScoreMask;

/* In place. A query with all keys masked attends to all equally, as in Keras.
 */
void nn_scores_softmax (const NnScoreMask *mask, float *scores);

/* The way back: p is what that gave, grad [queries][keys] its gradient, which
 * becomes that of the scores. */
void nn_scores_softmax_gradient (
    const NnScoreMask *mask, const float *p, float *grad);

/* in [rows][columns], with rows ld apart, -> out [columns][rows] */
void nn_scores_transpose (
    const float *in, size_t rows, size_t columns, size_t ld, float *out);
