/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Multiplications and additions that wait for nothing: what the processor can
 * do at most. Compiled once for each path of nn/simd.h. */
#include "tests/bench/peak.h"

#if defined(__AVX512F__)
#define VECTOR 16
#elif defined(__AVX__)
#define VECTOR 8
#else
#define VECTOR 4
#endif

/* Enough for two units of latency 4; with two constants they fit into the 16
 * registers of AVX2. */
#define N_CHAINS 12

typedef float Vector __attribute__ ((vector_size (VECTOR * sizeof (float))));

#define GLUE(a, b) a##b
#define NAMED(a, b) GLUE (a, b)

double
NAMED (peak_loop_, NN_SIMD_NAME) (size_t n, float *sum)
{
  const Vector factor = *sum * 1e-9f + (Vector){ 0 };
  Vector x[N_CHAINS];

  for (size_t c = 0; c < N_CHAINS; c++)
    x[c] = (float) c + (Vector){ 0 };
  for (size_t i = 0; i < n; i++)
    for (size_t c = 0; c < N_CHAINS; c++)
      x[c] = x[c] * factor + factor;
  for (size_t c = 1; c < N_CHAINS; c++)
    x[0] += x[c];
  *sum = x[0][0];
  return 2.0 * N_CHAINS * VECTOR * n;
}
