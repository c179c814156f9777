/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/blas.h"

#include <cblas.h>
#include <glib.h>
#include "nn/simd.h"

/* OpenBLAS wakes its threads for a product of more than 65536 * 4
 * multiplications (interface/gemm.c, SMP_THRESHOLD_MIN and
 * GEMM_MULTITHREAD_THRESHOLD). Slices below that keep it on this thread. */
#define SINGLE_THREAD_PRODUCT ((size_t) 65536 * 4)

/* From this many rows on, packing the second matrix pays. */
#define MIN_PACKED_ROWS ((size_t) 16)
#define MAX_PANEL ((size_t) 32)
#define DEPTH ((size_t) 256)

/* A product that is too large for OpenBLAS to compute on one thread, in slices
 * of few rows. */
static void
by_slices (size_t m, size_t n, size_t k, const float *a, size_t lda,
    const float *b, size_t ldb, bool accumulate, float *c, size_t ldc)
{
  const size_t depth = MIN (k, SINGLE_THREAD_PRODUCT / 8);
  const size_t columns = MIN (n, SINGLE_THREAD_PRODUCT / depth);
  const size_t rows = MIN (m, SINGLE_THREAD_PRODUCT / (columns * depth));

  for (size_t p = 0; p < k; p += depth)
    for (size_t j = 0; j < n; j += columns)
      for (size_t i = 0; i < m; i += rows)
        cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans,
            MIN (rows, m - i), MIN (columns, n - j), MIN (depth, k - p), 1,
            a + i * lda + p, lda, b + p * ldb + j, ldb,
            accumulate || p > 0 ? 1 : 0, c + i * ldc + j, ldc);
}

/* By our own kernels, which get b packed block by block on the stack. */
static void
by_kernels (size_t m, size_t n, size_t k, const float *a, size_t lda,
    const float *b, size_t ldb, bool accumulate, float *c, size_t ldc)
{
  const NnSimd *const simd = nn_simd ();
  const size_t panel = simd->panel;
  float memory[MAX_PANEL * DEPTH];

  g_assert (panel <= MAX_PANEL);
  for (size_t j = 0; j < n; j += panel)
    for (size_t p = 0; p < k; p += DEPTH) {
      const size_t depth = MIN (DEPTH, k - p);
      const NnPacked packed = nn_packed_at (
          memory, simd, b + p * ldb + j, ldb, 1, depth, MIN (panel, n - j));

      simd->product (&(NnProduct){ .m = m,
          .a = a + p,
          .lda = lda,
          .n_segments = 1,
          .segment_len = depth,
          .b = &packed,
          .accumulate = accumulate || p > 0,
          .c = c + j,
          .ldc = ldc });
    }
}

void
nn_blas_gemm (size_t m, size_t n, size_t k, const float *a, size_t lda,
    const float *b, size_t ldb, bool accumulate, float *c, size_t ldc)
{
  if (m >= MIN_PACKED_ROWS && m * n * k > SINGLE_THREAD_PRODUCT)
    by_kernels (m, n, k, a, lda, b, ldb, accumulate, c, ldc);
  else
    by_slices (m, n, k, a, lda, b, ldb, accumulate, c, ldc);
}
