/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The times of the samples of a stream, by its buffers' time stamps.
 *
 * A stretch of samples without a break has one anchor: the position and the
 * time of its first sample. Times are counted from there in samples, so that
 * neither jitter in time stamps nor rounding adds up. What time stamps mean is
 * judged by gst/continuity.h. */
#pragma once

#include <gst/gst.h>
#include "gst/result.h"

typedef struct {
  GstSegment segment; /* in TIME */
  guint64 rate_in;    /* Hz, of the stream */
  guint64 rate;       /* Hz, of positions */
  gboolean is_anchored;
  GstClockTime time;      /* of the anchor */
  GstClockTimeDiff moved; /* since then: added to all times */
  guint64 position;       /* of the anchor */
  guint64 n_in;           /* frames of the stream since the anchor */
} GstEmotionTimeline;

/* A new stretch with other rates; time continues. */
void gst_emotion_timeline_set_rates (
    GstEmotionTimeline *self, guint64 rate_in, guint64 rate);

/* A new stretch; without time stamps it begins where the segment does. A
 * segment that is not in TIME counts as one that starts at 0. */
void gst_emotion_timeline_set_segment (
    GstEmotionTimeline *self, const GstSegment *segment);

/* A new stretch begins, whose first frame has no time yet. */
void gst_emotion_timeline_break (GstEmotionTimeline *self);

/* The time that the next frame would have without a time stamp. */
GstClockTime gst_emotion_timeline_next (const GstEmotionTimeline *self);

/* A stretch begins: its first frame has that time and is at position. */
void gst_emotion_timeline_start (
    GstEmotionTimeline *self, GstClockTime time, guint64 position);

/* The times of all positions of the stretch move. */
void gst_emotion_timeline_move (
    GstEmotionTimeline *self, GstClockTimeDiff offset);

/* The position of a frame of the stretch, 0 being its first. */
guint64 gst_emotion_timeline_position (
    const GstEmotionTimeline *self, guint64 frame);

/* Fills the times of the window of len samples at position. */
void gst_emotion_timeline_stamp (const GstEmotionTimeline *self,
    guint64 position, guint64 len, GstEmotionWindow *window);

/* n frames of the stream, as time. */
GstClockTime gst_emotion_timeline_duration (
    const GstEmotionTimeline *self, guint64 n);

/* Frames from the end of the stretch so far to the time `end`, or 0. */
guint64 gst_emotion_timeline_until (
    const GstEmotionTimeline *self, GstClockTime end);

/* Clips n frames at *pts (or GST_CLOCK_TIME_NONE) to the segment: returns the
 * number, from *first on, and their *pts. */
gsize gst_emotion_timeline_clip (
    const GstEmotionTimeline *self, GstClockTime *pts, gsize n, gsize *first);

/* Whether both give all samples the same times. */
gboolean gst_emotion_same_times (const GstSegment *a, const GstSegment *b);
