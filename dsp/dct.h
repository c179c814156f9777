/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Discrete cosine transform, type II, orthonormal: mel bands in dB -> MFCC.
 *   in [n_in]  ->  out [n_out], the first n_out <= n_in coefficients
 * Same numbers as scipy.fft.dct (type=2, norm="ortho"). Computed as a matrix
 * product: for 13 of 128 coefficients that is as fast as a transform. Immutable
 * once built: threads may share one. */
#pragma once

#include <glib.h>
#include <stddef.h>

typedef struct _DspDct DspDct;

/* 0 < n_out <= n_in. Free with dsp_dct_free. NULL and DSP_ERROR_CONFIG. */
DspDct *dsp_dct_new (size_t n_in, size_t n_out, double lifter, GError **error);
void dsp_dct_free (DspDct *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DspDct, dsp_dct_free)

/* Coefficient k is written to out[k * stride], so that a frame may become a
 * column of a matrix. Never fails, never allocates. */
void dsp_dct_apply (
    const DspDct *self, const float *in, float *out, size_t stride);
