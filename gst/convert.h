/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Raw audio of any format in, mono float at one rate out: the mean of the
 * channels (as librosa.to_mono), then libsoxr. Where a buffer ends never
 * changes a bit of the output. One stream, one thread at a time. */
#pragma once

#include <gst/audio/audio.h>

typedef struct _GstEmotionConvert GstEmotionConvert;

/* Gets every block of n samples in order; n > 0. */
typedef void (*GstEmotionSamplesFunc) (
    const float *samples, gsize n, gpointer user_data);

/* Free with gst_emotion_convert_free. NULL and an error if the rate is past
 * what the resampler takes, or there are too many channels (65536; 128 planes).
 */
GstEmotionConvert *gst_emotion_convert_new (const GstAudioInfo *info,
    double rate_out, GstEmotionSamplesFunc func, gpointer user_data,
    GError **error);
void gst_emotion_convert_free (GstEmotionConvert *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEmotionConvert, gst_emotion_convert_free)

/* n frames of audio, from frame number `first` on. */
void gst_emotion_convert_push (
    GstEmotionConvert *self, const GstAudioBuffer *audio, gsize first, gsize n);
/* The frames of buffer; FALSE if it is not what info says: mapping such a
 * one would be our fault. */
gboolean gst_emotion_convert_count (
    const GstAudioInfo *info, GstBuffer *buffer, gsize *n);
/* The same as push, of a buffer, which never changes. FALSE if it cannot be
 * mapped. */
gboolean gst_emotion_convert_push_buffer (
    GstEmotionConvert *self, GstBuffer *buffer, gsize first, gsize n);
/* n frames of digital silence. */
void gst_emotion_convert_push_silence (GstEmotionConvert *self, gsize n);
/* The end of a piece: what the resampler holds back comes out, and the next
 * push starts anew. n frames in give ceil (n * rate_out / rate) out. */
void gst_emotion_convert_drain (GstEmotionConvert *self);
/* Forgets what the resampler holds back. */
void gst_emotion_convert_reset (GstEmotionConvert *self);
