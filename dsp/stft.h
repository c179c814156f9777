/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Short-time Fourier transform, one frame at a time.
 *   samples [n_samples] -> frames [1 + n_samples / hop_length][n_fft / 2 + 1]
 * By default, frame f is centred on sample f * hop_length, under a periodic
 * Hann window of n_fft samples; samples outside are zero. Same numbers as
 * librosa.stft on samples in float64. Samples are cleaned (dsp/sample.h). One
 * thread at a time. */
#pragma once

#include <complex.h>
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct {
  size_t n_fft;      /* samples, even */
  size_t hop_length; /* samples, > 0 */
  size_t win_length; /* samples in the middle under the window; 0: n_fft */
  bool is_hamming;   /* and no Hann window */
  bool is_left;      /* frames begin at f * hop_length (center=False) */
  /* Samples that are mirrored at both ends (pad_mode="reflect"), more than
   * n_fft / 2; 0: zeros there. */
  size_t mirror_len;
} DspStftConfig;

typedef struct _DspStft DspStft;

/* Free with dsp_stft_free. NULL and DSP_ERROR_CONFIG or _MEMORY. Takes the FFTW
 * planner's lock. */
DspStft *dsp_stft_new (const DspStftConfig *config, GError **error);
void dsp_stft_free (DspStft *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DspStft, dsp_stft_free)

size_t dsp_stft_n_bins (const DspStft *self);
size_t dsp_stft_n_frames (const DspStft *self, size_t n_samples);

/* The window, [n_fft]; lives as long as self. */
const double *dsp_stft_window (const DspStft *self);

/* Never fail, never allocate. spectrum, power: [n_bins] of the one frame; power
 * is |spectrum|^2. Frames past the end are 0. */
void dsp_stft_spectrum (DspStft *self, const float *samples, size_t n_samples,
    size_t frame, double complex *spectrum);
void dsp_stft_power (DspStft *self, const float *samples, size_t n_samples,
    size_t frame, float *power);
