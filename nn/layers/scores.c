/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/layers/scores.h"

#include <glib.h>
#include "nn/loops.h"

/* Keras' Softmax adds this where the mask is 0: far below any score. */
#define HIDDEN (-1e9f)

/* Puts a value where a query may not look. */
static void
hide (const NnScoreMask *mask, size_t query, float value, float *row)
{
  const float *const pair =
      mask->pair ? mask->pair + query * mask->query_stride : NULL;
  const bool is_hidden = mask->query && mask->query[query] == 0;

  for (size_t k = 0; k < mask->n_keys; k++)
    if (is_hidden || (mask->is_causal && k > query)
        || (mask->key && mask->key[k] == 0)
        || (mask->other_key && mask->other_key[k] == 0)
        || (pair && pair[k * mask->key_stride] == 0))
      row[k] = value;
}

static void
hide_all (const NnScoreMask *mask, float value, float *scores)
{
  if (mask->is_causal || mask->query || mask->key || mask->other_key
      || mask->pair)
    for (size_t q = 0; q < mask->n_queries; q++)
      hide (mask, q, value, scores + q * mask->n_keys);
}

void
nn_scores_softmax (const NnScoreMask *mask, float *scores)
{
  hide_all (mask, HIDDEN, scores);
  nn_loops ()->softmax_rows (mask->n_queries, mask->n_keys, scores);
}

void
nn_scores_softmax_gradient (
    const NnScoreMask *mask, const float *p, float *grad)
{
  nn_loops ()->softmax_rows_gradient (mask->n_queries, mask->n_keys, p, grad);
  hide_all (mask, 0, grad);
}

void
nn_scores_transpose (
    const float *in, size_t rows, size_t columns, size_t ld, float *out)
{
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++)
      out[c * rows + r] = in[r * ld + c];
}
