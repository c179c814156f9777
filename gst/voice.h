/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Voice activity detection: Silero VAD v6 (nn/models/voice.md), chunk by chunk
 * of 32 ms. Samples in, the amount of speech out.
 *
 *   mono -> 16 kHz -> chunks of 512 behind the 64 samples before them, mirrored
 *     by 64 at the end -> |STFT| (n_fft 256, hop 128, periodic Hann, left-
 *     aligned: 4 frames of 129 bins) -> network, whose LSTM goes on from chunk
 *     to chunk -> the probability of speech
 *
 * The result does not depend, bit for bit, on the boundaries of pushes. The
 * network is loaded once and shared; each GstEmotionVoice has its own state, 8
 * kB, or 28 if it is given little at a time, and belongs to one thread at a
 * time. */
#pragma once

#include <gst/gst.h>

#define GST_EMOTION_VOICE_RATE 16000 /* Hz */
#define GST_EMOTION_VOICE_CHUNK 512  /* samples of that rate */
/* A chunk is speech from this probability on. */
#define GST_EMOTION_VOICE_THRESHOLD 0.5f

typedef struct _GstEmotionVoice GstEmotionVoice;

/* For samples at rate (Hz), counted from position on, and for questions about
 * the last window_len of them. Free with gst_emotion_voice_free. NULL and
 * DSP_ERROR if the rate is past what can be resampled, or NN_ERROR. */
GstEmotionVoice *gst_emotion_voice_new (
    gdouble rate, guint64 position, gsize window_len, GError **error);
void gst_emotion_voice_free (GstEmotionVoice *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEmotionVoice, gst_emotion_voice_free)

/* The network's weights, 1 MB, come from memory once for all chunks that run
 * through it together: of a push of 12 chunks or more up to 36, read where they
 * lie. Smaller pushes gather 12, or those that there are when they are asked
 * for, but with at_once each chunk runs as soon as it is whole, which finds
 * beginnings of speech soonest (tests/bench/bench-voice has what each takes).
 */
void gst_emotion_voice_push (
    GstEmotionVoice *self, const float *samples, gsize n, gboolean at_once);

/* A break: the sample that comes next is at position, and has nothing to do
 * with those that came. */
void gst_emotion_voice_reset (GstEmotionVoice *self, guint64 position);

/* n samples that were not pushed are now before the one at position, which is
 * n positions later (n < 0: as many are gone from there on). What was heard
 * stays as it was. */
void gst_emotion_voice_move (GstEmotionVoice *self, guint64 position, gint64 n);

/* How much of the len samples from position on, none of them before the last
 * break, is in chunks of speech; ns. The last chunk counts once it is whole. */
GstClockTime gst_emotion_voice_measure (
    GstEmotionVoice *self, guint64 position, gsize len);

/* Whether speech has begun after a pause, since the last call and the last
 * break: *position is that of its first chunk. True at most once for each
 * beginning, about 100 ms after it. */
gboolean gst_emotion_voice_take_onset (
    GstEmotionVoice *self, guint64 *position);

/* The speech in each window of a sound at rate (Hz), s: voice [n_windows],
 * window w begins at sample w * window_len. FALSE as gst_emotion_voice_new. */
gboolean gst_emotion_voice_of_windows (const float *samples, gsize n,
    gdouble rate, gsize window_len, float *voice, gsize n_windows,
    GError **error);

/* Samples, at the rate of the chunks, behind the last whole one. */
gsize gst_emotion_voice_rest (const GstEmotionVoice *self);

/* The probabilities of all chunks since the last break, as far as window_len
 * reaches; valid until the next call. */
const float *gst_emotion_voice_probabilities (GstEmotionVoice *self, gsize *n);
