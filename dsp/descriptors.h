/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One number for one frame: loudness, noisiness and where the spectrum lies.
 * Same numbers as the functions of librosa.feature named beside each. They
 * never fail, and nothing but finite numbers comes out. Stateless.
 */
#pragma once

#include <stddef.h>

/* Of n samples: their root mean square over len >= n, the length of the frame
 * (the rest is zero); feature.rms. */
float dsp_rms (const float *samples, size_t n, size_t len);

/* Changes of sign from one sample to the next, as a part of len; within 1e-10
 * of zero counts as positive; feature.zero_crossing_rate. n_silent samples of
 * zero follow the n samples. */
float dsp_zero_crossing_rate (
    const float *samples, size_t n, size_t n_silent, size_t len);

/* Of a power spectrum [n_bins] whose bin k is at k * hz_per_bin Hz. A spectrum
 * of zeros has centroid, bandwidth and roll-off 0, flatness 1. */

/* Mean frequency, weighted by magnitude, Hz; feature.spectral_centroid. */
float dsp_centroid (const float *power, size_t n_bins, double hz_per_bin);
/* Standard deviation from it, Hz; feature.spectral_bandwidth (p=2). */
float dsp_bandwidth (const float *power, size_t n_bins, double hz_per_bin);
/* The frequency with part (0..1) of the magnitude at or below it, Hz;
 * feature.spectral_rolloff (roll_percent=part). */
float dsp_rolloff (
    const float *power, size_t n_bins, double hz_per_bin, double part);
/* Geometric over arithmetic mean of the power, no bin below amin, 0..1;
 * feature.spectral_flatness. */
float dsp_flatness (const float *power, size_t n_bins, double amin);
