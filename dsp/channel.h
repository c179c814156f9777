/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What microphones, telephones and sound cards do to a voice, for training and
 * for tests of robustness. In place, on samples [n] in -1..1 at rate Hz.
 * Stateless: a filter begins in silence. None of them fails.
 */
#pragma once

#include <glib.h>
#include <stddef.h>

/* A band of low..high Hz: Butterworth high and low pass of order 4 (24 dB per
 * octave, -3 dB at both). low 0, or high rate / 2 and above: that side is open.
 * 300..3400: the telephone band. */
void dsp_band_limit (
    float *samples, size_t n, double rate, double low, double high);

/* A peak of gain_db at centre Hz (peaking filter of R. Bristow-Johnson's
 * cookbook); q: centre / bandwidth, > 0. */
void dsp_equalize (float *samples, size_t n, double rate, double centre,
    double gain_db, double q);

/* G.711's mu-law: 8 bits for each sample, encoded and decoded. Samples beyond
 * -1..1 are clipped. */
void dsp_mu_law (float *samples, size_t n);

/* Clips to +-level. */
void dsp_clip (float *samples, size_t n, double level);
