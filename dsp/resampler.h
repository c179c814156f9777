/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mono sample rate conversion as a stream, by libsoxr's HQ recipe: as
 * librosa.load does (res_type="soxr_hq"), so models trained on its output get
 * the same top bands. A third of the rate, 48 kHz to 16 kHz, is libsoxr's
 * filter without libsoxr (dsp/decimator.h), whose every stream holds filters
 * and buffers of its own (95 kB); what comes out differs by rounding (135 dB
 * below). How the input is cut into pushes never changes a
 * bit of the output. One stream, one thread at a time. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct _DspResampler DspResampler;

/* rate_in, rate_out in Hz, 1..1e6. With equal rates samples are passed through,
 * bit for bit. Free with dsp_resampler_free. NULL and DSP_ERROR_CONFIG or
 * _MEMORY. */
DspResampler *dsp_resampler_new (
    double rate_in, double rate_out, GError **error);
void dsp_resampler_free (DspResampler *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DspResampler, dsp_resampler_free)

/* Takes up to n_in samples of in and writes up to n_out of out. Returns the
 * number written; *n_used is how many were consumed (all unless out became
 * full). The filter delays its output until it has enough input; where out
 * became full it may have more, which the next push gives, also one of no
 * samples. */
size_t dsp_resampler_push (DspResampler *self, const float *in, size_t n_in,
    size_t *n_used, float *out, size_t n_out);

/* The end of the stream: flushes up to n_out delayed samples; call again until
 * it returns 0. In all, a stream of n samples gives ceil (n * rate_out /
 * rate_in). Only dsp_resampler_reset may follow. */
size_t dsp_resampler_drain (DspResampler *self, float *out, size_t n_out);

/* Whether the filters belong to this stream alone: with hundreds of streams
 * they come from memory at each push, so that many samples at once are faster.
 */
bool dsp_resampler_prefers_long_pushes (const DspResampler *self);

/* Back to the state of a new one. */
void dsp_resampler_reset (DspResampler *self);
