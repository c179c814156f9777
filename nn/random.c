/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/random.h"

#include <math.h>

NnPhilox
nn_random_stream (guint64 seed, guint32 use, guint32 a, guint32 b)
{
  return (NnPhilox){ .key = { (guint32) seed, (guint32) (seed >> 32) },
    .stream = { use, a, b } };
}

void
nn_random_init (NnRandom *random, const NnPhilox *stream)
{
  random->stream = *stream;
  random->block = 0;
  random->used = G_N_ELEMENTS (random->words);
}

guint32
nn_random_word (NnRandom *random)
{
  if (random->used == G_N_ELEMENTS (random->words)) {
    nn_loops ()->random (&random->stream, random->block++, random->words,
        G_N_ELEMENTS (random->words));
    random->used = 0;
  }
  return random->words[random->used++];
}

guint64
nn_random_word64 (NnRandom *random)
{
  const guint64 high = nn_random_word (random);

  return high << 32 | nn_random_word (random);
}

double
nn_random_uniform (NnRandom *random)
{
  return (nn_random_word64 (random) >> 11) * 0x1p-53;
}

/* Box and Muller 1958. */
double
nn_random_normal (NnRandom *random)
{
  const double u = 1 - nn_random_uniform (random); /* (0, 1] */
  const double angle = 2 * G_PI * nn_random_uniform (random);

  return sqrt (-2 * log (u)) * cos (angle);
}

size_t
nn_random_below (NnRandom *random, size_t n)
{
  const guint64 limit = G_MAXUINT64 - G_MAXUINT64 % n;
  guint64 word;

  do
    word = nn_random_word64 (random);
  while (word >= limit);
  return word % n;
}

void
nn_random_shuffle (NnRandom *random, size_t *index, size_t n)
{
  for (size_t i = n; i > 1; i--) {
    const size_t j = nn_random_below (random, i);
    const size_t swap = index[i - 1];

    index[i - 1] = index[j];
    index[j] = swap;
  }
}
