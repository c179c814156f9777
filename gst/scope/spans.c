/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/scope/spans.h"

void
gst_emotion_span_free (GstEmotionSpan *self)
{
  if (!self)
    return;
  g_free (self->text);
  g_free (self);
}

void
gst_emotion_spans_clear (GstEmotionSpans *self)
{
  g_clear_pointer (&self->result, gst_emotion_result_free);
  g_queue_clear_full (&self->spans, (GDestroyNotify) gst_emotion_span_free);
}

static GstEmotionSpan *
spell_new (const GstEmotionResult *result)
{
  const GstEmotionWindow *window = &result->window;
  GstEmotionSpan *span = g_new0 (GstEmotionSpan, 1);

  span->start = GST_CLOCK_TIME_IS_VALID (window->stream_time)
      ? window->stream_time
      : window->timestamp;
  span->end = span->start + window->duration;
  span->label = result->label_index;
  span->text = g_strdup (gst_emotion_result_text (result));
  return span;
}

void
gst_emotion_spans_add (GstEmotionSpans *self, GstEmotionResult *result)
{
  GstEmotionSpan *last = g_queue_peek_tail (&self->spans);
  GstEmotionSpan *span = spell_new (result);

  /* Time starts again, as in a loop: later spans would never be dropped. */
  if (last && last->start > span->start) {
    g_queue_clear_full (&self->spans, (GDestroyNotify) gst_emotion_span_free);
    last = NULL;
  }
  if (last && last->end > span->start)
    last->end = span->start;
  g_queue_push_tail (&self->spans, span);
  gst_emotion_result_free (self->result);
  self->result = result;
}

void
gst_emotion_spans_forget (GstEmotionSpans *self, GstClockTime before)
{
  GstEmotionSpan *oldest;

  while ((oldest = g_queue_peek_head (&self->spans)) && oldest->end < before)
    gst_emotion_span_free (g_queue_pop_head (&self->spans));
}
