/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/rand.h"

#include <math.h>

void
train_shuffle (guint *values, gsize n, guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);

  for (gsize i = n; i > 1; i--) {
    const gsize k = g_rand_int_range (rand, 0, i);
    const guint value = values[i - 1];

    values[i - 1] = values[k];
    values[k] = value;
  }
}

GRand *
train_rand_new (guint64 seed)
{
  const guint32 words[] = { (guint32) seed, (guint32) (seed >> 32) };

  return g_rand_new_with_seed_array (words, G_N_ELEMENTS (words));
}

double
train_rand_beta (GRand *rand, double alpha)
{
  double x, y;

  do {
    x = pow (g_rand_double (rand), 1 / alpha);
    y = pow (g_rand_double (rand), 1 / alpha);
  } while (x + y > 1 || x + y == 0);
  return x / (x + y);
}
