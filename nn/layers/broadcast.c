/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/layers/broadcast.h"

/* The length of axis i of out in shape: 1 if shape lacks it. */
static size_t
aligned_dim (const NnShape *shape, const NnShape *out, size_t i)
{
  const size_t missing = out->rank - shape->rank;

  return i < missing ? 1 : shape->dim[i - missing];
}

bool
nn_broadcast_shapes (const NnShape *a, const NnShape *b, NnShape *out)
{
  out->rank = MAX (a->rank, b->rank);
  for (size_t i = 0; i < out->rank; i++) {
    const size_t x = aligned_dim (a, out, i), y = aligned_dim (b, out, i);

    if (x != y && x != 1 && y != 1)
      return false;
    out->dim[i] = MAX (x, y);
  }
  return true;
}

NnBroadcast
nn_broadcast_plan (const NnShape *a, const NnShape *b, const NnShape *out)
{
  NnBroadcast plan = { .rank = 0 };
  size_t a_step = 1, b_step = 1;
  size_t n = 0; /* axes, the last one first */

  for (size_t i = out->rank; i-- > 0;) {
    const size_t dim = out->dim[i];
    const size_t in_a = aligned_dim (a, out, i), in_b = aligned_dim (b, out, i);
    const size_t here_a = in_a == 1 ? 0 : a_step;
    const size_t here_b = in_b == 1 ? 0 : b_step;

    a_step *= in_a;
    b_step *= in_b;
    if (dim == 1)
      continue;
    if (n > 0 && here_a == plan.a_step[n - 1] * plan.dim[n - 1]
        && here_b == plan.b_step[n - 1] * plan.dim[n - 1]) {
      plan.dim[n - 1] *= dim;
      continue;
    }
    plan.dim[n] = dim;
    plan.a_step[n] = here_a;
    plan.b_step[n++] = here_b;
  }
  if (n == 0)
    plan.dim[n++] = 1;
  plan.rank = n;
  return plan;
}

/* The offsets of a row of the output in a and in b. */
typedef struct {
  size_t index[NN_MAX_RANK];
  size_t a, b;
} Position;

/* Advances to the next row; false after the last. */
static bool
advance (const NnBroadcast *plan, Position *at)
{
  for (size_t axis = 1; axis < plan->rank; axis++) {
    at->a += plan->a_step[axis];
    at->b += plan->b_step[axis];
    if (++at->index[axis] < plan->dim[axis])
      return true;
    at->a -= plan->a_step[axis] * plan->dim[axis];
    at->b -= plan->b_step[axis] * plan->dim[axis];
    at->index[axis] = 0;
  }
  return false;
}

void
nn_broadcast_run (const NnBroadcast *plan, const float *a, const float *b,
    float *out, NnBroadcastRow row)
{
  const size_t len = plan->dim[0];
  Position at = { { 0 } };

  do {
    row (a + at.a, plan->a_step[0], b + at.b, plan->b_step[0], len, out);
    out += len;
  } while (advance (plan, &at));
}

void
nn_broadcast_collect (const NnBroadcast *plan, const float *a, float *b)
{
  const size_t a_step = plan->a_step[0], b_step = plan->b_step[0];
  Position at = { { 0 } };

  do
    for (size_t i = 0; i < plan->dim[0]; i++)
      b[at.b + i * b_step] += a[at.a + i * a_step];
  while (advance (plan, &at));
}
