/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The product of two matrices that are both known only at run time, or that
 * belong to a rare layer. Row-major. Only nn/blas.c calls cblas.
 *
 * Which product goes where (tests/bench/bench-product, one thread of an EPYC):
 *   Constant weights are packed when the model is loaded, for the kernels of
 * nn/simd.h: as fast as OpenBLAS with AVX-512 (0.9 to 1.1 times; one row 1.1
 * to 1.5), 1.2 to 7 times as fast with AVX2. Here nothing is packed yet, and
 * packing takes longer than it saves: up to 2^18 multiplications, OpenBLAS.
 * Beyond that it would wake its threads, and slices that do not are slow (200 x
 * 256 x 1024: 19 times), so from 16 rows on blocks are packed for our kernels.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* c [m][n] (+)= a [m][k] b [k][n]; lda, ldb, ldc: distance of two rows.
 * accumulate: add to c. Runs on the calling thread only, whatever the settings
 * of OpenBLAS, so its result does not depend on the number of threads. */
void nn_blas_gemm (size_t m, size_t n, size_t k, const float *a, size_t lda,
    const float *b, size_t ldb, bool accumulate, float *c, size_t ldc);
