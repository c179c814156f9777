/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Synthetic rooms: the direct sound and a tail of Gaussian noise that decays
 * exponentially (Polack's model of late reverberation, 1988).
 *   h[0] = 1,  h[t] = g normal () 10^(-3 t / (rt60 rate))
 * g: so that the tail has drr_db less energy than the direct sound.
 */
#pragma once

#include <glib.h>
#include <stddef.h>

/* Scratch memory of one thread. */
typedef struct _DspRoom DspRoom;

/* For sounds of up to n_max samples, rate in Hz; a tail is cut off after
 * rt60_max s. Free with dsp_room_free. NULL and DSP_ERROR_CONFIG or _MEMORY. */
DspRoom *dsp_room_new (
    size_t n_max, double rate, double rt60_max, GError **error);
void dsp_room_free (DspRoom *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DspRoom, dsp_room_free)

/* In place on samples [n <= n_max]; the tail beyond them is cut off. rt60:
 * seconds in which the tail falls by 60 dB, 0 < rt60 <= rt60_max. The mean
 * power stays the same. */
void dsp_room_reverberate (DspRoom *self, float *samples, size_t n, double rt60,
    double drr_db, GRand *rand);
