/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a buffer continues the one before, by its time stamp: as
 * GstAudioStreamAlign, but where that takes the last time stamp for the truth
 * this one looks at all of the last second.
 *
 * The skew of a time stamp is how far it is after the time at which the samples
 * counted so far end. Samples are counted on, whatever single time stamps say;
 * what all time stamps of the last `discont_wait` (by themselves) agree on is
 * true:
 *
 *   all skews > 10 ms     samples are missing, or the source's clock is slow
 *   all skews < -10 ms    samples came twice, or the source's clock is fast
 *
 * DISCONT is trusted at once, except for skews that the last second has seen
 * anyway. */
#pragma once

#include <gst/gst.h>

/* What is missing is filled, and what came twice is dropped, up to this. */
#define GST_EMOTION_FILL_MAX GST_SECOND
/* Up to this a skew is left alone. */
#define GST_EMOTION_DRIFT (10 * GST_MSECOND)
/* Up to this it is the rounding of time stamps. */
#define GST_EMOTION_ROUNDING GST_MSECOND

typedef enum {
  GST_EMOTION_JUMP_NONE,   /* count on */
  GST_EMOTION_JUMP_FOLLOW, /* no sample is missing: the times move */
  GST_EMOTION_JUMP_FILL,   /* samples are missing */
  GST_EMOTION_JUMP_REPEAT, /* samples came twice */
  GST_EMOTION_JUMP_BREAK,  /* what comes has nothing to do with what came */
} GstEmotionJumpKind;

typedef struct {
  GstEmotionJumpKind kind;
  GstClockTimeDiff skew; /* how much; < 0 if samples came twice */
  guint64 frame;         /* where: this one is the first after it */
  gboolean is_now;       /* that one is about to come in */
} GstEmotionJump;

typedef struct {
  GstClockTime alignment_threshold; /* 1 ns .. 1 h */
  GstClockTime discont_wait;        /* 0 .. 1 h */
  GArray *stamps;                   /* of the last discont_wait, and */
  guint first;                      /* the first of them that counts */
  GstClockTimeDiff before;          /* skew of the one before */
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

/* A buffer with time stamp pts and that skew comes in; `frame` is the number of
 * its first frame, counted from the start of the stretch. What happened, of
 * which the caller then tells where frames are now, by
 * gst_emotion_continuity_moved.
 */
GstEmotionJump gst_emotion_continuity_judge (GstEmotionContinuity *self,
    GstClockTime pts, GstClockTimeDiff skew, guint64 frame,
    gboolean is_discont);

/* Whether a skew is more than the time stamps shake: then a buffer that says
 * DISCONT means it. */
gboolean gst_emotion_continuity_is_news (
    const GstEmotionContinuity *self, GstClockTimeDiff skew);

/* Somebody who is to be believed says that samples are missing: so what is late
 * until now is, one jump after the other, without waiting. NONE at the end. */
GstEmotionJump gst_emotion_continuity_believe (GstEmotionContinuity *self);

/* Frames from jump->frame on are n later (or earlier, n < 0) than they were,
 * since the jump was mended. */
void gst_emotion_continuity_moved (
    GstEmotionContinuity *self, const GstEmotionJump *jump, gint64 n);
