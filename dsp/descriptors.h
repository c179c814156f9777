/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Features of one value per frame: loudness, noisiness and the shape of the
 * spectrum. Same numbers as the functions of librosa.feature named beside each.
 * They never fail, and their results are finite. Stateless. */
#pragma once

#include <stddef.h>

/* Of n samples: their root mean square over len >= n, the length of the frame
 * (the rest is zero); feature.rms. */
float dsp_rms (const float *samples, size_t n, size_t len);

/* Changes of sign from one sample to the next, as a fraction of len; within
 * 1e-10 of zero counts as positive; feature.zero_crossing_rate. The n samples
 * are followed by n_silent zeros. */
float dsp_zero_crossing_rate (
    const float *samples, size_t n, size_t n_silent, size_t len);

/* Of the magnitudes [n_bins] of a spectrum, in bins (times rate / n_fft: in
 * Hz). Of zeros: all 0. */

/* Mean frequency; feature.spectral_centroid. */
double dsp_centroid (const float *magnitude, size_t n_bins);
/* Standard deviation from it; feature.spectral_bandwidth (p=2). */
double dsp_bandwidth (const float *magnitude, size_t n_bins);
/* The first bin with fraction (0..1) of the sum at or below it;
 * feature.spectral_rolloff (roll_percent=fraction). */
size_t dsp_rolloff (const float *magnitude, size_t n_bins, double fraction);

/* Of the power [n_bins] of a spectrum, which it overwrites: the geometric over
 * the arithmetic mean, 0..1, with bins below amin counted as amin; of zeros: 1;
 * feature.spectral_flatness. */
float dsp_flatness (float *power, size_t n_bins, float amin);
