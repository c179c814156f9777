/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/scope-spells.h"

void
gst_emotion_spell_free (GstEmotionSpell *self)
{
  if (!self)
    return;
  g_free (self->text);
  g_free (self);
}

void
gst_emotion_spells_clear (GstEmotionSpells *self)
{
  g_clear_pointer (&self->result, gst_emotion_result_free);
  g_queue_clear_full (&self->spells, (GDestroyNotify) gst_emotion_spell_free);
}

static GstEmotionSpell *
spell_new (const GstEmotionResult *result)
{
  const GstEmotionWindow *window = &result->window;
  GstEmotionSpell *spell = g_new0 (GstEmotionSpell, 1);

  spell->start = GST_CLOCK_TIME_IS_VALID (window->stream_time)
      ? window->stream_time
      : window->timestamp;
  spell->end = spell->start + window->duration;
  spell->label = result->label_index;
  spell->text =
      g_strdup (window->silence ? GST_EMOTION_SILENCE
                                : gst_emotion_result_emotion (result));
  return spell;
}

void
gst_emotion_spells_add (GstEmotionSpells *self, GstEmotionResult *result)
{
  GstEmotionSpell *last = g_queue_peek_tail (&self->spells);
  GstEmotionSpell *spell = spell_new (result);

  /* Time runs anew, as in a loop: what lies ahead would never be forgotten. */
  if (last && last->start > spell->start) {
    g_queue_clear_full (&self->spells, (GDestroyNotify) gst_emotion_spell_free);
    last = NULL;
  }
  if (last && last->end > spell->start)
    last->end = spell->start;
  g_queue_push_tail (&self->spells, spell);
  gst_emotion_result_free (self->result);
  self->result = result;
}

void
gst_emotion_spells_forget (GstEmotionSpells *self, GstClockTime before)
{
  GstEmotionSpell *oldest;

  while ((oldest = g_queue_peek_head (&self->spells)) && oldest->end < before)
    gst_emotion_spell_free (g_queue_pop_head (&self->spells));
}
