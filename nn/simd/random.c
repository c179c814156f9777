/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Philox4x32-10: see nn/loops.h. Each counter of 32 bits has 64 in a register,
 * whose upper half is ignored, because processors multiply so. */
#include "nn/simd/kernels.h"
#include "nn/simd/vector.h"

#define BLOCKS 16 /* counters from one block number: 64 words */
#define LANES (VECTOR / 2)
#define AT_ONCE                                                                \
  2 /* registers of each word, which do not wait for each other                \
     */

typedef guint64 L __attribute__ ((vector_size (VECTOR * 4)));
typedef guint32 W __attribute__ ((vector_size (VECTOR * 2)));

/* The products of the lower halves. */
INLINE L
multiply (L a, L b)
{
#if defined(__AVX512F__)
  return (L) _mm512_mul_epu32 ((__m512i) a, (__m512i) b);
#elif defined(__AVX2__)
  return (L) _mm256_mul_epu32 ((__m256i) a, (__m256i) b);
#elif defined(__SSE2__)
  return (L) _mm_mul_epu32 ((__m128i) a, (__m128i) b);
#else
  return (a & G_MAXUINT32) * (b & G_MAXUINT32);
#endif
}

INLINE L
all (guint64 x)
{
  return x - (L){ 0 };
}

INLINE void
philox_round (L c[4], guint32 k0, guint32 k1)
{
  const L p0 = multiply (c[0], all (0xD2511F53u));
  const L p1 = multiply (c[2], all (0xCD9E8D57u));

  c[0] = (p1 >> 32) ^ c[1] ^ all (k0);
  c[1] = p1;
  c[2] = (p0 >> 32) ^ c[3] ^ all (k1);
  c[3] = p0;
}

/* Blocks first, first + 1, ... -> their words at out, out + BLOCKS, ... */
INLINE void
philox (const NnPhilox *stream, guint32 first, guint32 *out)
{
  guint32 k0 = stream->key[0], k1 = stream->key[1];
  L c[AT_ONCE][4];

#pragma GCC unroll 2
  for (size_t v = 0; v < AT_ONCE; v++) {
    guint64 number[LANES];

    for (size_t i = 0; i < LANES; i++)
      number[i] = first + v * LANES + i;
    memcpy (&c[v][0], number, sizeof number);
    for (size_t i = 0; i < 3; i++)
      c[v][i + 1] = all (stream->stream[i]);
  }
#pragma GCC unroll 10
  for (int round = 0; round < 10; round++) {
#pragma GCC unroll 2
    for (size_t v = 0; v < AT_ONCE; v++)
      philox_round (c[v], k0, k1);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
#pragma GCC unroll 2
  for (size_t v = 0; v < AT_ONCE; v++)
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; i++) {
      const W words = __builtin_convertvector(c[v][i], W);

      memcpy (out + i * BLOCKS + v * LANES, &words, sizeof words);
    }
}

void
NN_PATH (random_words) (
    const NnPhilox *stream, guint32 first_block, guint32 *out, size_t n)
{
  guint32 rest[4 * BLOCKS];

  for (guint32 block = first_block; n > 0; block++) {
    guint32 *const words = n < 4 * BLOCKS ? rest : out;
    const size_t count = n < 4 * BLOCKS ? n : 4 * BLOCKS;

    for (size_t i = 0; i < BLOCKS; i += AT_ONCE * LANES)
      philox (stream, block * BLOCKS + i, words + i);
    if (words == rest)
      memcpy (out, rest, n * sizeof *out);
    out += count;
    n -= count;
  }
}
