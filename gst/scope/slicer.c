/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/scope/slicer.h"

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
  gst_segment_init (&self->timeline.segment, GST_FORMAT_TIME);
}

void
gst_emotion_slicer_clear (GstEmotionSlicer *self)
{
  g_clear_object (&self->adapter);
}

void
gst_emotion_slicer_set_sound (GstEmotionSlicer *self, const GstAudioInfo *info)
{
  gst_adapter_clear (self->adapter);
  self->bpf = GST_AUDIO_INFO_BPF (info);
  self->rate = GST_AUDIO_INFO_RATE (info);
  gst_emotion_timeline_set_rates (&self->timeline, self->rate, self->rate);
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
  count_from (self, self->position);
}

void
gst_emotion_slicer_set_segment (
    GstEmotionSlicer *self, const GstSegment *segment)
{
  gst_emotion_slicer_restart (self);
  gst_emotion_timeline_set_segment (&self->timeline, segment);
}

gboolean
gst_emotion_slicer_continues (const GstEmotionSlicer *self, GstClockTime pts)
{
  return gst_emotion_timeline_continues (&self->timeline, pts);
}

static gboolean
drop_meta (GstBuffer *buffer, GstMeta **meta, gpointer user_data)
{
  *meta = NULL;
  return TRUE;
}

void
gst_emotion_slicer_add (
    GstEmotionSlicer *self, GstClockTime pts, GstBuffer *buffer)
{
  const gsize n = gst_buffer_get_size (buffer) / self->bpf;

  if (n == 0) {
    gst_buffer_unref (buffer);
    return;
  }
  buffer = gst_buffer_make_writable (buffer);
  gst_buffer_resize (buffer, 0, n * self->bpf);
  /* The base class would keep the metas of all buffers so far. */
  gst_buffer_foreach_meta (buffer, drop_meta, NULL);
  gst_emotion_timeline_advance (&self->timeline, pts, n, self->position);
  self->position += n;
  gst_adapter_push (self->adapter, buffer);
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
