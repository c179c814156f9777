/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How results leave an element: each as a message at once, as meta on the next
 * buffer, and as tags. */
#pragma once

#include <gst/gst.h>
#include "gst/result.h"
#include "gst/settings.h"
#include "gst/tags.h"

typedef struct {
  GstElement *element;                /* its object lock guards what follows */
  const GstEmotionSettings *settings; /* of the element */
  GQueue results;                     /* GstEmotionResult, to attach */
  GstEmotionTagger tagger;
  gboolean has_warned; /* of a model whose outputs are not probabilities */
} GstEmotionDelivery;

/* A part of element, whose settings it reads; both are borrowed. */
void gst_emotion_delivery_init (GstEmotionDelivery *self, GstElement *element,
    const GstEmotionSettings *settings);

/* All below: from any thread, without the object lock. */

/* Takes a result, or NULL if the model's outputs are not probabilities. One at
 * a time. */
void gst_emotion_delivery_take (
    GstEmotionDelivery *self, GstEmotionResult *result);

/* Takes buffer and returns it with the results known so far. The buffer is made
 * writable only if there are any; a copy shares the memory. */
GstBuffer *gst_emotion_delivery_attach (
    GstEmotionDelivery *self, GstBuffer *buffer);

/* To be called before attach, and when there is no buffer: results beyond what
 * one buffer carries (many windows per buffer, gap events) are sent as events,
 * in the order of the windows. */
void gst_emotion_delivery_push_surplus (GstEmotionDelivery *self, GstPad *pad);

/* A tag event came from upstream: takes it and returns the one to send. */
GstEvent *gst_emotion_delivery_merge_tags (
    GstEmotionDelivery *self, GstEvent *event);

/* Sends the tags that are due. */
void gst_emotion_delivery_push_tags (GstEmotionDelivery *self, GstPad *pad);

/* The end of a segment: pending results would be attached to a buffer of
 * another one, or to none. They are sent as events (gst_emotion_event_new) now;
 * a following buffer still carries them. */
void gst_emotion_delivery_push_results (GstEmotionDelivery *self, GstPad *pad);

/* The end of the stream: the summary is due. */
void gst_emotion_delivery_finish (GstEmotionDelivery *self);

/* A new stream: tags of the previous one do not apply. */
void gst_emotion_delivery_start_stream (GstEmotionDelivery *self);

/* Another model: there may be one warning about it, too. */
void gst_emotion_delivery_set_model (GstEmotionDelivery *self);

/* Drops results that wait for a buffer. */
void gst_emotion_delivery_flush (GstEmotionDelivery *self);

/* Back to the initial state. */
void gst_emotion_delivery_clear (GstEmotionDelivery *self);
