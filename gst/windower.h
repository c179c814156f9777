/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stretch of samples in, windows of window_len out, one every `interval`:
 *
 *   interval <  window_len   windows overlap
 *   interval == window_len   they touch
 *   interval >  window_len   what lies between them is skipped
 *
 * Positions count samples since the windower was made. Window k of a stretch
 * starts at floor (k * interval * rate) after the stretch, however long it
 * gets: nothing adds up. Once made it cannot fail, and allocates only to
 * remember what was filled. */
#pragma once

#include <gst/gst.h>

typedef struct _GstEmotionWindower GstEmotionWindower;

/* rate in Hz. Free with gst_emotion_windower_free. */
GstEmotionWindower *gst_emotion_windower_new (
    gsize window_len, guint64 rate, GstClockTime interval);
void gst_emotion_windower_free (GstEmotionWindower *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEmotionWindower, gst_emotion_windower_free)

/* Counts from the start of the window in progress; where that has not begun,
 * from the one before, but it begins no earlier than now. An hour at most; less
 * than one sample counts as one. */
void gst_emotion_windower_set_interval (
    GstEmotionWindower *self, GstClockTime interval);

/* Takes samples up to the end of the window in progress; returns how many of n
 * were taken. Takes none while the window is full. */
gsize gst_emotion_windower_push (
    GstEmotionWindower *self, const float *samples, gsize n);

/* The window in progress: its samples [returned value], and the position of
 * the first of them. Valid until the next call that is not const. */
gsize gst_emotion_windower_peek (
    const GstEmotionWindower *self, const float **samples, guint64 *position);
gboolean gst_emotion_windower_is_full (const GstEmotionWindower *self);
/* The position behind its last sample. */
guint64 gst_emotion_windower_due (const GstEmotionWindower *self);

/* Samples of the window in progress that no window before it had. */
gsize gst_emotion_windower_rest (const GstEmotionWindower *self);
/* The position of the first of them. */
guint64 gst_emotion_windower_rest_start (const GstEmotionWindower *self);

/* Makes room for n samples before those from position on, as far as the window
 * in progress has these: they go to `samples` (room for window_len), and their
 * number is returned. The caller pushes the n, and then them. */
gsize gst_emotion_windower_open (
    GstEmotionWindower *self, guint64 position, gsize n, float *samples);

/* Removes n samples from position on, as far as the window in progress has
 * them; returns how many. Those behind them close up. */
gsize gst_emotion_windower_cut (
    GstEmotionWindower *self, guint64 position, gsize n);

/* Positions from..to, or what will be there, hold silence that fills a gap. */
void gst_emotion_windower_mark_filled (
    GstEmotionWindower *self, guint64 from, guint64 to);

/* How many of the positions from..to, none of them before the window in
 * progress, were marked. */
gsize gst_emotion_windower_filled (
    const GstEmotionWindower *self, guint64 from, guint64 to);

/* Leaves the window in progress behind and goes to the next. */
void gst_emotion_windower_next (GstEmotionWindower *self);

/* The window in progress ends at position, as a short one; position is in it.
 * gst_emotion_windower_begin_at has to follow. */
void gst_emotion_windower_end_at (GstEmotionWindower *self, guint64 position);

/* In place of the window in progress one begins at position, no later than now,
 * and windows are counted from there. samples: those from there on, at most
 * window_len. */
void gst_emotion_windower_begin_at (
    GstEmotionWindower *self, guint64 position, const float *samples);

/* A new stretch begins with the next sample; what was collected is forgotten.
 */
void gst_emotion_windower_restart (GstEmotionWindower *self);

/* A new stretch has begun at position, or with the window in progress where
 * that is later; what was collected before is forgotten. */
void gst_emotion_windower_restart_at (
    GstEmotionWindower *self, guint64 position);

/* The position of the next sample. */
guint64 gst_emotion_windower_position (const GstEmotionWindower *self);
