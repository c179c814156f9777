/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/intake.h"

#include "gst/intake-windows.h"
#include "gst/log.h"

void
gst_emotion_intake_init (GstEmotionIntake *self, GstElement *owner,
    GstEmotionFullFunc full, gpointer user_data)
{
  *self = (GstEmotionIntake){
    .owner = owner, .full = full, .user_data = user_data
  };
  gst_audio_info_init (&self->info);
  gst_segment_init (&self->timeline.segment, GST_FORMAT_TIME);
  gst_emotion_continuity_init (&self->continuity);
  g_mutex_init (&self->lock);
}

void
gst_emotion_intake_clear (GstEmotionIntake *self)
{
  g_clear_pointer (&self->convert, gst_emotion_convert_free);
  g_clear_pointer (&self->windower, gst_emotion_windower_free);
  g_clear_pointer (&self->voice, gst_emotion_voice_free);
  g_clear_pointer (&self->recent, g_free);
  gst_emotion_continuity_clear (&self->continuity);
  g_clear_pointer (&self->scratch, g_free);
  g_mutex_clear (&self->lock);
}

static void
take_samples (const float *samples, gsize n, gpointer user_data)
{
  gst_emotion_intake_add (user_data, samples, n, TRUE);
}

void
gst_emotion_intake_restart (GstEmotionIntake *self, const char *reason)
{
  if (self->convert)
    gst_emotion_convert_drain (self->convert);
  if (self->windower) {
    const guint64 n = gst_emotion_intake_discard (self,
        gst_emotion_windower_rest_start (self->windower),
        gst_emotion_windower_position (self->windower));

    GST_DEBUG_OBJECT (self->owner,
        "restart: %s, %" G_GUINT64_FORMAT " samples discarded", reason, n);
    gst_emotion_windower_restart (self->windower);
    gst_emotion_intake_restart_voice (self);
  }
  gst_emotion_timeline_break (&self->timeline);
  gst_emotion_continuity_restart (&self->continuity);
  self->is_discont = FALSE;
  self->skip = 0;
  self->edits++;
  self->stretch++;
}

/* A break that was not announced. */
static void
break_off (GstEmotionIntake *self, const char *reason)
{
  gst_emotion_intake_restart (self, reason);
  gst_emotion_intake_count (self, &self->stats.breaks, 1);
}

/* The stretch continues, and its next frame is the first of a new count: the
 * converter has been drained into the window. */
static void
count_anew (GstEmotionIntake *self)
{
  const GstClockTime next = gst_emotion_timeline_next (&self->timeline);
  const gboolean is_running = self->timeline.is_anchored;

  gst_emotion_timeline_set_rates (
      &self->timeline, GST_AUDIO_INFO_RATE (&self->info), self->rate);
  gst_emotion_continuity_restart (&self->continuity);
  self->skip = 0;
  if (is_running)
    gst_emotion_timeline_start (
        &self->timeline, next, gst_emotion_windower_position (self->windower));
}

static gboolean
update_convert (GstEmotionIntake *self, GError **error)
{
  g_clear_pointer (&self->convert, gst_emotion_convert_free);
  const gdouble rate = self->rate;

  if (!self->windower || !GST_AUDIO_INFO_IS_VALID (&self->info))
    return TRUE;
  GST_INFO_OBJECT (self->owner, "%s %s, channels=%d, rate=%d: %s, %s %g Hz",
      GST_AUDIO_INFO_NAME (&self->info),
      GST_AUDIO_INFO_LAYOUT (&self->info) == GST_AUDIO_LAYOUT_INTERLEAVED
          ? "interleaved"
          : "non-interleaved",
      GST_AUDIO_INFO_CHANNELS (&self->info), GST_AUDIO_INFO_RATE (&self->info),
      GST_AUDIO_INFO_CHANNELS (&self->info) == 1 ? "mono" : "averaged to mono",
      GST_AUDIO_INFO_RATE (&self->info) == rate ? "already at" : "resampled to",
      rate);
  count_anew (self);
  self->convert =
      gst_emotion_convert_new (&self->info, rate, take_samples, self, error);
  if (!self->convert)
    return FALSE;
  gst_emotion_convert_set_waits (
      self->convert, GST_AUDIO_INFO_RATE (&self->info) != rate);
  return TRUE;
}

gboolean
gst_emotion_intake_set_windows (GstEmotionIntake *self, gsize window_len,
    guint64 rate, GstClockTime interval, GError **error)
{
  g_clear_pointer (&self->windower, gst_emotion_windower_free);
  g_clear_pointer (&self->scratch, g_free);
  self->windower = gst_emotion_windower_new (window_len, rate, interval);
  self->unheard = 0;
  self->window_len = window_len;
  self->rate = rate;
  return update_convert (self, error);
}

gboolean
gst_emotion_intake_set_format (
    GstEmotionIntake *self, const GstAudioInfo *info, GError **error)
{
  if (gst_audio_info_is_equal (info, &self->info) && self->convert)
    return TRUE;
  if (self->convert)
    gst_emotion_convert_drain (self->convert);
  if (!GST_AUDIO_INFO_IS_VALID (info))
    gst_emotion_intake_restart (self, "unknown format");
  self->info = *info;
  if (update_convert (self, error))
    return TRUE;
  gst_emotion_intake_restart (self, "format cannot be converted");
  return FALSE;
}

void
gst_emotion_intake_set_segment (
    GstEmotionIntake *self, const GstSegment *segment)
{
  if (self->timeline.is_anchored
      && gst_emotion_same_times (&self->timeline.segment, segment)) {
    GST_DEBUG_OBJECT (self->owner,
        "%" GST_SEGMENT_FORMAT " continues the one before", segment);
    self->timeline.segment = *segment;
    return;
  }
  GST_DEBUG_OBJECT (self->owner, "%" GST_SEGMENT_FORMAT, segment);
  if (segment->rate < 0)
    GST_INFO_OBJECT (self->owner,
        "playback is reversed: audio is passed through but not analysed");
  gst_emotion_intake_restart (self, "new segment");
  gst_emotion_timeline_set_segment (&self->timeline, segment);
}

void
gst_emotion_intake_set_interval (GstEmotionIntake *self, GstClockTime interval)
{
  if (self->convert)
    gst_emotion_convert_catch_up (self->convert);
  gst_emotion_windower_set_interval (self->windower, interval);
}

static gboolean
is_active (const GstEmotionIntake *self)
{
  return self->convert && self->timeline.segment.rate > 0;
}

/* Frames wait (see gst_emotion_convert_set_waits) as long as nobody could tell:
 * until the window in progress may be full, or its samples are moved. The
 * resampler is never ahead of the frames that came in. */
static void
convert_if_due (GstEmotionIntake *self)
{
  if (self->aligns
      || gst_emotion_timeline_position (&self->timeline, self->timeline.n_in)
          >= gst_emotion_windower_due (self->windower))
    gst_emotion_convert_catch_up (self->convert);
}

/* Adds n frames of silence for n missing frames. */
static void
fill (GstEmotionIntake *self, guint64 n)
{
  GstEmotionTimeline *timeline = &self->timeline;
  const guint64 from = gst_emotion_timeline_position (timeline, timeline->n_in);

  timeline->n_in += n;
  gst_emotion_windower_mark_filled (self->windower, from,
      gst_emotion_timeline_position (timeline, timeline->n_in));
  gst_emotion_convert_push_silence (self->convert, n);
  convert_if_due (self);
  gst_emotion_intake_count (self, &self->stats.gaps, 1);
  gst_emotion_intake_count (self, &self->stats.filled,
      gst_emotion_timeline_duration (&self->timeline, n));
}

/* n frames were missing before a frame that came in earlier. Returns n. */
static guint64
fill_before (GstEmotionIntake *self, guint64 frame, guint64 n)
{
  static const float silence[1024];
  GstEmotionTimeline *timeline = &self->timeline;
  const guint64 from = gst_emotion_timeline_position (timeline, frame);
  guint64 todo = gst_emotion_timeline_position (timeline, frame + n) - from;
  gsize n_tail;

  if (!self->scratch)
    self->scratch = g_new (float, self->window_len);
  gst_emotion_intake_catch_up (self);
  n_tail =
      gst_emotion_windower_open (self->windower, from, todo, self->scratch);
  self->edits++;
  timeline->n_in += n;
  const guint64 begin = gst_emotion_windower_position (self->windower);
  gst_emotion_windower_mark_filled (self->windower, begin, begin + todo);
  if (self->voice)
    gst_emotion_voice_move (self->voice, begin, todo);
  for (; todo > 0; todo -= MIN (todo, G_N_ELEMENTS (silence)))
    gst_emotion_intake_add (
        self, silence, MIN (todo, G_N_ELEMENTS (silence)), FALSE);
  gst_emotion_intake_add (self, self->scratch, n_tail, FALSE);
  gst_emotion_intake_forget_recent (self);
  gst_emotion_intake_count (self, &self->stats.gaps, 1);
  gst_emotion_intake_count (self, &self->stats.filled,
      gst_emotion_timeline_duration (&self->timeline, n));
  return n;
}

/* n frames came twice, from that frame on: removes those in the window in
 * progress, and skips as many of the next frames as could not be removed.
 * Returns the number removed. */
static guint64
drop_repeated (GstEmotionIntake *self, guint64 frame, guint64 n)
{
  GstEmotionTimeline *timeline = &self->timeline;
  const guint64 from = gst_emotion_timeline_position (timeline, frame);
  const guint64 in = MIN (n, timeline->n_in - frame);

  gst_emotion_intake_catch_up (self);
  const gsize cut = gst_emotion_windower_cut (self->windower, from,
      gst_emotion_timeline_position (timeline, frame + in) - from);
  const guint64 gone = MIN (
      in, gst_util_uint64_scale_round (cut, timeline->rate_in, timeline->rate));

  if (self->voice)
    gst_emotion_voice_move (self->voice, from, -(gint64) cut);
  gst_emotion_intake_forget_recent (self);
  self->edits += cut > 0;
  timeline->n_in -= gone;
  self->skip += n - gone;
  gst_emotion_intake_count (self, &self->stats.repeated,
      gst_emotion_timeline_duration (&self->timeline, gone));
  return gone;
}

/* A new stretch began with a frame that came in earlier. */
static void
break_before (GstEmotionIntake *self, guint64 frame)
{
  const guint64 position =
      gst_emotion_timeline_position (&self->timeline, frame);
  const guint64 n = gst_emotion_intake_discard (
      self, gst_emotion_windower_rest_start (self->windower), position);

  GST_DEBUG_OBJECT (self->owner,
      "restart: time stamps jump, %" G_GUINT64_FORMAT " samples discarded", n);
  gst_emotion_windower_restart_at (self->windower, position);
  gst_emotion_intake_restart_voice (self);
  self->stretch++;
  gst_emotion_intake_count (self, &self->stats.breaks, 1);
}

static void
log_jump (
    const GstEmotionIntake *self, GstClockTime pts, const GstEmotionJump *jump)
{
  static const char *const what[] = { "ignored", "times adjusted",
    "filled with silence", "repeated samples dropped", "too far" };

  GST_DEBUG_OBJECT (self->owner,
      "time stamp %" GST_TIME_FORMAT ", expected %" GST_TIME_FORMAT
      " (%" GST_STIME_FORMAT "): %s",
      GST_TIME_ARGS (pts),
      GST_TIME_ARGS (gst_emotion_timeline_next (&self->timeline)),
      GST_STIME_ARGS (jump->skew), what[jump->kind]);
}

/* n frames are missing before the next one, including those that were to be
 * dropped. Returns the number filled in. */
static guint64
fill_now (GstEmotionIntake *self, guint64 n)
{
  const guint64 skipped = MIN (n, self->skip);

  self->skip -= skipped;
  if (n > skipped)
    fill (self, n - skipped);
  return n - skipped;
}

/* Repairs a jump. FALSE if the stretch has ended and the next frame begins
 * another. */
static gboolean
take_jump (GstEmotionIntake *self, const GstEmotionJump *jump)
{
  GstEmotionTimeline *timeline = &self->timeline;
  const guint64 n = gst_util_uint64_scale_round (
      ABS (jump->skew), timeline->rate_in, GST_SECOND);
  gint64 moved = 0;

  if (jump->kind != GST_EMOTION_JUMP_NONE)
    gst_emotion_convert_catch_up (self->convert);
  switch (jump->kind) {
    case GST_EMOTION_JUMP_NONE:
      return TRUE;
    case GST_EMOTION_JUMP_FOLLOW:
      gst_emotion_timeline_move (timeline, jump->skew);
      break;
    case GST_EMOTION_JUMP_FILL:
      if (jump->is_now)
        moved = fill_now (self, n);
      else
        moved = fill_before (self, jump->frame, n);
      break;
    case GST_EMOTION_JUMP_REPEAT:
      moved = -(gint64) drop_repeated (self, jump->frame, n);
      break;
    case GST_EMOTION_JUMP_BREAK:
      if (jump->is_now) {
        break_off (self, "time stamps jump");
        return FALSE;
      }
      break_before (self, jump->frame);
      gst_emotion_timeline_move (timeline, jump->skew);
      break;
  }
  gst_emotion_continuity_moved (&self->continuity, jump, moved);
  return TRUE;
}

/* The skew of pts, after the frames that are still to be dropped. */
static GstClockTimeDiff
skew_of (const GstEmotionIntake *self, GstClockTime pts)
{
  return GST_CLOCK_DIFF (gst_emotion_timeline_next (&self->timeline), pts)
      + (GstClockTimeDiff) gst_emotion_timeline_duration (
          &self->timeline, self->skip);
}

static gboolean
is_late (const GstEmotionIntake *self, GstClockTime pts)
{
  return skew_of (self, pts)
      > (GstClockTimeDiff) self->continuity.alignment_threshold;
}

/* The first frame of a stretch, or the first of it with a time stamp. */
static void
start_run (GstEmotionIntake *self, GstClockTime pts)
{
  GstEmotionTimeline *timeline = &self->timeline;

  if (!timeline->is_anchored) {
    self->is_assumed = !GST_CLOCK_TIME_IS_VALID (pts);
    gst_emotion_timeline_start (timeline,
        self->is_assumed ? timeline->time : pts,
        gst_emotion_windower_position (self->windower));
  } else if (GST_CLOCK_TIME_IS_VALID (pts)) {
    self->is_assumed = FALSE;
    gst_emotion_timeline_move (timeline, skew_of (self, pts));
  }
  if (!self->is_assumed)
    gst_emotion_continuity_start (&self->continuity, pts, timeline->n_in);
}

/* Samples are certainly missing at pts, so earlier late time stamps are to be
 * believed. */
static void
believe (GstEmotionIntake *self, GstClockTime pts)
{
  GstEmotionJump jump;

  for (;;) {
    jump = gst_emotion_continuity_believe (&self->continuity);
    if (jump.kind == GST_EMOTION_JUMP_NONE)
      return;
    log_jump (self, pts, &jump);
    take_jump (self, &jump);
  }
}

/* A frame with time stamp pts (or GST_CLOCK_TIME_NONE) is about to come in:
 * does it continue what came? */
static void
meet (GstEmotionIntake *self, GstClockTime pts, gboolean is_discont)
{
  GstEmotionTimeline *timeline = &self->timeline;
  const gboolean was_off = self->continuity.is_off;
  GstEmotionJump jump;

  if (!timeline->is_anchored || self->is_assumed) {
    start_run (self, pts);
    return;
  }
  if (!GST_CLOCK_TIME_IS_VALID (pts)) {
    if (is_discont)
      GST_DEBUG_OBJECT (self->owner,
          "DISCONT without a time stamp: the number of missing samples is "
          "unknown");
    return;
  }
  if (is_discont && is_late (self, pts)
      && gst_emotion_continuity_is_news (
          &self->continuity, skew_of (self, pts)))
    believe (self, pts);
  jump = gst_emotion_continuity_judge (
      &self->continuity, pts, skew_of (self, pts), timeline->n_in, is_discont);
  if (jump.kind != GST_EMOTION_JUMP_NONE || is_discont
      || self->continuity.is_off != was_off)
    log_jump (self, pts, &jump);
  if (!take_jump (self, &jump))
    start_run (self, pts);
}

/* Of *n frames, from *first on, drops those that come twice. */
static void
skip_repeated (GstEmotionIntake *self, gsize *first, gsize *n)
{
  const gsize gone = MIN (*n, self->skip);

  if (gone == 0)
    return;
  *first += gone;
  *n -= gone;
  self->skip -= gone;
  gst_emotion_intake_count (self, &self->stats.repeated,
      gst_emotion_timeline_duration (&self->timeline, gone));
}

gboolean
gst_emotion_intake_push (GstEmotionIntake *self, GstBuffer *buffer)
{
  GstClockTime pts = GST_BUFFER_PTS (buffer);
  gsize first, n;

  if (!is_active (self))
    return TRUE;
  if (!gst_emotion_convert_count (&self->info, buffer, &n)) {
    break_off (self, "the buffer contradicts the caps");
    return FALSE;
  }
  GST_TRACE_OBJECT (
      self->owner, "%" G_GSIZE_FORMAT " frames: %" GST_PTR_FORMAT, n, buffer);
  n = gst_emotion_timeline_clip (&self->timeline, &pts, n, &first);
  self->is_discont |= GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT)
      || GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_RESYNC);
  if (n == 0)
    return TRUE;
  meet (self, pts, self->is_discont);
  self->is_discont = FALSE;
  skip_repeated (self, &first, &n);
  if (n == 0)
    return TRUE;
  self->timeline.n_in += n;
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP)) {
    gst_emotion_convert_push_silence (self->convert, n);
  } else if (!gst_emotion_convert_push_buffer (
                 self->convert, buffer, first, n)) {
    break_off (self, "the buffer cannot be mapped");
    return FALSE;
  }
  convert_if_due (self);
  return TRUE;
}

/* A gap is not jitter: the stretch continues to its end, unless that is so far
 * away that the stretch breaks. */
static void
meet_gap (GstEmotionIntake *self, GstClockTime start)
{
  if (!self->timeline.is_anchored || self->is_assumed) {
    start_run (self, start);
    return;
  }
  if (is_late (self, start))
    believe (self, start);
  if (ABS (skew_of (self, start)) > (gint64) GST_EMOTION_FILL_MAX)
    break_off (self, "the gap is elsewhere");
}

void
gst_emotion_intake_push_gap (
    GstEmotionIntake *self, GstClockTime timestamp, GstClockTime duration)
{
  GstEmotionTimeline *timeline = &self->timeline;
  guint64 start, stop, n;

  if (!is_active (self) || !GST_CLOCK_TIME_IS_VALID (timestamp)
      || !GST_CLOCK_TIME_IS_VALID (duration)
      || !gst_segment_clip (&timeline->segment, GST_FORMAT_TIME, timestamp,
          timestamp + duration, &start, &stop))
    return;
  GST_DEBUG_OBJECT (self->owner,
      "gap: %" GST_TIME_FORMAT " - %" GST_TIME_FORMAT " is silence",
      GST_TIME_ARGS (start), GST_TIME_ARGS (stop));
  meet_gap (self, start);
  if (stop - start > GST_EMOTION_LONG_GAP) {
    if (timeline->is_anchored)
      fill (self,
          gst_util_uint64_scale_ceil (
              self->window_len, timeline->rate_in, timeline->rate));
    break_off (self, "gap longer than a minute");
    timeline->time = stop;
    return;
  }
  if (!timeline->is_anchored)
    start_run (self, start);
  n = gst_emotion_timeline_until (timeline, stop);
  if (n > 0) {
    self->skip = 0;
    fill (self, n);
  }
}

void
gst_emotion_intake_drain (GstEmotionIntake *self)
{
  gst_emotion_convert_drain (self->convert);
}

/* Drops what is delayed in the converter, too. */
static void
discard_held (GstEmotionIntake *self)
{
  const GstEmotionTimeline *timeline = &self->timeline;

  if (timeline->is_anchored)
    gst_emotion_intake_discard (self,
        MAX (gst_emotion_windower_position (self->windower),
            gst_emotion_windower_rest_start (self->windower)),
        gst_emotion_timeline_position (timeline, timeline->n_in));
}

void
gst_emotion_intake_flush (GstEmotionIntake *self)
{
  if (self->convert) {
    discard_held (self);
    gst_emotion_convert_reset (self->convert);
  }
  gst_emotion_intake_restart (self, "flush");
}
