/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/continuity.h"

/* Only streams of tiny buffers with jittering time stamps have more. */
#define MAX_STAMPS 4096
/* Far beyond sensible values, but sums of a few do not overflow. */
#define LIMIT (G_MAXINT64 / 8)
/* A time stamp this soon after one with the same skew adds no information. */
#define SAME_TIME (10 * GST_MSECOND)

typedef struct {
  GstClockTime pts;
  GstClockTimeDiff skew;
  guint64 frame;
} Stamp;

void
gst_emotion_continuity_init (GstEmotionContinuity *self)
{
  *self = (GstEmotionContinuity){ .alignment_threshold = 40 * GST_MSECOND,
    .discont_wait = GST_SECOND,
    .stamps = g_array_new (FALSE, FALSE, sizeof (Stamp)) };
}

void
gst_emotion_continuity_clear (GstEmotionContinuity *self)
{
  g_clear_pointer (&self->stamps, g_array_unref);
}

static Stamp *
stamp_at (const GstEmotionContinuity *self, guint i)
{
  return &g_array_index (self->stamps, Stamp, self->first + i);
}

static guint
n_stamps (const GstEmotionContinuity *self)
{
  return self->stamps->len - self->first;
}

void
gst_emotion_continuity_restart (GstEmotionContinuity *self)
{
  g_array_set_size (self->stamps, 0);
  self->first = 0;
  self->before = 0;
  self->is_sure = FALSE;
  self->is_off = FALSE;
}

static void
forget_first (GstEmotionContinuity *self)
{
  self->before = stamp_at (self, 0)->skew;
  self->first++;
  if (self->first >= MAX_STAMPS) {
    g_array_remove_range (self->stamps, 0, self->first);
    self->first = 0;
  }
}

/* The time from `one` to `now`, by time stamps or by samples, whichever is
 * more. */
static GstClockTimeDiff
age_of (const Stamp *stamp, const Stamp *now)
{
  const GstClockTimeDiff by_stamps = GST_CLOCK_DIFF (stamp->pts, now->pts);

  return MAX (by_stamps, by_stamps - (now->skew - stamp->skew));
}

static gboolean
says_the_same (const GstEmotionContinuity *self, const Stamp *stamp)
{
  const guint n = n_stamps (self);
  const Stamp *last = n > 0 ? stamp_at (self, n - 1) : NULL;

  return last && age_of (last, stamp) < (GstClockTimeDiff) SAME_TIME
      && ABS (stamp->skew - last->skew)
      <= (GstClockTimeDiff) GST_EMOTION_ROUNDING;
}

/* Keeps what is needed to look back for discont_wait. */
static void
add (GstEmotionContinuity *self, const Stamp *stamp)
{
  g_array_append_val (self->stamps, *stamp);
  while (n_stamps (self) > 1
      && (age_of (stamp_at (self, 1), stamp)
              >= (GstClockTimeDiff) self->discont_wait
          || n_stamps (self) > MAX_STAMPS))
    forget_first (self);
}

/* The range of the recorded skews. */
typedef struct {
  GstClockTimeDiff min, max;
  GstClockTimeDiff fall; /* the largest decrease */
} Range;

static Range
range_of (const GstEmotionContinuity *self)
{
  Range range = { 0 };
  GstClockTimeDiff top = 0;

  for (guint i = 0; i < n_stamps (self); i++) {
    const GstClockTimeDiff skew = stamp_at (self, i)->skew;

    range.min = i == 0 ? skew : MIN (range.min, skew);
    range.max = i == 0 ? skew : MAX (range.max, skew);
    top = i == 0 ? skew : MAX (top, skew);
    range.fall = MAX (range.fall, top - skew);
  }
  return range;
}

/* All are late, by at least range->min. Missing samples are missing in one
 * place, before the first of them; a slow clock makes no such jump. */
static GstEmotionJump
judge_late (const GstEmotionContinuity *self, const Range *range)
{
  const Stamp *first = stamp_at (self, 0);
  const GstClockTimeDiff threshold = self->alignment_threshold;
  GstEmotionJumpKind kind = GST_EMOTION_JUMP_FILL;

  if (range->min > (GstClockTimeDiff) GST_EMOTION_FILL_MAX)
    kind = GST_EMOTION_JUMP_BREAK;
  else if (2 * range->fall > range->min
      || (range->min <= threshold
          && first->skew - self->before
              <= (GstClockTimeDiff) GST_EMOTION_DRIFT))
    kind = GST_EMOTION_JUMP_FOLLOW;
  return (GstEmotionJump){ kind, range->min, first->frame };
}

/* All are early, by at least -range->max. Time stamps that fall behind the
 * samples more and more are not times: zeros, or those of ADPCM in WAV. */
static GstEmotionJump
judge_early (const GstEmotionContinuity *self, const Range *range)
{
  const Stamp *first = stamp_at (self, 0);
  const GstClockTimeDiff threshold = self->alignment_threshold;
  const GstClockTimeDiff spread = range->max - range->min;
  GstEmotionJumpKind kind = GST_EMOTION_JUMP_REPEAT;

  if (spread > threshold && spread > (GstClockTimeDiff) self->discont_wait / 4)
    kind = GST_EMOTION_JUMP_NONE;
  else if (range->max < -(GstClockTimeDiff) GST_EMOTION_FILL_MAX)
    kind = GST_EMOTION_JUMP_BREAK;
  else if (range->max >= -threshold || 2 * spread > -range->max
      || !self->is_sure)
    kind = GST_EMOTION_JUMP_FOLLOW;
  return (GstEmotionJump){ kind, range->max, first->frame };
}

/* Judges by the time stamps of the last discont_wait. */
static GstEmotionJump
judge_stamps (const GstEmotionContinuity *self, const Stamp *stamp)
{
  const GstClockTimeDiff drift = GST_EMOTION_DRIFT;
  const GstEmotionJump none = { 0 };
  Range range;

  if (ABS (stamp->skew) <= drift
      || age_of (stamp_at (self, 0), stamp)
          < (GstClockTimeDiff) self->discont_wait)
    return none;
  range = range_of (self);
  if (range.min > drift)
    return judge_late (self, &range);
  if (range.max < -drift)
    return judge_early (self, &range);
  return none;
}

/* Judges a buffer flagged DISCONT. */
static GstEmotionJump
judge_discont (const GstEmotionContinuity *self, const Stamp *stamp)
{
  const GstClockTimeDiff max = GST_EMOTION_FILL_MAX;
  const GstClockTimeDiff threshold = self->alignment_threshold;
  GstEmotionJumpKind kind = GST_EMOTION_JUMP_NONE;

  if (ABS (stamp->skew) > max)
    kind = GST_EMOTION_JUMP_BREAK;
  else if (stamp->skew > (GstClockTimeDiff) GST_EMOTION_ROUNDING)
    kind = GST_EMOTION_JUMP_FILL;
  else if (stamp->skew < -threshold)
    kind = GST_EMOTION_JUMP_REPEAT;
  return (GstEmotionJump){ kind, stamp->skew, stamp->frame, TRUE };
}

gboolean
gst_emotion_continuity_is_news (
    const GstEmotionContinuity *self, GstClockTimeDiff skew)
{
  const Range range = range_of (self);

  return skew > range.max - range.min || -skew > range.max - range.min;
}

GstEmotionJump
gst_emotion_continuity_believe (GstEmotionContinuity *self)
{
  const GstEmotionJump none = { 0 };
  guint n_in_time = 0;
  Range range;

  for (guint i = 0; i < n_stamps (self); i++)
    if (stamp_at (self, i)->skew <= (GstClockTimeDiff) GST_EMOTION_DRIFT)
      n_in_time = i + 1;
  if (n_in_time == n_stamps (self))
    return none;
  while (n_in_time-- > 0)
    forget_first (self);
  range = range_of (self);
  return judge_late (self, &range);
}

void
gst_emotion_continuity_start (
    GstEmotionContinuity *self, GstClockTime pts, guint64 frame)
{
  const Stamp stamp = { MIN (pts, LIMIT), 0, frame };

  gst_emotion_continuity_restart (self);
  add (self, &stamp);
}

GstEmotionJump
gst_emotion_continuity_judge (GstEmotionContinuity *self, GstClockTime pts,
    GstClockTimeDiff skew, guint64 frame, gboolean is_discont)
{
  const Stamp stamp = { MIN (pts, LIMIT), CLAMP (skew, -LIMIT, LIMIT), frame };
  GstEmotionJump jump = { 0 };

  self->is_off =
      ABS (stamp.skew) > (GstClockTimeDiff) self->alignment_threshold;
  if (is_discont && gst_emotion_continuity_is_news (self, stamp.skew))
    jump = judge_discont (self, &stamp);
  if (jump.kind != GST_EMOTION_JUMP_NONE) {
    add (self, &stamp);
    return jump;
  }
  if (!says_the_same (self, &stamp))
    add (self, &stamp);
  jump = judge_stamps (self, &stamp);
  if (jump.kind != GST_EMOTION_JUMP_NONE)
    return jump;
  if (!self->is_off && frame > 0)
    self->is_sure = TRUE;
  return (GstEmotionJump){ .skew = stamp.skew, .frame = frame };
}

void
gst_emotion_continuity_moved (
    GstEmotionContinuity *self, const GstEmotionJump *jump, gint64 n)
{
  if (jump->kind == GST_EMOTION_JUMP_FOLLOW)
    self->before -= jump->skew;
  for (guint i = jump->is_now ? n_stamps (self) - 1 : 0; i < n_stamps (self);
       i++) {
    Stamp *stamp = stamp_at (self, i);

    stamp->skew -= jump->skew;
    stamp->frame = MAX ((gint64) jump->frame, (gint64) stamp->frame + n);
  }
  self->is_off = FALSE;
}
