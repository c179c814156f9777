/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/text/cues.h"

#include "gst/text/template.h"

void
gst_emotion_cue_free (GstEmotionCue *self)
{
  if (!self)
    return;
  g_free (self->text);
  g_free (self);
}

GstClockTime
gst_emotion_cue_place (
    const GstEmotionWindow *window, const GstSegment *segment)
{
  if (!GST_CLOCK_TIME_IS_VALID (window->running_time)
      || gst_segment_to_running_time (
             segment, GST_FORMAT_TIME, window->timestamp)
          == window->running_time)
    return window->timestamp;
  return gst_segment_position_from_running_time (
      segment, GST_FORMAT_TIME, window->running_time);
}

void
gst_emotion_cues_init (GstEmotionCues *self)
{
  *self = (GstEmotionCues){ 0 };
  g_queue_init (&self->ready);
}

void
gst_emotion_cues_clear (GstEmotionCues *self)
{
  g_queue_clear_full (&self->ready, (GDestroyNotify) gst_emotion_cue_free);
  g_clear_pointer (&self->held, gst_emotion_cue_free);
  g_clear_pointer (&self->last_emotion, g_free);
  self->has_last = FALSE;
  self->distance = 0;
}

static void
release (GstEmotionCues *self)
{
  if (self->held)
    g_queue_push_tail (&self->ready, g_steal_pointer (&self->held));
}

/* Dropped windows have an id and a place, too. */
static void
measure (GstEmotionCues *self, GstClockTime start, guint64 id)
{
  if (self->has_last && start > self->last_start && id > self->last_id)
    self->distance = (start - self->last_start) / (id - self->last_id);
  self->has_last = TRUE;
  self->last_start = start;
  self->last_id = id;
}

/* Whether the result has a line; remembers the previous line's emotion. */
static gboolean
is_wanted (GstEmotionCues *self, const GstEmotionResult *result,
    const GstEmotionCueOptions *options)
{
  const char *emotion = gst_emotion_result_text (result);
  const gboolean changes = g_strcmp0 (self->last_emotion, emotion) != 0;

  if (gst_emotion_result_is_classified (result)
          ? result->label_index < 0 && options->skip_unknown
          : options->skip_silence)
    return FALSE;
  if (changes) {
    g_free (self->last_emotion);
    self->last_emotion = g_strdup (emotion);
  }
  return changes || !options->only_changes;
}

gboolean
gst_emotion_cues_add (GstEmotionCues *self, const GstEmotionResult *result,
    GstClockTime start, const GstEmotionCueOptions *options)
{
  const GstClockTime length = result->window.duration;
  const GstClockTime cue_start = options->at_end ? start + length : start;
  GstEmotionCue *cue;

  if (self->held && cue_start > self->held->start)
    self->held->duration =
        MIN (self->held->duration, cue_start - self->held->start);
  release (self);
  measure (self, start, result->window.id);
  if (!is_wanted (self, result, options))
    return FALSE;
  cue = g_new0 (GstEmotionCue, 1);
  cue->start = cue_start;
  cue->duration = self->distance > 0 ? MIN (length, self->distance) : length;
  cue->text =
      gst_emotion_template_fill (options->text, result, options->is_markup);
  if (options->hold && self->distance < length) {
    /* An overlapping one would be known by then. */
    cue->duration = length;
    self->held_until = start + 2 * length;
    self->held = cue;
  } else {
    g_queue_push_tail (&self->ready, cue);
  }
  return TRUE;
}

void
gst_emotion_cues_advance (GstEmotionCues *self, GstClockTime position)
{
  if (self->held && position > self->held_until)
    release (self);
}

void
gst_emotion_cues_finish (GstEmotionCues *self)
{
  release (self);
  self->has_last = FALSE;
  self->distance = 0;
}

GstEmotionCue *
gst_emotion_cues_pop (GstEmotionCues *self)
{
  return g_queue_pop_head (&self->ready);
}
