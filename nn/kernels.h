/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inner loops that OpenBLAS has no good answer for. */
#pragma once

#include <stddef.h>

/* y [n] += x [m] a [m][n]; lda: distance of two rows of a. On the calling
 * thread, without packing: for the small products of recurrent steps. */
void nn_kernel_gemv (
    size_t m, size_t n, const float *x, const float *a, size_t lda, float *y);
