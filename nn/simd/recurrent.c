/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps of recurrent layers: see nn/simd.h. */
#include "nn/simd/kernels.h"
#include "nn/simd/vector.h"

/* exp (x) for gates: as exp_v, but with the shortest polynomial that leaves
 * nothing to see in a gate (minimax, error 1.1e-7), and saturated at 28, beyond
 * which a gate is 0 or 1 and below which products of three do not overflow. */
INLINE V
gate_exp (V x)
{
  const V rounder = splat (12582912.f); /* 1.5 * 2^23: rounds when added */
  V n, r, p;

  x = min_ (max_ (x, splat (-28.f)), splat (28.f));
  n = x * splat (1.44269504088896341f) + rounder;
  r = x - (n - rounder) * splat (0.693147180559945f);
  p = splat (8.31252523e-3f);
  p = p * r + splat (4.18901145e-2f);
  p = p * r + splat (1.66671142e-1f);
  p = p * r + splat (4.99992311e-1f);
  p = p * r + splat (1.f);
  p = p * r + splat (1.f);
  /* The lowest bits of n are the exponent. */
  return (V) ((VI) p + ((VI) n << 23));
}

/* With e = exp (-x): sigmoid (x) = 1 / (1 + e); with e = exp (-2 x):
 * tanh (x) = (1 - e) / (1 + e). What is multiplied or added is brought onto one
 * fraction, since divisions are slow. gate: the sums in Keras' order. */
INLINE V
lstm_vector (const V *gate, V *c)
{
  const V one = splat (1.f);
  const V i = gate_exp (-gate[0]), f = gate_exp (-gate[1]),
          g = gate_exp (-(gate[2] + gate[2])), o = gate_exp (-gate[3]);
  const V ig = (one + i) * (one + g);
  const V cell = (*c * ig + (one - g) * (one + f)) / (ig * (one + f));
  const V e = gate_exp (-(cell + cell));

  *c = cell;
  return (one - e) / ((one + o) * (one + e));
}

/* x: of the three gates; rec: the state's part of the candidate's sum, which is
 * not in x. */
INLINE V
gru_vector (const V *x, V rec, V h)
{
  const V one = splat (1.f);
  const V z = gate_exp (-x[0]), r = gate_exp (-x[1]);
  const V candidate = x[2] + rec / (one + r);
  const V g = gate_exp (-(candidate + candidate));

  return (z * (one - g) + h * (one + g)) / ((one + z) * (one + g));
}

INLINE void
lstm_at (const float *x, const float *rec, size_t stride, float *c, float *h)
{
  V gate[4], cell = load (c);

#pragma GCC unroll 4
  for (size_t i = 0; i < 4; i++)
    gate[i] = load (x + i * stride) + load (rec + i * stride);
  store (h, lstm_vector (gate, &cell));
  store (c, cell);
}

void
NN_PATH (lstm_gates) (
    const float *x, const float *rec, size_t units, float *c, float *h)
{
  size_t k = 0;

  for (; k + VECTOR <= units; k += VECTOR)
    lstm_at (x + k, rec + k, units, c + k, h + k);
  if (k < units) {
    const size_t n = (units - k) * sizeof (float);
    float rest[10][VECTOR] = { { 0 } };

    for (size_t gate = 0; gate < 4; gate++) {
      memcpy (rest[gate], x + gate * units + k, n);
      memcpy (rest[4 + gate], rec + gate * units + k, n);
    }
    memcpy (rest[8], c + k, n);
    lstm_at (rest[0], rest[4], VECTOR, rest[8], rest[9]);
    memcpy (c + k, rest[8], n);
    memcpy (h + k, rest[9], n);
  }
}

INLINE void
gru_at (const float *x, const float *rec, size_t stride, float *h)
{
  const V gate[3] = { load (x) + load (rec),
    load (x + stride) + load (rec + stride), load (x + 2 * stride) };

  store (h, gru_vector (gate, load (rec + 2 * stride), load (h)));
}

void
NN_PATH (gru_gates) (const float *x, const float *rec, size_t units, float *h)
{
  size_t k = 0;

  for (; k + VECTOR <= units; k += VECTOR)
    gru_at (x + k, rec + k, units, h + k);
  if (k < units) {
    const size_t n = (units - k) * sizeof (float);
    float rest[7][VECTOR] = { { 0 } };

    for (size_t gate = 0; gate < 3; gate++) {
      memcpy (rest[gate], x + gate * units + k, n);
      memcpy (rest[3 + gate], rec + gate * units + k, n);
    }
    memcpy (rest[6], h + k, n);
    gru_at (rest[0], rest[3], VECTOR, rest[6]);
    memcpy (h + k, rest[6], n);
  }
}
