/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/optimizer.h"

#include <math.h>
#include "nn/loops.h"

#define PIECE ((size_t) 16384)

NnOptimizer *
nn_optimizer_new (
    const NnWeightList *weights, NnPool *pool, const NnTrainConfig *config)
{
  NnOptimizer *optimizer = g_new0 (NnOptimizer, 1);

  optimizer->weights = weights;
  optimizer->pool = pool;
  optimizer->config = *config;
  optimizer->m = g_new0 (float, weights->n_trained);
  optimizer->v = g_new0 (float, weights->n_trained);
  optimizer->gradient = g_new0 (float, weights->n_trained);
  optimizer->pieces = g_array_new (FALSE, FALSE, sizeof (NnOptimizerPiece));
  for (size_t i = 0; i < weights->n; i++) {
    const NnWeight *const weight = &weights->items[i];

    for (size_t k = 0; k < weight->param->size && weight->is_trained;
         k += PIECE) {
      const NnOptimizerPiece piece = {
        .weight = weight, .first = k, .n = MIN (PIECE, weight->param->size - k)
      };

      g_array_append_val (optimizer->pieces, piece);
    }
  }
  return optimizer;
}

void
nn_optimizer_free (NnOptimizer *optimizer)
{
  if (!optimizer)
    return;
  g_array_unref (optimizer->pieces);
  g_free (optimizer->m);
  g_free (optimizer->v);
  g_free (optimizer->gradient);
  g_free (optimizer);
}

static double
sign (double x)
{
  return (x > 0) - (x < 0);
}

/* Adds the gradients of the penalties, and sums their norm. */
static void
penalize (gpointer data, size_t i, size_t thread)
{
  NnOptimizer *const optimizer = data;
  NnOptimizerPiece *const piece =
      &g_array_index (optimizer->pieces, NnOptimizerPiece, i);
  const NnRegularizer *const r = &piece->weight->param->regularizer;
  const float *const w = piece->weight->param->value + piece->first;
  float *const g = optimizer->gradient + piece->weight->offset + piece->first;

  piece->penalty = piece->square = 0;
  if (r->l1 != 0 || r->l2 != 0)
    for (size_t k = 0; k < piece->n; k++) {
      piece->penalty += r->l1 * fabs (w[k]) + r->l2 * w[k] * w[k];
      g[k] += r->l1 * sign (w[k]) + 2 * r->l2 * w[k];
    }
  for (size_t k = 0; k < piece->n && optimizer->config.clip_norm > 0; k++)
    piece->square += (double) g[k] * g[k];
}

typedef struct {
  NnOptimizer *optimizer;
  float rate, scale;
} Update;

static void
update_piece (gpointer data, size_t i, size_t thread)
{
  const Update *const update = data;
  const NnOptimizer *const optimizer = update->optimizer;
  const NnTrainConfig *const config = &optimizer->config;
  const NnOptimizerPiece *const piece =
      &g_array_index (optimizer->pieces, NnOptimizerPiece, i);
  const double part = piece->weight->is_head ? config->head_rate : 1;
  const size_t at = piece->weight->offset + piece->first;
  float *const w = piece->weight->param->value + piece->first;
  float *const g = optimizer->gradient + at;

  for (size_t k = 0; k < piece->n && update->scale != 1; k++)
    g[k] *= update->scale;
  for (size_t k = 0; k < piece->n && config->weight_decay > 0; k++)
    w[k] -= w[k] * config->weight_decay * config->learning_rate * part;
  nn_loops ()->adam (piece->n, g, update->rate * part, config->beta_1,
      config->beta_2, config->epsilon, w, optimizer->m + at, optimizer->v + at);
}

double
nn_optimizer_update (NnOptimizer *optimizer)
{
  const NnTrainConfig *const config = &optimizer->config;
  const double t = ++optimizer->step;
  double penalty = 0, square = 0;
  Update update = { .optimizer = optimizer,
    .rate = config->learning_rate * sqrt (1 - pow (config->beta_2, t))
        / (1 - pow (config->beta_1, t)),
    .scale = 1 };

  nn_pool_run (optimizer->pool, optimizer->pieces->len, penalize, optimizer);
  for (guint i = 0; i < optimizer->pieces->len; i++) {
    const NnOptimizerPiece *const piece =
        &g_array_index (optimizer->pieces, NnOptimizerPiece, i);

    penalty += piece->penalty;
    square += piece->square;
  }
  if (config->clip_norm > 0 && sqrt (square) > config->clip_norm)
    update.scale = config->clip_norm / sqrt (square);
  nn_pool_run (optimizer->pool, optimizer->pieces->len, update_piece, &update);
  return penalty;
}
