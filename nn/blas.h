/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The matrix product, by OpenBLAS. Row-major. Only nn/blas.c calls cblas. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* c [m][n] (+)= a [m][k] b [k][n]; lda, ldb, ldc: distance of two rows.
 * accumulate: add to c. Runs on the calling thread alone, whatever OpenBLAS is
 * set to, so its result does not depend on the number of threads. */
void nn_blas_gemm (size_t m, size_t n, size_t k, const float *a, size_t lda,
    const float *b, size_t ldb, bool accumulate, float *c, size_t ldc);
