/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a buffer continues the one before, by its time stamp: as
 * GstAudioStreamAlign, but while that trusts the latest time stamp, this one
 * considers all of the last second.
 *
 * The skew of a time stamp is how far it is after the time at which the samples
 * counted so far end. Single time stamps do not affect the count of samples;
 * what all time stamps of the last `discont_wait` (by themselves) agree on is
 * believed:
 *
 *   all skews > 10 ms     samples are missing, or the source's clock is slow
 *   all skews < -10 ms    samples came twice, or the source's clock is fast
 *
 * DISCONT is believed at once, except for skews within the jitter of the last
 * second. */
#pragma once

#include <gst/gst.h>

/* Missing samples are filled, and repeated ones dropped, up to this. */
#define GST_EMOTION_FILL_MAX GST_SECOND
/* Skews up to this are ignored. */
#define GST_EMOTION_DRIFT (10 * GST_MSECOND)
/* Skews up to this are rounding of time stamps. */
#define GST_EMOTION_ROUNDING GST_MSECOND

typedef enum {
  GST_EMOTION_JUMP_NONE,   /* count on */
  GST_EMOTION_JUMP_FOLLOW, /* no sample is missing: times shift */
  GST_EMOTION_JUMP_FILL,   /* samples are missing */
  GST_EMOTION_JUMP_REPEAT, /* samples came twice */
  GST_EMOTION_JUMP_BREAK,  /* the buffer does not continue the stream */
} GstEmotionJumpKind;

typedef struct {
  GstEmotionJumpKind kind;
  GstClockTimeDiff skew; /* how much; < 0 if samples came twice */
  guint64 frame;         /* the first one after the jump */
  gboolean is_now;       /* that frame is about to come in */
} GstEmotionJump;

typedef struct {
  GstClockTime alignment_threshold; /* 1 ns .. 1 h */
  GstClockTime discont_wait;        /* 0 .. 1 h */
  GArray *stamps;                   /* of the last discont_wait, and */
  guint first;                      /* the first valid one */
  GstClockTimeDiff before;          /* skew of the previous one */
  gboolean is_sure; /* a second time stamp agreed with the first */
  gboolean is_off;  /* the last one was off by more than the threshold */
} GstEmotionContinuity;

void gst_emotion_continuity_init (GstEmotionContinuity *self);
void gst_emotion_continuity_clear (GstEmotionContinuity *self);

/* The next frame is the first of a stretch. */
void gst_emotion_continuity_restart (GstEmotionContinuity *self);

/* The first time stamp of a stretch, to which later ones are compared. */
void gst_emotion_continuity_start (
    GstEmotionContinuity *self, GstClockTime pts, guint64 frame);

/* A buffer arrives with time stamp pts and that skew; `frame` is the number of
 * its first frame, counted from the start of the stretch. Returns the jump; the
 * caller then reports how frames were moved by gst_emotion_continuity_moved. */
GstEmotionJump gst_emotion_continuity_judge (GstEmotionContinuity *self,
    GstClockTime pts, GstClockTimeDiff skew, guint64 frame,
    gboolean is_discont);

/* Whether a skew exceeds the jitter of the time stamps, so that a DISCONT is
 * believed. */
gboolean gst_emotion_continuity_is_news (
    const GstEmotionContinuity *self, GstClockTimeDiff skew);

/* For an authoritative report of missing samples: returns the jumps among
 * recorded late time stamps, one after the other, without waiting. NONE at the
 * end. */
GstEmotionJump gst_emotion_continuity_believe (GstEmotionContinuity *self);

/* Frames from jump->frame on are now n later (or earlier, n < 0), because the
 * jump was repaired. */
void gst_emotion_continuity_moved (
    GstEmotionContinuity *self, const GstEmotionJump *jump, gint64 n);
