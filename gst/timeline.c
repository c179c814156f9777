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
  self->moved = 0;
  self->n_in = 0;
  self->is_anchored = FALSE;
}

/* No time is before 0. */
static GstClockTime
move (const GstEmotionTimeline *self, GstClockTime time)
{
  const guint64 back = -(guint64) self->moved;

  return self->moved < 0 ? time - MIN (time, back) : time + self->moved;
}

GstClockTime
gst_emotion_timeline_next (const GstEmotionTimeline *self)
{
  if (self->rate_in == 0)
    return self->time;
  return move (self,
      self->time
          + gst_util_uint64_scale (self->n_in, GST_SECOND, self->rate_in));
}

void
gst_emotion_timeline_start (
    GstEmotionTimeline *self, GstClockTime time, guint64 position)
{
  self->time = time;
  self->moved = 0;
  self->position = position;
  self->n_in = 0;
  self->is_anchored = TRUE;
}

void
gst_emotion_timeline_move (GstEmotionTimeline *self, GstClockTimeDiff offset)
{
  /* Wraps where time stamps are hostile. */
  self->moved = (GstClockTimeDiff) ((guint64) self->moved + (guint64) offset);
}

guint64
gst_emotion_timeline_position (const GstEmotionTimeline *self, guint64 frame)
{
  return self->position
      + gst_util_uint64_scale (frame, self->rate, self->rate_in);
}

/* The time of a position; those before the anchor count backwards. */
static GstClockTime
time_of (const GstEmotionTimeline *self, guint64 position)
{
  if (position >= self->position)
    return move (self,
        self->time
            + gst_util_uint64_scale (
                position - self->position, GST_SECOND, self->rate));

  const GstClockTime before =
      gst_util_uint64_scale (self->position - position, GST_SECOND, self->rate);

  return move (self, self->time - MIN (self->time, before));
}

void
gst_emotion_timeline_stamp (const GstEmotionTimeline *self, guint64 position,
    guint64 len, GstEmotionWindow *window)
{
  GstClockTime time = time_of (self, position);

  /* Counted backwards from time stamps that shake it may be before all. */
  if (self->time >= self->segment.start)
    time = MAX (time, self->segment.start);
  window->timestamp = time;
  window->duration = gst_util_uint64_scale (len, GST_SECOND, self->rate);
  window->stream_time =
      gst_segment_to_stream_time (&self->segment, GST_FORMAT_TIME, time);
  window->running_time =
      gst_segment_to_running_time (&self->segment, GST_FORMAT_TIME, time);
}

gboolean
gst_emotion_same_times (const GstSegment *a, const GstSegment *b)
{
  const guint64 t = b->start;
  guint64 a_time, b_time;

  return a->format == b->format && a->rate == b->rate
      && a->applied_rate == b->applied_rate
      && gst_segment_to_running_time_full (a, a->format, t, &a_time)
      == gst_segment_to_running_time_full (b, b->format, t, &b_time)
      && a_time == b_time
      && gst_segment_to_stream_time_full (a, a->format, t, &a_time)
      == gst_segment_to_stream_time_full (b, b->format, t, &b_time)
      && a_time == b_time;
}

GstClockTime
gst_emotion_timeline_duration (const GstEmotionTimeline *self, guint64 n)
{
  return gst_util_uint64_scale (n, GST_SECOND, self->rate_in);
}

guint64
gst_emotion_timeline_until (const GstEmotionTimeline *self, GstClockTime end)
{
  const GstClockTime next = gst_emotion_timeline_next (self);

  return gst_util_uint64_scale_round (
      end - MIN (end, next), self->rate_in, GST_SECOND);
}

gsize
gst_emotion_timeline_clip (
    const GstEmotionTimeline *self, GstClockTime *pts, gsize n, gsize *first)
{
  const guint64 rate = self->rate_in;
  guint64 start, stop;

  *first = 0;
  if (!GST_CLOCK_TIME_IS_VALID (*pts))
    return n;
  stop = *pts + gst_util_uint64_scale (n, GST_SECOND, rate);
  if (!gst_segment_clip (
          &self->segment, GST_FORMAT_TIME, *pts, stop, &start, &stop))
    return 0;
  *first =
      MIN (n, gst_util_uint64_scale_round (start - *pts, rate, GST_SECOND));
  n = MIN (n, gst_util_uint64_scale_round (stop - *pts, rate, GST_SECOND));
  *pts = start;
  return n - MIN (*first, n);
}
