/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/train/trainer.h"

#include <math.h>

void
nn_score_add (NnScore *score, const NnScore *more)
{
  score->weighted_loss += more->weighted_loss;
  score->correct += more->correct;
  score->penalty += more->penalty;
  score->n += more->n;
}

double
nn_score_loss (const NnScore *score)
{
  return score->n > 0 ? (score->weighted_loss + score->penalty) / score->n
                      : NAN;
}

double
nn_score_accuracy (const NnScore *score)
{
  return score->n > 0 ? score->correct / score->n : NAN;
}
