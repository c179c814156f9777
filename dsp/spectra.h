/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Magnitude spectra of short frames, some at a time, in single precision:
 *   frames [n], each of n_fft samples -> magnitude [n][n_fft / 2 + 1]
 * under a periodic Hann window. Same numbers as abs (scipy.fft.rfft), within
 * 1e-6 of the largest possible bin, n_fft / 2 times the largest sample.
 * Features need more than that (dsp/stft.h). Samples are cleaned
 * (dsp/sample.h). Immutable once built: threads may share one. */
#pragma once

#include <glib.h>
#include <stddef.h>

#include "dsp/kernels.h"

#define DSP_SPECTRA_MIN ((size_t) 16)

typedef struct _DspSpectra DspSpectra;

/* n_fft: a power of 2 from DSP_SPECTRA_MIN to DSP_SPECTRA_MAX. Free with
 * dsp_spectra_free. NULL and DSP_ERROR_CONFIG. */
DspSpectra *dsp_spectra_new (size_t n_fft, GError **error);
void dsp_spectra_free (DspSpectra *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DspSpectra, dsp_spectra_free)

/* Never fails, never allocates. Fastest for whole eights; the bits of a frame
 * do not depend on the others. frames may overlap, but not magnitude. */
void dsp_spectra_magnitude (const DspSpectra *self, const float *const *frames,
    size_t n, float *magnitude);
