/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/blas.h"

#include <cblas.h>
#include <glib.h>

/* OpenBLAS wakes its threads for a product of more than 65536 * 4
 * multiplications (interface/gemm.c, SMP_THRESHOLD_MIN and
 * GEMM_MULTITHREAD_THRESHOLD). Slices below that keep it on this thread. */
#define SINGLE_THREAD_PRODUCT ((size_t) 65536 * 4)

void
nn_blas_gemm (size_t m, size_t n, size_t k, const float *a, size_t lda,
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
