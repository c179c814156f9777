/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Matrix products of bytes: see nn/simd.h. Sums are of integers and exact:
 * every path gives the same, up to how it rounds to bytes and back. */
#include "nn/simd/kernels.h"
#include "nn/simd/vector.h"

typedef guint8 VBU
    __attribute__ ((vector_size (VECTOR), aligned (1), may_alias));
typedef int VIU
    __attribute__ ((vector_size (VECTOR * 4), aligned (4), may_alias));

/* Four elements of a row, 128 more than they are, to be multiplied with the
 * four weights of each column. What a path makes of them once for all columns:
 * a byte times a byte that both have a sign is not among x86's instructions. */
typedef struct {
#if defined(__AVX512VNNI__)
  __m512i x;
#elif defined(__AVX512BW__)
  __m512i magnitude;
  __mmask64 is_negative;
#elif defined(__AVX2__)
  __m256i x, magnitude;
#elif defined(__SSE2__)
  __m128i even, odd; /* of 16 bits */
#else
  int x[4];
#endif
} Four;

#ifdef __SSE2__
#define SIGNS ((int) 0x80808080) /* turned, they are 128 less */

INLINE int
load_int (const guint8 *bytes)
{
  int all;

  memcpy (&all, bytes, sizeof all);
  return all;
}
#endif

INLINE Four
four_of (const guint8 *bytes)
{
#if defined(__AVX512VNNI__)
  return (Four){ _mm512_set1_epi32 (load_int (bytes)) };
#elif defined(__AVX512BW__)
  const __m512i x = _mm512_set1_epi32 (load_int (bytes) ^ SIGNS);

  return (Four){ _mm512_abs_epi8 (x), _mm512_movepi8_mask (x) };
#elif defined(__AVX2__)
  const __m256i x = _mm256_set1_epi32 (load_int (bytes) ^ SIGNS);

  return (Four){ x, _mm256_abs_epi8 (x) };
#elif defined(__SSE2__)
  const __m128i x = _mm_set1_epi32 (load_int (bytes));

  return (
      Four){ _mm_and_si128 (x, _mm_set1_epi16 (255)), _mm_srli_epi16 (x, 8) };
#else
  return (Four){ { bytes[0], bytes[1], bytes[2], bytes[3] } };
#endif
}

/* sum + the products of the four with those of each column at w. Neither 127 *
 * 127 twice nor four times is too much for 16 or 32 bits. */
INLINE VI
add_four (VI sum, Four four, const gint8 *w)
{
#if defined(__AVX512VNNI__)
  return (VI) _mm512_dpbusd_epi32 (
      (__m512i) sum, four.x, _mm512_loadu_si512 (w));
#elif defined(__AVX512BW__)
  const __m512i b = _mm512_loadu_si512 (w);
  const __m512i turned =
      _mm512_mask_sub_epi8 (b, four.is_negative, _mm512_setzero_si512 (), b);

  return sum
      + (VI) _mm512_madd_epi16 (
          _mm512_maddubs_epi16 (four.magnitude, turned), _mm512_set1_epi16 (1));
#elif defined(__AVX2__)
  const __m256i b = _mm256_loadu_si256 ((const __m256i *) w);

  return sum
      + (VI) _mm256_madd_epi16 (
          _mm256_maddubs_epi16 (four.magnitude, _mm256_sign_epi8 (b, four.x)),
          _mm256_set1_epi16 (1));
#elif defined(__SSE2__)
  const __m128i b = _mm_loadu_si128 ((const __m128i *) w);

  return sum
      + (VI) _mm_madd_epi16 (
          four.even, _mm_srai_epi16 (_mm_slli_epi16 (b, 8), 8))
      + (VI) _mm_madd_epi16 (four.odd, _mm_srai_epi16 (b, 8));
#else
  for (size_t j = 0; j < VECTOR; j++)
    for (size_t i = 0; i < 4; i++)
      sum[j] += four.x[i] * w[j * 4 + i];
  return sum;
#endif
}

/* Where the sums of VECTOR columns start. */
INLINE VI
first_sum (const gint32 *excess)
{
#if defined(__AVX2__) && !defined(__AVX512VNNI__)
  return (VI){ 0 };
#else
  return -*(const VIU *) excess; /* the elements are 128 more than they are */
#endif
}

/* rows x PANEL of c. Of a single row four sums are under way at a time, so that
 * none waits for the one before. */
INLINE void
quantised_tile (const NnQuantisedProduct *p, size_t rows, size_t row, size_t j)
{
  const size_t groups = nn_quantised_row_len (p->b->k) / 4;
  const size_t chains = rows == 1 ? 4 : 1;
  const size_t n = p->b->n - j < PANEL ? p->b->n - j : PANEL;
  const guint8 *const x = p->bytes + row * 4 * groups;
  const gint8 *w = p->b->data + j * 4 * groups;
  V bias[2] = { { 0 } };
  VI sum[4][2] = { { { 0 } } };
  size_t g = 0;

  if (p->bias)
    load_columns (p->bias + j, bias, 2, n);
#pragma GCC unroll 4
  for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 2
    for (size_t v = 0; v < 2; v++)
      sum[r][v] = first_sum (p->b->excess + j + v * VECTOR);
  for (; g + chains <= groups; g += chains)
#pragma GCC unroll 4
    for (size_t c = 0; c < chains; c++, w += 4 * PANEL)
#pragma GCC unroll 4
      for (size_t r = 0; r < rows; r++) {
        const Four four = four_of (x + 4 * (r * groups + g + c));

        sum[r + c][0] = add_four (sum[r + c][0], four, w);
        sum[r + c][1] = add_four (sum[r + c][1], four, w + 4 * VECTOR);
      }
  for (; g < groups; g++, w += 4 * PANEL) {
    const Four four = four_of (x + 4 * g);

    sum[0][0] = add_four (sum[0][0], four, w);
    sum[0][1] = add_four (sum[0][1], four, w + 4 * VECTOR);
  }
#pragma GCC unroll 4
  for (size_t r = 0; r < rows; r++) {
    V out[2];

#pragma GCC unroll 2
    for (size_t v = 0; v < 2; v++) {
      if (rows == 1)
        sum[0][v] += sum[1][v] + sum[2][v] + sum[3][v];
      out[v] = bias[v]
          + __builtin_convertvector(sum[r][v], V)
              * load (p->b->scale + j + v * VECTOR);
    }
    store_columns (p->c + (row + r) * p->ldc + j, out, 2, n);
  }
}

INLINE void
quantise_vector (const float *x, guint8 *bytes)
{
  const V rounder = splat (12582912.f + 128); /* 1.5 * 2^23: rounds */
  const V clamped = min_ (max_ (load (x), splat (-1.f)), splat (1.f));

  /* The lowest bits are the number. */
  *(VBU *) bytes = __builtin_convertvector(
      (VI) (clamped * splat (127.f) + rounder) & 255, VBU);
}

/* x [k] -> bytes [nn_quantised_row_len (k)] */
INLINE void
quantise_row (const float *x, size_t k, guint8 *bytes)
{
  size_t i = 0;

  for (; i + VECTOR <= k; i += VECTOR)
    quantise_vector (x + i, bytes + i);
  if (i < k) {
    float rest[VECTOR] = { 0 };
    guint8 rest_bytes[VECTOR];

    memcpy (rest, x + i, (k - i) * sizeof *rest);
    quantise_vector (rest, rest_bytes);
    memcpy (bytes + i, rest_bytes, nn_quantised_row_len (k) - i);
  }
}

void
NN_PATH (quantised_product) (const NnQuantisedProduct *p)
{
  const size_t k = p->b->k;

  for (size_t r = 0; r < p->m; r++)
    quantise_row (p->a + r * k, k, p->bytes + r * nn_quantised_row_len (k));
  for (size_t j = 0; j < p->b->n; j += PANEL) {
    size_t r = 0;

    for (; r + 4 <= p->m; r += 4)
      quantised_tile (p, 4, r, j);
    for (; r < p->m; r++)
      quantised_tile (p, 1, r, j);
  }
}
