/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/delivery.h"

#include "gst/analytics.h"
#include "gst/log.h"

/* Maximum number of results on a buffer. */
#define MAX_RESULTS 256

void
gst_emotion_delivery_init (GstEmotionDelivery *self, GstElement *element,
    const GstEmotionSettings *settings)
{
  *self = (GstEmotionDelivery){ .element = element, .settings = settings };
  g_queue_init (&self->results);
}

static void
warn_of_model (GstEmotionDelivery *self)
{
  gboolean has_warned;

  GST_OBJECT_LOCK (self->element);
  has_warned = self->has_warned;
  self->has_warned = TRUE;
  GST_OBJECT_UNLOCK (self->element);
  if (!has_warned)
    GST_ELEMENT_WARNING (self->element, LIBRARY, FAILED,
        ("The model's output is not a set of probabilities."), (NULL));
}

void
gst_emotion_delivery_take (GstEmotionDelivery *self, GstEmotionResult *result)
{
  GstMessage *message = NULL;
  gboolean posts;

  if (!result) {
    warn_of_model (self);
    return;
  }
  GST_LOG_OBJECT (self->element,
      "window %" G_GUINT64_FORMAT
      ": %s, confidence %.3f, took %" GST_TIME_FORMAT,
      result->window.id, gst_emotion_result_text (result), result->confidence,
      GST_TIME_ARGS (result->processing_time));
  GST_OBJECT_LOCK (self->element);
  posts = self->settings->post_messages;
  gst_emotion_tagger_add (&self->tagger, self->settings->tags, result);
  GST_OBJECT_UNLOCK (self->element);
  if (posts)
    message = gst_message_new_element (
        GST_OBJECT (self->element), gst_emotion_result_to_structure (result));
  GST_OBJECT_LOCK (self->element);
  if (self->settings->attach_meta || self->settings->attach_analytics)
    g_queue_push_tail (&self->results, g_steal_pointer (&result));
  GST_OBJECT_UNLOCK (self->element);
  gst_emotion_result_free (result);
  /* Last: a sync handler of the bus may stop the element and let it go. */
  if (message)
    gst_element_post_message (self->element, message);
}

void
gst_emotion_delivery_push_surplus (GstEmotionDelivery *self, GstPad *pad)
{
  for (;;) {
    g_autoptr (GstEmotionResult) result = NULL;

    GST_OBJECT_LOCK (self->element);
    if (self->results.length > MAX_RESULTS)
      result = g_queue_pop_head (&self->results);
    GST_OBJECT_UNLOCK (self->element);
    if (!result)
      return;
    GST_LOG_OBJECT (self->element,
        "window %" G_GUINT64_FORMAT
        " as an event: more than %d results wait for a buffer",
        result->window.id, MAX_RESULTS);
    gst_pad_push_event (pad, gst_emotion_event_new (result));
  }
}

GstBuffer *
gst_emotion_delivery_attach (GstEmotionDelivery *self, GstBuffer *buffer)
{
  for (;;) {
    g_autoptr (GstEmotionResult) result = NULL;
    gboolean has_meta, has_analytics;

    GST_OBJECT_LOCK (self->element);
    result = g_queue_pop_head (&self->results);
    has_meta = self->settings->attach_meta;
    has_analytics = self->settings->attach_analytics;
    GST_OBJECT_UNLOCK (self->element);
    if (!result)
      return buffer;
    GST_LOG_OBJECT (self->element,
        "window %" G_GUINT64_FORMAT
        " as meta on the buffer at %" GST_TIME_FORMAT,
        result->window.id, GST_TIME_ARGS (GST_BUFFER_PTS (buffer)));
    buffer = gst_buffer_make_writable (buffer);
    if (has_meta)
      gst_emotion_meta_add (buffer, result);
    if (has_analytics)
      gst_emotion_analytics_add (buffer, result);
  }
}

GstEvent *
gst_emotion_delivery_merge_tags (GstEmotionDelivery *self, GstEvent *event)
{
  GST_OBJECT_LOCK (self->element);
  event = gst_emotion_tagger_merge (&self->tagger, event);
  GST_OBJECT_UNLOCK (self->element);
  return event;
}

void
gst_emotion_delivery_push_tags (GstEmotionDelivery *self, GstPad *pad)
{
  GstEvent *event;

  GST_OBJECT_LOCK (self->element);
  event = gst_emotion_tagger_take (&self->tagger);
  GST_OBJECT_UNLOCK (self->element);
  if (event) {
    GST_DEBUG_OBJECT (self->element, "sending %" GST_PTR_FORMAT, event);
    gst_pad_push_event (pad, event);
  }
}

void
gst_emotion_delivery_push_results (GstEmotionDelivery *self, GstPad *pad)
{
  GQueue events = G_QUEUE_INIT;
  GstEvent *event;

  GST_OBJECT_LOCK (self->element);
  for (GList *l = self->results.head; self->settings->attach_meta && l;
       l = l->next)
    g_queue_push_tail (&events, gst_emotion_event_new (l->data));
  GST_OBJECT_UNLOCK (self->element);
  while ((event = g_queue_pop_head (&events))) {
    GST_LOG_OBJECT (self->element,
        "no buffer is left to carry it as meta: %" GST_PTR_FORMAT, event);
    gst_pad_push_event (pad, event);
  }
}

void
gst_emotion_delivery_finish (GstEmotionDelivery *self)
{
  GST_OBJECT_LOCK (self->element);
  gst_emotion_tagger_finish (&self->tagger, self->settings->tags);
  GST_OBJECT_UNLOCK (self->element);
}

void
gst_emotion_delivery_start_stream (GstEmotionDelivery *self)
{
  GST_OBJECT_LOCK (self->element);
  gst_emotion_tagger_clear (&self->tagger);
  GST_OBJECT_UNLOCK (self->element);
}

void
gst_emotion_delivery_set_model (GstEmotionDelivery *self)
{
  GST_OBJECT_LOCK (self->element);
  self->has_warned = FALSE;
  GST_OBJECT_UNLOCK (self->element);
}

void
gst_emotion_delivery_flush (GstEmotionDelivery *self)
{
  GST_OBJECT_LOCK (self->element);
  g_queue_clear_full (&self->results, (GDestroyNotify) gst_emotion_result_free);
  GST_OBJECT_UNLOCK (self->element);
}

void
gst_emotion_delivery_clear (GstEmotionDelivery *self)
{
  gst_emotion_delivery_flush (self);
  GST_OBJECT_LOCK (self->element);
  gst_emotion_tagger_clear (&self->tagger);
  self->has_warned = FALSE;
  GST_OBJECT_UNLOCK (self->element);
}
