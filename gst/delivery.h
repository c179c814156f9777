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
  gboolean has_warned; /* of a model that gives no probabilities */
} GstEmotionDelivery;

/* Part of element, whose settings it reads; both are borrowed. */
void gst_emotion_delivery_init (GstEmotionDelivery *self, GstElement *element,
    const GstEmotionSettings *settings);

/* All below: from any thread, without the object lock. */

/* Takes a result, or NULL if the model gave no probabilities. One at a
 * time. */
void gst_emotion_delivery_take (
    GstEmotionDelivery *self, GstEmotionResult *result);

/* Takes buffer and returns it with what is known by now. Only a buffer that
 * gets something is made writable; the copy shares the memory. */
GstBuffer *gst_emotion_delivery_attach (
    GstEmotionDelivery *self, GstBuffer *buffer);

/* To call before attach, and where no buffer comes: what one buffer cannot
 * carry (windows that are short of each other, buffers that are long, gap
 * events) goes as events, in the order of the windows. */
void gst_emotion_delivery_push_surplus (GstEmotionDelivery *self, GstPad *pad);

/* A tag event came from upstream: takes it and returns the one to send. */
GstEvent *gst_emotion_delivery_merge_tags (
    GstEmotionDelivery *self, GstEvent *event);

/* Sends the tags that are due. */
void gst_emotion_delivery_push_tags (GstEmotionDelivery *self, GstPad *pad);

/* A segment ends: what still waits would get a buffer of another one, or none.
 * It goes as events (gst_emotion_event_new) now; a buffer that follows carries
 * it all the same. */
void gst_emotion_delivery_push_results (GstEmotionDelivery *self, GstPad *pad);

/* The end of the stream: the summary is due. */
void gst_emotion_delivery_finish (GstEmotionDelivery *self);

/* A new stream: tags of the one before say nothing about it. */
void gst_emotion_delivery_start_stream (GstEmotionDelivery *self);

/* Another model: it may be warned of once, too. */
void gst_emotion_delivery_set_model (GstEmotionDelivery *self);

/* Forgets what waits for a buffer. */
void gst_emotion_delivery_flush (GstEmotionDelivery *self);

/* Forgets everything. */
void gst_emotion_delivery_clear (GstEmotionDelivery *self);
