/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The registers of the path that is being built (NN_SIMD_NAME and the machine
 * flags that go with it, see nn/simd/meson.build), and functions of them. */
#pragma once

#include <string.h>
#ifdef __SSE2__
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define VECTOR 16
#define ROWS 12 /* of a tile: 24 of 32 registers accumulate */
#elif defined(__AVX2__)
#define VECTOR 8
#define ROWS 6 /* 12 of 16 registers */
#else
#define VECTOR 4
#define ROWS 4
#endif
#define PANEL (2 * VECTOR)

typedef float V __attribute__ ((vector_size (VECTOR * 4)));
typedef int VI __attribute__ ((vector_size (VECTOR * 4)));
typedef float VU
    __attribute__ ((vector_size (VECTOR * 4), aligned (4), may_alias));

#define INLINE static inline __attribute__ ((always_inline))

INLINE V
load (const float *p)
{
  return *(const VU *) p;
}

INLINE void
store (float *p, V v)
{
  *(VU *) p = v;
}

INLINE V
splat (float x)
{
  return x - (V){ 0 };
}

INLINE V
select_ (VI mask, V a, V b)
{
  return (V) (((VI) a & mask) | ((VI) b & ~mask));
}

/* a < b ? a : b and a > b ? a : b, so b where one is not a number. x86 has just
 * these as instructions, which compilers do not find in a comparison. */
INLINE V
min_ (V a, V b)
{
#if defined(__AVX512F__)
  return (V) _mm512_min_ps ((__m512) a, (__m512) b);
#elif defined(__AVX2__)
  return (V) _mm256_min_ps ((__m256) a, (__m256) b);
#elif defined(__SSE2__)
  return (V) _mm_min_ps ((__m128) a, (__m128) b);
#else
  return select_ (a < b, a, b);
#endif
}

INLINE V
max_ (V a, V b)
{
#if defined(__AVX512F__)
  return (V) _mm512_max_ps ((__m512) a, (__m512) b);
#elif defined(__AVX2__)
  return (V) _mm256_max_ps ((__m256) a, (__m256) b);
#elif defined(__SSE2__)
  return (V) _mm_max_ps ((__m128) a, (__m128) b);
#else
  return select_ (a > b, a, b);
#endif
}

/* Leaky ReLU, see NnFinish; a NaN stays. */
INLINE V
rectify (V x, float slope)
{
  if (slope == 1)
    return x;
  return max_ (slope == 0 ? splat (0) : splat (slope) * x, x);
}

/* exp: x = n ln 2 + r, |r| <= ln 2 / 2; a polynomial for exp (r) (Cephes' expf,
 * S. Moshier), then n goes into the exponent. Saturates at +-87.3. */
INLINE V
exp_v (V x)
{
  const V rounder = splat (12582912.f); /* 1.5 * 2^23: rounds when added */
  V n, r, p;

  x = min_ (max_ (x, splat (-87.3f)), splat (88.3f));
  n = x * splat (1.44269504088896341f) + rounder;
  n = n - rounder;
  r = x - n * splat (0.693359375f) - n * splat (-2.12194440e-4f);
  p = splat (1.9875691500e-4f);
  p = p * r + splat (1.3981999507e-3f);
  p = p * r + splat (8.3334519073e-3f);
  p = p * r + splat (4.1665795894e-2f);
  p = p * r + splat (1.6666665459e-1f);
  p = p * r + splat (5.0000001201e-1f);
  p = p * r * r + r + splat (1.f);
  return (V) ((VI) p + (__builtin_convertvector(n, VI) << 23));
}

INLINE V
sigmoid_v (V x)
{
  return splat (1.f) / (splat (1.f) + exp_v (-x));
}

/* tanh: near zero an odd polynomial (Cephes' tanhf), else by exp. */
INLINE V
tanh_v (V x)
{
  const VI sign = (VI) x & (VI) splat (-0.f);
  const V a = (V) ((VI) x & ~(VI) splat (-0.f));
  const V e = exp_v (a + a);
  const V far = splat (1.f) - splat (2.f) / (e + splat (1.f));
  const V z = x * x;
  V p = splat (-5.70498872745e-3f);

  p = p * z + splat (2.06390887954e-2f);
  p = p * z + splat (-5.37397155531e-2f);
  p = p * z + splat (1.33314422036e-1f);
  p = p * z + splat (-3.33332819422e-1f);
  p = p * z * x + x;
  return select_ (a < splat (0.625f), p, (V) ((VI) far | sign));
}

/* ---- a part of a panel ---- */

/* Stores the first n of a panel's columns, which vectors hold. */
INLINE void
store_columns (float *c, const V *sum, size_t vectors, size_t n)
{
  if (n == vectors * VECTOR) {
    for (size_t v = 0; v < vectors; v++)
      store (c + v * VECTOR, sum[v]);
  } else {
    float rest[PANEL];

    for (size_t v = 0; v < vectors; v++)
      store (rest + v * VECTOR, sum[v]);
    memcpy (c, rest, n * sizeof *c);
  }
}

INLINE void
load_columns (const float *c, V *sum, size_t vectors, size_t n)
{
  if (n == vectors * VECTOR) {
    for (size_t v = 0; v < vectors; v++)
      sum[v] = load (c + v * VECTOR);
  } else {
    float rest[PANEL] = { 0 };

    memcpy (rest, c, n * sizeof *c);
    for (size_t v = 0; v < vectors; v++)
      sum[v] = load (rest + v * VECTOR);
  }
}
