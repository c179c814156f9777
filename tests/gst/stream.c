/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gst/stream.h"

void
stream_init (Fixture *f)
{
  fixture_init (f, MODEL_M3, STREAM_CAPS);
}

void
stream_push (Fixture *f, guint64 from_ms, guint64 to_ms)
{
  fixture_push (f, STREAM_RATE, STREAM_MS (from_ms),
      STREAM_MS (to_ms - from_ms), STREAM_MS (20));
}

void
stream_push_flagged (
    Fixture *f, guint64 at_ms, guint64 ms, GstBufferFlags flags)
{
  GstAudioInfo info;
  GstBuffer *buffer;

  gst_audio_info_set_format (&info, GST_AUDIO_FORMAT_S16, STREAM_RATE, 1, NULL);
  buffer = fixture_sound (&info, STREAM_MS (at_ms), STREAM_MS (ms));
  GST_BUFFER_FLAG_SET (buffer, flags);
  g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
  gst_buffer_unref (gst_harness_pull (f->harness));
}

void
stream_event (Fixture *f, GstEvent *event)
{
  g_assert_true (gst_harness_push_event (f->harness, event));
}

void
stream_flush (Fixture *f)
{
  stream_event (f, gst_event_new_flush_start ());
  stream_event (f, gst_event_new_flush_stop (TRUE));
}

void
stream_segment (Fixture *f, gdouble rate, guint64 start_ms, guint64 stop_ms,
    guint64 time_ms, guint64 base_ms)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.rate = rate;
  segment.start = segment.position = start_ms * GST_MSECOND;
  if (stop_ms)
    segment.stop = stop_ms * GST_MSECOND;
  segment.time = time_ms * GST_MSECOND;
  segment.base = base_ms * GST_MSECOND;
  stream_event (f, gst_event_new_segment (&segment));
}

void
stream_expect (Fixture *f, guint64 at_ms, guint64 ms, guint64 id)
{
  fixture_expect (f,
      &(Expected){ .timestamp_ms = at_ms,
          .stream_ms = at_ms,
          .running_ms = at_ms,
          .duration_ms = ms,
          .id = id,
          .partial = ms < 3000 });
}

void
stream_expect_silence (Fixture *f, guint64 at_ms, guint64 ms, guint64 id)
{
  fixture_expect (f,
      &(Expected){ .timestamp_ms = at_ms,
          .stream_ms = at_ms,
          .running_ms = at_ms,
          .duration_ms = ms,
          .id = id,
          .partial = ms < 3000,
          .silence = TRUE });
}
