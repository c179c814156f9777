/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/timeline.h"

void
gst_emotion_timeline_set_rates (
    GstEmotionTimeline *self, guint64 rate_in, guint64 rate)
{
  gst_emotion_timeline_break (self);
  self->rate_in = rate_in;
  self->rate = rate;
}

void
gst_emotion_timeline_set_segment (
    GstEmotionTimeline *self, const GstSegment *segment)
{
  if (segment->format == GST_FORMAT_TIME)
    self->segment = *segment;
  else
    gst_segment_init (&self->segment, GST_FORMAT_TIME);
  gst_emotion_timeline_break (self);
  self->time = self->segment.start;
}

void
gst_emotion_timeline_break (GstEmotionTimeline *self)
{
  /* Without time stamps the count goes on. */
  self->time = gst_emotion_timeline_next (self);
  self->n_in = 0;
  self->skew = 0;
  self->is_anchored = FALSE;
}

GstClockTime
gst_emotion_timeline_next (const GstEmotionTimeline *self)
{
  if (self->rate_in == 0)
    return self->time;
  return self->time
      + gst_util_uint64_scale (self->n_in, GST_SECOND, self->rate_in);
}

gboolean
gst_emotion_timeline_continues (
    const GstEmotionTimeline *self, GstClockTime pts)
{
  if (!self->is_anchored || !GST_CLOCK_TIME_IS_VALID (pts))
    return TRUE;

  const GstClockTimeDiff skew =
      GST_CLOCK_DIFF (gst_emotion_timeline_next (self), pts);

  return ABS (skew - self->skew) <= (GstClockTimeDiff) GST_EMOTION_JUMP;
}

static void
anchor (GstEmotionTimeline *self, GstClockTime time, guint64 position)
{
  self->time = time;
  self->position = position;
  self->n_in = 0;
  self->skew = 0;
  self->is_anchored = TRUE;
}

void
gst_emotion_timeline_advance (
    GstEmotionTimeline *self, GstClockTime pts, guint64 n, guint64 position)
{
  if (!self->is_anchored)
    anchor (self, GST_CLOCK_TIME_IS_VALID (pts) ? pts : self->time, position);
  else if (GST_CLOCK_TIME_IS_VALID (pts)) {
    self->skew = GST_CLOCK_DIFF (gst_emotion_timeline_next (self), pts);
    if (ABS (self->skew) > (GstClockTimeDiff) GST_EMOTION_DRIFT)
      anchor (self, pts,
          self->position
              + gst_util_uint64_scale (self->n_in, self->rate, self->rate_in));
  }
  self->n_in += n;
}

/* The time of a position; those before the anchor count backwards. */
static GstClockTime
time_of (const GstEmotionTimeline *self, guint64 position)
{
  if (position >= self->position)
    return self->time
        + gst_util_uint64_scale (
            position - self->position, GST_SECOND, self->rate);

  const GstClockTime before =
      gst_util_uint64_scale (self->position - position, GST_SECOND, self->rate);

  return self->time - MIN (self->time, before);
}

void
gst_emotion_timeline_stamp (const GstEmotionTimeline *self, guint64 position,
    guint64 len, GstEmotionWindow *window)
{
  const GstClockTime time = time_of (self, position);

  window->timestamp = time;
  window->duration = gst_util_uint64_scale (len, GST_SECOND, self->rate);
  window->stream_time =
      gst_segment_to_stream_time (&self->segment, GST_FORMAT_TIME, time);
  window->running_time =
      gst_segment_to_running_time (&self->segment, GST_FORMAT_TIME, time);
}
