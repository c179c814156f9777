/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Phase vocoder: changes length without pitch, or pitch without length.
 * Flanagan & Golden, Bell Syst. Tech. J. 45, 1966; same numbers as
 * librosa.effects.time_stretch and pitch_shift (0.11). For training, not for
 * playback: the whole sound at once. One thread at a time. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct _DspVocoder DspVocoder;

/* n_fft: even; 0 < hop_length <= n_fft / 2, samples (librosa: 2048, 512). Free
 * with dsp_vocoder_free. NULL and DSP_ERROR_CONFIG or _MEMORY. Takes the FFTW
 * planner's lock. */
DspVocoder *dsp_vocoder_new (size_t n_fft, size_t hop_length, GError **error);
void dsp_vocoder_free (DspVocoder *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DspVocoder, dsp_vocoder_free)

/* rate: how many times as fast, DSP_STRETCH_MIN..MAX. */
#define DSP_STRETCH_MIN 0.1
#define DSP_STRETCH_MAX 10.0

/* n_samples / rate, rounded (half to even, as Python does). */
size_t dsp_vocoder_stretched_len (size_t n_samples, double rate);

/* out: [stretched_len (n_samples, rate)]. Allocates nothing. */
void dsp_vocoder_stretch (DspVocoder *self, const float *samples,
    size_t n_samples, double rate, float *out);

/* semitones: up (or down), within an octave either way. out:
 * [n_samples]; may be samples. False and DSP_ERROR_MEMORY. */
bool dsp_vocoder_shift_pitch (DspVocoder *self, const float *samples,
    size_t n_samples, double semitones, float *out, GError **error);
