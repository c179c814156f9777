/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Derivatives of a feature over time, per frame: the slope (order 1), curvature
 * (order 2) ... of the polynomial of that order fitted to width frames around
 * each. Savitzky & Golay, Anal. Chem. 36, 1964; same numbers as
 * librosa.feature.delta (mode="interp").
 *   in [n_frames]  ->  out [n_frames], n_frames >= width
 * Immutable once built: threads may share one.
 */
#pragma once

#include <glib.h>
#include <stddef.h>

typedef struct _DspDelta DspDelta;

/* width: odd, >= 3, frames; 1 <= order < width. Free with dsp_delta_free. NULL
 * and DSP_ERROR_CONFIG. */
DspDelta *dsp_delta_new (size_t width, size_t order, GError **error);
void dsp_delta_free (DspDelta *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DspDelta, dsp_delta_free)

/* in and out must not overlap. Never fails, never allocates. */
void dsp_delta_apply (
    const DspDelta *self, const float *in, size_t n_frames, float *out);
