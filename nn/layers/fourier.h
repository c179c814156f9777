/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The discrete Fourier transform of n numbers, for any n, by its factors, in
 * double precision. Immutable; threads may share it. (FFTW belongs to dsp/, and
 * plans under a lock.) */
#pragma once

#include <stddef.h>

typedef struct _NnFourier NnFourier;

NnFourier *nn_fourier_new (size_t n);   /* 1..NN_MAX_DIM */
void nn_fourier_free (NnFourier *self); /* NULL is fine */

/* Floats of scratch memory of a transform. */
size_t nn_fourier_scratch_len (const NnFourier *self);

/* The power of frequencies 0..n/2 of in [n]. */
void nn_fourier_power (
    const NnFourier *self, const float *in, float *power, float *scratch);
