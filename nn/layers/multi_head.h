/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MultiHeadAttention between its files: multi_head_attention.c is the layer,
 * multi_head-training.c how it is trained.
 */
#pragma once

#include "nn/layer.h"
#include "nn/layers/scores.h"
#include "nn/layers/strided.h"

enum { NN_QUERY, NN_KEY, NN_VALUE, NN_OUTPUT, NN_N_PRODUCTS };

/* One of the four products: rows [n][from] -> [n][to] */
typedef struct {
  size_t from, to;
  size_t param; /* of the kernel; the bias follows */
} NnHeadProduct;

typedef struct {
  NnLayer base;
  size_t input[NN_OUTPUT]; /* which inputs are query, key and value */
  size_t pair_mask;        /* which is the attention mask, or n_in */
  size_t t, s;
  size_t heads, shared_heads; /* of the query; of key and value */
  size_t key_dim, value_dim;
  bool use_bias, is_causal, gives_scores;
  double dropout; /* of the weights, in training */
  NnHeadProduct product[NN_N_PRODUCTS];
  bool axes[NN_MAX_RANK];     /* of query and key: attended over */
  bool has_others;            /* axes of steps that are not */
  size_t apart;               /* their positions */
  NnStrided bring[NN_OUTPUT]; /* where there are any */
  NnStrided restore;
  size_t copy_len; /* floats of the copies, and the output's */
} NnMultiHead;

/* Which keys the queries of a head see, in a sample of the call. */
NnScoreMask nn_multi_head_mask (
    const NnMultiHead *self, const NnCall *call, size_t sample, size_t head);

extern const NnTraining nn_multi_head_training;
