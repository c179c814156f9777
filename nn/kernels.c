/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/kernels.h"

/* One build for each generation of x86, chosen when the library is loaded. */
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__)       \
    && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define NN_CLONES                                                              \
  __attribute__ ((                                                             \
      target_clones ("default", "arch=haswell", "arch=skylake-avx512")))
#else
#define NN_CLONES
#endif

NN_CLONES void
nn_kernel_gemv (size_t m, size_t n, const float *restrict x,
    const float *restrict a, size_t lda, float *restrict y)
{
  size_t i = 0;

  for (; i + 4 <= m; i += 4) {
    const float *const r = a + i * lda;

    for (size_t j = 0; j < n; j++)
      y[j] += x[i] * r[j] + x[i + 1] * r[lda + j] + x[i + 2] * r[2 * lda + j]
          + x[i + 3] * r[3 * lda + j];
  }
  for (; i < m; i++)
    for (size_t j = 0; j < n; j++)
      y[j] += x[i] * a[i * lda + j];
}
