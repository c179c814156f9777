/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What gst/intake has to do, said as plainly as it can be: every sample that
 * ever came is kept in one long array, in which silence is inserted and from
 * which repetitions are deleted; windows are copied out of it. Written from
 * gst/REFERENCE.md, without a look at how the intake does it; slow. */
#pragma once

#include <gst/gst.h>

typedef struct {
  GstClockTime timestamp;
  gint64 filled; /* samples */
  gint32 *ids;   /* [window_len] */
} PlainWindow;

typedef struct {
  gint64 gaps, filled, breaks, repeated, discarded; /* times in samples */
} PlainStats;

typedef struct {
  gint64 window_len, rate, interval; /* samples, Hz, ns */
  gint64 threshold, wait;            /* ns */
  gint64 frame;                      /* samples */

  GArray *samples; /* gint32: what came as which frame, or PLAIN_SILENCE */
  GArray *windows; /* PlainWindow, that were told */
  PlainStats stats;

  /* Windows of this run begin at base, base + interval, ... */
  gint64 base, k;
  gint64 told; /* samples before this one were in a window */

  /* The run: its first sample is number `begin`, and is at time `zero`. */
  gboolean is_running, has_time, is_sure;
  gint64 begin, zero;
  gint64 segment; /* ns; no window is before it */
  gint64 to_drop;
  gboolean was_discont;
  GArray *seen; /* Seen */
  gint64 level; /* skew before the first that is seen */
} PlainStream;

#define PLAIN_SILENCE (-1)

void plain_stream_init (PlainStream *self, gint64 window_len, gint64 rate);
void plain_stream_clear (PlainStream *self);

/* n samples, whole frames, whose ids count from id on. pts in ns, or -1. */
void plain_stream_buffer (
    PlainStream *self, gint64 pts, gint32 id, gint64 n, gboolean is_discont);
void plain_stream_gap (PlainStream *self, gint64 pts, gint64 duration);
/* A flush, a new segment, the end: what comes next is another run, which begins
 * at time start where it has no time stamps. */
void plain_stream_restart (PlainStream *self, gint64 start);
/* From now on a frame is m samples long (a rate of rate / m). */
void plain_stream_set_frame (PlainStream *self, gint64 m);

/* The time at which the next sample is expected. */
gint64 plain_stream_due (const PlainStream *self);
