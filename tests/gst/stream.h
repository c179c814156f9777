/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fixture by the clock: all is said in ms. The sound is S16 mono at 16 kHz,
 * so that 16 frames are 1 ms; the model's window is 3 s. */
#pragma once

#include "tests/gst/fixture.h"

#define STREAM_RATE 16000
#define STREAM_CAPS                                                            \
  "audio/x-raw,format=S16LE,layout=interleaved,rate=16000,channels=1"
#define STREAM_MS(ms) ((ms) *STREAM_RATE / 1000) /* frames */

/* Free with fixture_clear. */
void stream_init (Fixture *f);

/* Voice-like sound, in buffers of 20 ms. */
void stream_push (Fixture *f, guint64 from_ms, guint64 to_ms);

/* One buffer with flags. */
void stream_push_flagged (
    Fixture *f, guint64 at_ms, guint64 ms, GstBufferFlags flags);

/* Takes event, which must be taken. */
void stream_event (Fixture *f, GstEvent *event);

void stream_flush (Fixture *f); /* FLUSH_START and FLUSH_STOP */

/* A segment in TIME. stop_ms 0: none. */
void stream_segment (Fixture *f, gdouble rate, guint64 start_ms,
    guint64 stop_ms, guint64 time_ms, guint64 base_ms);

/* The next message, with the same timestamp, stream time and running time; not
 * silent; partial where it is shorter than 3 s. */
void stream_expect (Fixture *f, guint64 at_ms, guint64 ms, guint64 id);
void stream_expect_silence (Fixture *f, guint64 at_ms, guint64 ms, guint64 id);
