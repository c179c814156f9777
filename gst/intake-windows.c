/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/intake-windows.h"

#include <string.h>

#include "gst/log.h"

/* Windows begin this long before the first chunk of speech, which may have
 * begun in the chunk before, too softly to be detected. */
#define LEAD (64 * GST_MSECOND)
/* A window that begins this shortly before speech is left as it is. */
#define CLOSE (100 * GST_MSECOND)
/* Onsets of speech are searched for every so many samples. */
#define STEP 512

static void
remember (GstEmotionIntake *self, const float *samples, gsize n)
{
  const gsize n_kept = GST_EMOTION_RECENT - n;

  memmove (self->recent, self->recent + n, n_kept * sizeof *self->recent);
  memcpy (self->recent + n_kept, samples, n * sizeof *samples);
}

/* Speech begins at `onset`, after a pause: the window in progress ends there,
 * unless it has just begun. */
static void
begin_at_speech (GstEmotionIntake *self, guint64 onset)
{
  const guint64 lead = gst_util_uint64_scale (LEAD, self->rate, GST_SECOND);
  const guint64 close = gst_util_uint64_scale (CLOSE, self->rate, GST_SECOND);
  const guint64 end = gst_emotion_windower_position (self->windower);
  const guint64 oldest =
      end - MIN (end - self->recent_start, GST_EMOTION_RECENT);
  const guint64 begin = MAX (onset - MIN (onset, lead), oldest);
  const float *samples;
  guint64 start;

  gst_emotion_windower_peek (self->windower, &samples, &start);
  if ((start <= onset && onset - start <= close) || begin >= end
      || end - begin > self->window_len)
    return;
  GST_DEBUG_OBJECT (self->owner,
      "speech begins: a window from position %" G_GUINT64_FORMAT " on", begin);
  if (start < begin) {
    gst_emotion_windower_end_at (self->windower, begin);
    self->full (self->user_data);
  }
  gst_emotion_windower_begin_at (
      self->windower, begin, self->recent + GST_EMOTION_RECENT - (end - begin));
}

void
gst_emotion_intake_catch_up (GstEmotionIntake *self)
{
  const float *samples;
  guint64 position;
  gsize n;

  if (!self->voice || self->unheard == 0)
    return;
  n = gst_emotion_windower_peek (self->windower, &samples, &position);
  gst_emotion_voice_push (
      self->voice, samples + n - self->unheard, self->unheard, FALSE);
  self->unheard = 0;
}

/* Whether the voice detector may wait for the next samples until they are asked
 * for: the windower keeps them, and windows do not depend on it. */
static gboolean
can_wait (const GstEmotionIntake *self)
{
  const float *samples;
  guint64 start;

  gst_emotion_windower_peek (self->windower, &samples, &start);
  return !self->aligns
      && start <= gst_emotion_windower_position (self->windower);
}

/* Samples taken by the windower. */
static void
hear (GstEmotionIntake *self, const float *samples, gsize n)
{
  guint64 onset;

  gst_emotion_voice_push (self->voice, samples, n, self->aligns);
  if (!self->aligns)
    return;
  remember (self, samples, n);
  while (gst_emotion_voice_take_onset (self->voice, &onset))
    begin_at_speech (self, onset);
}

void
gst_emotion_intake_forget_recent (GstEmotionIntake *self)
{
  self->recent_start = gst_emotion_windower_position (self->windower);
}

void
gst_emotion_intake_add (
    GstEmotionIntake *self, const float *samples, gsize n, gboolean is_new)
{
  while (n > 0) {
    const gboolean waits = can_wait (self);
    gsize taken;

    if (!waits)
      gst_emotion_intake_catch_up (self);
    taken = gst_emotion_windower_push (
        self->windower, samples, self->aligns ? MIN (n, STEP) : n);
    if (self->voice && is_new && waits)
      self->unheard += taken;
    else if (self->voice && is_new)
      hear (self, samples, taken);
    samples += taken;
    n -= taken;
    if (gst_emotion_windower_is_full (self->windower)) {
      gst_emotion_intake_catch_up (self);
      self->full (self->user_data);
      gst_emotion_windower_next (self->windower);
    }
  }
}

void
gst_emotion_intake_restart_voice (GstEmotionIntake *self)
{
  const float *samples;
  guint64 position;
  gsize n;

  gst_emotion_intake_forget_recent (self);
  if (!self->voice)
    return;
  n = gst_emotion_windower_peek (self->windower, &samples, &position);
  gst_emotion_voice_reset (
      self->voice, gst_emotion_windower_position (self->windower) - n);
  self->unheard = n;
}

void
gst_emotion_intake_set_voice (GstEmotionIntake *self, gboolean is_wanted)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->voice, gst_emotion_voice_free);
  if (!is_wanted || !self->windower)
    return;
  self->voice = gst_emotion_voice_new (self->rate,
      gst_emotion_windower_position (self->windower), self->window_len, &error);
  if (self->voice)
    gst_emotion_intake_restart_voice (self);
  else
    GST_WARNING_OBJECT (self->owner,
        "voice is not measured, every window is classified: %s",
        error->message);
}

void
gst_emotion_intake_set_aligns (GstEmotionIntake *self, gboolean aligns)
{
  self->aligns = aligns && self->voice;
  g_clear_pointer (&self->recent, g_free);
  if (!self->aligns)
    return;
  self->recent = g_new0 (float, GST_EMOTION_RECENT);
  gst_emotion_intake_forget_recent (self);
}

GstClockTime
gst_emotion_intake_measure_voice (GstEmotionIntake *self)
{
  const float *samples;
  guint64 position;
  gsize n;

  if (!self->voice)
    return GST_CLOCK_TIME_NONE;
  gst_emotion_intake_catch_up (self);
  n = gst_emotion_windower_peek (self->windower, &samples, &position);
  return gst_emotion_voice_measure (self->voice, position, n);
}

void
gst_emotion_intake_count (GstEmotionIntake *self, guint64 *field, guint64 n)
{
  g_mutex_lock (&self->lock);
  *field += n;
  g_mutex_unlock (&self->lock);
}

guint64
gst_emotion_intake_discard (GstEmotionIntake *self, guint64 from, guint64 to)
{
  guint64 n = to - MIN (from, to);

  n -= MIN (n, gst_emotion_windower_filled (self->windower, from, to));
  if (n == 0)
    return 0;
  gst_emotion_intake_count (self, &self->stats.discarded,
      gst_util_uint64_scale (n, GST_SECOND, self->timeline.rate));
  return n;
}

GstEmotionContinuityStats
gst_emotion_intake_stats (GstEmotionIntake *self)
{
  GstEmotionContinuityStats stats;

  g_mutex_lock (&self->lock);
  stats = self->stats;
  g_mutex_unlock (&self->lock);
  return stats;
}
