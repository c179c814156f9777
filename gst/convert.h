/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Raw audio of any format in, mono float at one rate out: the mean of the
 * channels (as librosa.to_mono), then libsoxr. The output does not depend, bit
 * for bit, on buffer boundaries. One stream, one thread at a time. */
#pragma once

#include <gst/audio/audio.h>

typedef struct _GstEmotionConvert GstEmotionConvert;

/* Called with each block of n > 0 samples, in order. */
typedef void (*GstEmotionSamplesFunc) (
    const float *samples, gsize n, gpointer user_data);

/* Free with gst_emotion_convert_free. NULL and an error if the rate is beyond
 * the limits of the resampler, or there are too many channels (65536; 128
 * planes). */
GstEmotionConvert *gst_emotion_convert_new (const GstAudioInfo *info,
    double rate_out, GstEmotionSamplesFunc func, gpointer user_data,
    GError **error);
void gst_emotion_convert_free (GstEmotionConvert *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEmotionConvert, gst_emotion_convert_free)

/* Whether frames may wait until gst_emotion_convert_catch_up is called
 * (default: no): up to 8192 of them, where the resampler prefers long pushes.
 * The filters of libsoxr belong to each stream (60 kB); with hundreds of
 * streams they come from memory each time, so that 20 ms at a time cost twice
 * as much as 170 ms. */
void gst_emotion_convert_set_waits (GstEmotionConvert *self, gboolean waits);
/* Converts the frames that wait. */
void gst_emotion_convert_catch_up (GstEmotionConvert *self);

/* n frames of audio, from frame number `first` on. */
void gst_emotion_convert_push (
    GstEmotionConvert *self, const GstAudioBuffer *audio, gsize first, gsize n);
/* The number of frames of buffer; FALSE if it does not match info: mapping it
 * would then be a programming error. */
gboolean gst_emotion_convert_count (
    const GstAudioInfo *info, GstBuffer *buffer, gsize *n);
/* The same as push, for a buffer, which is not changed. FALSE if it cannot be
 * mapped. */
gboolean gst_emotion_convert_push_buffer (
    GstEmotionConvert *self, GstBuffer *buffer, gsize first, gsize n);
/* n frames of digital silence. */
void gst_emotion_convert_push_silence (GstEmotionConvert *self, gsize n);
/* Drains the resampler at the end of a stretch; the next push starts anew. n
 * frames in give ceil (n * rate_out / rate) out. */
void gst_emotion_convert_drain (GstEmotionConvert *self);
/* Drops the frames that wait and the samples delayed in the resampler. */
void gst_emotion_convert_reset (GstEmotionConvert *self);
