/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Segments, seeks and flushes: which times a window has, and which sound is
 * heard. */
#include "tests/gst/leaks.h"
#include "tests/gst/stream.h"

static void
test_flush (void)
{
  Fixture f;

  stream_init (&f);
  stream_push (&f, 0, 5000);
  stream_expect (&f, 0, 3000, 0);
  stream_flush (&f);
  stream_segment (&f, 1, 0, 0, 0, 0);
  stream_push (&f, 10000, 13000);
  stream_expect (&f, 10000, 3000, 0);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* A seek to 10 s, as a demuxer does it: stream time goes there, running time
 * starts at 0. */
static void
test_seek (void)
{
  Fixture f;

  stream_init (&f);
  stream_push (&f, 0, 2000);
  stream_flush (&f);
  stream_segment (&f, 1, 10000, 0, 10000, 0);
  stream_push (&f, 10000, 13000);
  fixture_expect (&f,
      &(Expected){ .timestamp_ms = 10000,
          .stream_ms = 10000,
          .running_ms = 0,
          .duration_ms = 3000 });
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* Without a flush: the window does not reach across, and its times are those of
 * the segment that it came in. */
static void
test_segment (void)
{
  Fixture f;

  stream_init (&f);
  stream_push (&f, 0, 4000);
  stream_segment (&f, 1, 20000, 0, 5000, 4000);
  stream_push (&f, 20000, 23000);
  stream_expect (&f, 0, 3000, 0);
  fixture_expect (&f,
      &(Expected){ .timestamp_ms = 20000,
          .stream_ms = 5000,
          .running_ms = 4000,
          .duration_ms = 3000,
          .id = 1 });
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* A segment that moves no sample in time (a new stop) is no break. */
static void
test_segment_update (void)
{
  Fixture f;

  stream_init (&f);
  stream_push (&f, 0, 2000);
  stream_segment (&f, 1, 0, 60000, 0, 0);
  stream_push (&f, 2000, 3000);
  stream_expect (&f, 0, 3000, 0);
  fixture_expect_none (&f);
  fixture_clear (&f);
}

static void
test_rate (void)
{
  Fixture f;

  stream_init (&f);
  stream_segment (&f, 2, 4000, 0, 4000, 0);
  stream_push (&f, 4000, 10000);
  for (guint i = 0; i < 2; i++)
    fixture_expect (&f,
        &(Expected){ .timestamp_ms = 4000 + i * 3000,
            .stream_ms = 4000 + i * 3000,
            .running_ms = i * 1500,
            .duration_ms = 3000,
            .id = i });
  fixture_expect_none (&f);
  fixture_clear (&f);
}

static void
test_negative_rate (void)
{
  Fixture f;

  stream_init (&f);
  stream_segment (&f, -1, 0, 10000, 0, 0);
  stream_push (&f, 6000, 9000);
  stream_push (&f, 3000, 6000);
  stream_event (&f, gst_event_new_eos ());
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* Sound outside of the segment is not heard. */
static void
test_clip (void)
{
  Fixture f;

  stream_init (&f);
  stream_segment (&f, 1, 1010, 5110, 0, 0);
  stream_push (&f, 0, 6000);
  stream_event (&f, gst_event_new_eos ());
  fixture_expect (&f,
      &(Expected){ .timestamp_ms = 1010, .stream_ms = 0, .duration_ms = 3000 });
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* An offset that the application gives the pad before ours moves the running
 * time: the window does not reach across, and each has the times that were true
 * of it. */
static void
test_pad_offset (void)
{
  Fixture f;

  stream_init (&f);
  stream_push (&f, 0, 4000);
  gst_pad_set_offset (f.harness->srcpad, 500 * GST_MSECOND);
  stream_push (&f, 4000, 7000);
  stream_expect (&f, 0, 3000, 0);
  fixture_expect (&f,
      &(Expected){ .timestamp_ms = 4000,
          .stream_ms = 4000,
          .running_ms = 4500,
          .duration_ms = 3000,
          .id = 1 });
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* The applied rate of a source that plays at double speed by itself: stream
 * time runs at that speed, running time does not. */
static void
test_applied_rate (void)
{
  GstSegment segment;
  Fixture f;

  stream_init (&f);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.applied_rate = 2;
  stream_event (&f, gst_event_new_segment (&segment));
  stream_push (&f, 0, 6000);
  for (guint i = 0; i < 2; i++)
    fixture_expect (&f,
        &(Expected){ .timestamp_ms = i * 3000,
            .stream_ms = i * 6000,
            .running_ms = i * 3000,
            .duration_ms = 3000,
            .id = i });
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* Without time stamps the count starts where the segment does. */
static void
test_no_stamps (void)
{
  Fixture f;

  stream_init (&f);
  stream_segment (&f, 1, 500, 0, 0, 0);
  for (guint i = 0; i < 60; i++) {
    GstBuffer *buffer =
        gst_buffer_new_allocate (NULL, STREAM_MS (100) * 2, NULL);

    gst_buffer_memset (buffer, 0, 0, STREAM_MS (100) * 2);
    gst_harness_push (f.harness, buffer);
  }
  for (guint i = 0; i < 2; i++)
    fixture_expect (&f,
        &(Expected){ .timestamp_ms = 500 + i * 3000,
            .stream_ms = i * 3000,
            .running_ms = i * 3000,
            .duration_ms = 3000,
            .id = i,
            .silence = TRUE });
  fixture_expect_none (&f);
  fixture_clear (&f);
}

/* A segment in BYTES: the count starts at 0. */
static void
test_bytes (void)
{
  GstSegment segment;
  Fixture f;

  stream_init (&f);
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  stream_event (&f, gst_event_new_segment (&segment));
  for (guint i = 0; i < 30; i++) {
    GstBuffer *buffer =
        gst_buffer_new_allocate (NULL, STREAM_MS (100) * 2, NULL);

    gst_buffer_memset (buffer, 0, 0, STREAM_MS (100) * 2);
    gst_harness_push (f.harness, buffer);
  }
  stream_expect_silence (&f, 0, 3000, 0);
  fixture_clear (&f);
}

/* Segments that follow each other without EOS between them (a loop). */
static void
test_loop (void)
{
  Fixture f;

  stream_init (&f);
  for (guint i = 0; i < 3; i++) {
    stream_segment (&f, 1, 1000, 3000, 1000, i * 2000);
    stream_push (&f, 1000, 3000);
    stream_event (
        &f, gst_event_new_segment_done (GST_FORMAT_TIME, 3 * GST_SECOND));
    fixture_expect (&f,
        &(Expected){ .timestamp_ms = 1000,
            .stream_ms = 1000,
            .running_ms = i * 2000,
            .duration_ms = 2000,
            .id = i,
            .partial = TRUE });
  }
  fixture_expect_none (&f);
  fixture_clear (&f);
}

static const struct {
  const char *path;
  GTestFunc func;
} tests[] = {
  { "/segment/flush", test_flush },
  { "/segment/seek", test_seek },
  { "/segment/segment", test_segment },
  { "/segment/segment-update", test_segment_update },
  { "/segment/rate", test_rate },
  { "/segment/negative-rate", test_negative_rate },
  { "/segment/clip", test_clip },
  { "/segment/no-stamps", test_no_stamps },
  { "/segment/bytes", test_bytes },
  { "/segment/loop", test_loop },
  { "/segment/pad-offset", test_pad_offset },
  { "/segment/applied-rate", test_applied_rate },
};

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add_func (tests[i].path, tests[i].func);
  leaks_add_test ("segment");
  return g_test_run ();
}
