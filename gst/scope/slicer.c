/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/scope/slicer.h"

/* What was learnt of the time stamps is of no use any more. */
static void
forget_times (GstEmotionSlicer *self)
{
  gst_emotion_continuity_restart (&self->continuity);
  self->has_time = FALSE;
  self->skip = 0;
}

static void
count_from (GstEmotionSlicer *self, guint64 position)
{
  self->start = position;
  self->n_pictures = 0;
}

void
gst_emotion_slicer_reset (GstEmotionSlicer *self)
{
  gst_emotion_slicer_clear (self);
  *self = (GstEmotionSlicer){ .adapter = gst_adapter_new (), .bpf = 1 };
  gst_emotion_continuity_init (&self->continuity);
  gst_segment_init (&self->timeline.segment, GST_FORMAT_TIME);
}

void
gst_emotion_slicer_clear (GstEmotionSlicer *self)
{
  g_clear_object (&self->adapter);
  gst_emotion_continuity_clear (&self->continuity);
}

void
gst_emotion_slicer_set_sound (GstEmotionSlicer *self, const GstAudioInfo *info)
{
  gst_adapter_clear (self->adapter);
  self->bpf = GST_AUDIO_INFO_BPF (info);
  self->rate = GST_AUDIO_INFO_RATE (info);
  gst_emotion_timeline_set_rates (&self->timeline, self->rate, self->rate);
  forget_times (self);
  count_from (self, self->position);
}

/* Frames that wait for their picture. */
static gsize
available (const GstEmotionSlicer *self)
{
  return gst_adapter_available (self->adapter) / self->bpf;
}

void
gst_emotion_slicer_set_pictures (GstEmotionSlicer *self, gint fps_n, gint fps_d)
{
  if (self->fps_n == fps_n && self->fps_d == fps_d)
    return;
  self->fps_n = fps_n;
  self->fps_d = fps_d;
  count_from (self, self->position - available (self));
}

void
gst_emotion_slicer_restart (GstEmotionSlicer *self)
{
  gst_adapter_clear (self->adapter);
  gst_emotion_timeline_break (&self->timeline);
  forget_times (self);
  count_from (self, self->position);
}

void
gst_emotion_slicer_set_segment (
    GstEmotionSlicer *self, const GstSegment *segment)
{
  gst_emotion_slicer_restart (self);
  gst_emotion_timeline_set_segment (&self->timeline, segment);
}

/* Of a stretch: the first sound, or the first with a time stamp. */
static void
start (GstEmotionSlicer *self, GstClockTime pts)
{
  GstEmotionTimeline *const timeline = &self->timeline;

  if (!timeline->is_anchored)
    gst_emotion_timeline_start (timeline,
        GST_CLOCK_TIME_IS_VALID (pts) ? pts : timeline->time, self->position);
  else if (GST_CLOCK_TIME_IS_VALID (pts))
    gst_emotion_timeline_move (
        timeline, GST_CLOCK_DIFF (gst_emotion_timeline_next (timeline), pts));
  self->has_time = GST_CLOCK_TIME_IS_VALID (pts);
  if (self->has_time)
    gst_emotion_continuity_start (&self->continuity, pts, timeline->n_in);
}

gboolean
gst_emotion_slicer_meet (GstEmotionSlicer *self, GstClockTime pts,
    gboolean is_discont, guint64 *n_missing)
{
  GstEmotionTimeline *const timeline = &self->timeline;
  GstEmotionJump jump;
  guint64 n, n_skipped;

  *n_missing = 0;
  if (!self->has_time) {
    start (self, pts);
    return TRUE;
  }
  if (!GST_CLOCK_TIME_IS_VALID (pts))
    return TRUE;
  jump = gst_emotion_continuity_judge (&self->continuity, pts,
      GST_CLOCK_DIFF (gst_emotion_timeline_next (timeline), pts)
          + (GstClockTimeDiff) gst_emotion_timeline_duration (
              timeline, self->skip),
      timeline->n_in, is_discont);
  n = gst_util_uint64_scale_round (ABS (jump.skew), self->rate, GST_SECOND);
  switch (jump.kind) {
    case GST_EMOTION_JUMP_NONE:
      return TRUE;
    case GST_EMOTION_JUMP_FOLLOW:
      gst_emotion_timeline_move (timeline, jump.skew);
      gst_emotion_continuity_moved (&self->continuity, &jump, 0);
      return TRUE;
    case GST_EMOTION_JUMP_FILL:
      n_skipped = MIN (n, self->skip);
      self->skip -= n_skipped;
      *n_missing = n - n_skipped;
      break;
    case GST_EMOTION_JUMP_REPEAT:
      self->skip += n;
      break;
    case GST_EMOTION_JUMP_BREAK:
      return FALSE;
  }
  /* What is drawn is drawn: wherever it happened, it is mended here. */
  gst_emotion_continuity_start (
      &self->continuity, pts, timeline->n_in + *n_missing);
  return TRUE;
}

static gboolean
drop_meta (GstBuffer *buffer, GstMeta **meta, gpointer user_data)
{
  *meta = NULL;
  return TRUE;
}

/* n frames of the buffer, from `first` on. Takes buffer. */
static void
add (GstEmotionSlicer *self, GstBuffer *buffer, gsize first, gsize n)
{
  if (n == 0) {
    gst_buffer_unref (buffer);
    return;
  }
  buffer = gst_buffer_make_writable (buffer);
  gst_buffer_resize (buffer, (gssize) (first * self->bpf), n * self->bpf);
  /* The base class would keep the metas of all buffers so far. */
  gst_buffer_foreach_meta (buffer, drop_meta, NULL);
  self->timeline.n_in += n;
  self->position += n;
  gst_adapter_push (self->adapter, buffer);
}

void
gst_emotion_slicer_add (GstEmotionSlicer *self, GstBuffer *buffer)
{
  const gsize n = gst_buffer_get_size (buffer) / self->bpf;
  const gsize n_skipped = MIN (n, self->skip);

  self->skip -= n_skipped;
  add (self, buffer, n_skipped, n - n_skipped);
}

void
gst_emotion_slicer_fill (GstEmotionSlicer *self, GstBuffer *buffer)
{
  add (self, buffer, 0, gst_buffer_get_size (buffer) / self->bpf);
}

/* Up to the end of the picture whose sound begins at position `first`. */
static gsize
frames_of_picture (const GstEmotionSlicer *self, guint64 first, gsize min)
{
  const guint64 end = self->start
      + gst_util_uint64_scale (self->n_pictures + 1,
          (guint64) self->rate * self->fps_d, self->fps_n);

  return MAX (end > first ? end - first : 0, min);
}

GstBuffer *
gst_emotion_slicer_next (GstEmotionSlicer *self, gsize min, GstClockTime *end)
{
  const gsize have = available (self);
  const guint64 first = self->position - have;
  const gsize n = frames_of_picture (self, first, min);
  GstEmotionWindow window = { 0 };
  GstBuffer *buffer;

  if (have < n)
    return NULL;
  buffer = gst_buffer_make_writable (
      gst_adapter_take_buffer (self->adapter, n * self->bpf));
  gst_emotion_timeline_stamp (&self->timeline, first, n, &window);
  GST_BUFFER_PTS (buffer) = window.timestamp;
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION (buffer) = window.duration;
  *end = window.duration
      + (GST_CLOCK_TIME_IS_VALID (window.stream_time) ? window.stream_time
                                                      : window.timestamp);
  self->n_pictures++;
  return buffer;
}

gsize
gst_emotion_slicer_lacks (const GstEmotionSlicer *self, gsize min)
{
  const gsize have = available (self);
  const gsize n = frames_of_picture (self, self->position - have, min);

  return have > 0 && have < n ? n - have : 0;
}
