/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data augmentation: small changes that leave the meaning of a sound. In place
 * unless said otherwise, on samples [n] in -1..1; random numbers come from the
 * caller's GRand, so a seed determines the result. (Stretch and pitch are in
 * dsp/vocoder.h.) Stateless. */
#pragma once

#include <glib.h>
#include <stddef.h>

/* Shifts the sound by that many samples, later if positive; samples shifted out
 * at one end come in at the other (numpy.roll). */
void dsp_roll (float *samples, size_t n, ptrdiff_t shift);

/* Multiplies by 10^(gain_db / 20). Nothing is clipped. */
void dsp_gain (float *samples, size_t n, double gain_db);

/* Adds white Gaussian noise of standard deviation sigma. */
void dsp_add_noise (float *samples, size_t n, double sigma, GRand *rand);

/* Adds white Gaussian noise snr_db below the mean power of the samples. Silence
 * stays silence. */
void dsp_add_noise_at_snr (
    float *samples, size_t n, double snr_db, GRand *rand);

/* The same with a recording [n_noise], read in a loop from a random place. A
 * silent one adds nothing. */
void dsp_mix_at_snr (float *samples, size_t n, const float *noise,
    size_t n_noise, double snr_db, GRand *rand);

/* Plays factor times as fast, pitch included: a resampling. Returns the new
 * samples, ceil (n / factor) of them (*n_out), to be freed with g_free. NULL
 * and DSP_ERROR_CONFIG if factor is not within 0.1..10, or DSP_ERROR_MEMORY.
 */
float *dsp_change_speed (const float *samples, size_t n, double factor,
    size_t *n_out, GError **error);
