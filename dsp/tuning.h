/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tuning: how far the pitches of a sound are from A = 440 Hz.
 *   power [n_frames][n_fft / 2 + 1]  ->  tuning, -0.5..0.5 of a pitch class
 * Same numbers as librosa.estimate_tuning on a power spectrogram (piptrack from
 * 150 to 4000 Hz, threshold 0.1, resolution 0.01). One thread at a time. */
#pragma once

#include <glib.h>
#include <stddef.h>

typedef struct _DspTuning DspTuning;

/* n_frames: the largest number of frames. Free with dsp_tuning_free. NULL and
 * DSP_ERROR_MEMORY. */
DspTuning *dsp_tuning_new (double rate, size_t n_fft, size_t n_chroma,
    size_t n_frames, GError **error);
void dsp_tuning_free (DspTuning *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DspTuning, dsp_tuning_free)

/* Frame by frame: begin, add the power of each frame, then estimate. 0 if
 * nothing has a pitch. Never fail, never allocate. */
void dsp_tuning_begin (DspTuning *self);
void dsp_tuning_add (DspTuning *self, const float *power);
double dsp_tuning_estimate (DspTuning *self);
