/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chroma: how the power of a frame is distributed over the pitch classes (C,
 * C#, ...).
 *   power [n_fft / 2 + 1]  ->  chroma [n_chroma], the largest of them 1
 * Same numbers as librosa.feature.chroma_stft (norm=inf) with the filters of
 * librosa.filters.chroma: Ellis, "Chroma feature analysis and synthesis", 2007.
 * One thread at a time. */
#pragma once

#include <glib.h>
#include <stddef.h>

typedef struct _DspChroma DspChroma;

/* n_fft: even; n_chroma > 0. The tuning is 0 at first. Free with
 * dsp_chroma_free. NULL and DSP_ERROR_CONFIG. */
DspChroma *dsp_chroma_new (
    double rate, size_t n_fft, size_t n_chroma, GError **error);
void dsp_chroma_free (DspChroma *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DspChroma, dsp_chroma_free)

/* Moves the filters by tuning, a fraction of a pitch class from A = 440 Hz (see
 * dsp/tuning.h). Rebuilds them if it has changed: about 0.3 ms. */
void dsp_chroma_set_tuning (DspChroma *self, double tuning);

/* The weight of a bin in a pitch class. */
float dsp_chroma_weight (const DspChroma *self, size_t chroma, size_t bin);

/* Pitch class c is written to out[c * stride]. A frame of zeros gives zeros.
 * Never fails, never allocates. */
void dsp_chroma_apply (
    DspChroma *self, const float *power, float *out, size_t stride);
