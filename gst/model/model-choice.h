/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The model selected by an element's properties. While streaming, it is loaded
 * and checked in another thread, and then waits for the streaming thread. */
#pragma once

#include <gst/gst.h>
#include "gst/model/model.h"
#include "gst/settings.h"

typedef struct {
  GstElement *element;                /* its object lock guards what follows */
  const GstEmotionSettings *settings; /* of the element */
  gboolean is_running;
  gboolean is_loading; /* a thread is loading, and checks for later changes */
  guint n_changes;     /* a load for an earlier one is discarded */
  guint n_loaded;      /* the last change for which a load has begun */
  GstEmotionModel *model;   /* pending, or NULL, with */
  GstEmotionLabels *labels; /* these */
} GstEmotionModelChoice;

/* Part of element, whose settings it reads; both are borrowed. */
void gst_emotion_model_choice_init (GstEmotionModelChoice *self,
    GstElement *element, const GstEmotionSettings *settings);

/* All below: from any thread, without the object lock. */

/* Loads the model of the properties synchronously; they may change from now on.
 * NULL and an error that names the file if it cannot be loaded. */
GstEmotionModel *gst_emotion_model_choice_start (
    GstEmotionModelChoice *self, GstEmotionLabels **labels, GError **error);

/* The properties have changed. A model that cannot be loaded is a warning. Does
 * nothing before start and after stop. */
void gst_emotion_model_choice_change (GstEmotionModelChoice *self);

/* The pending model, or NULL, and its labels. */
GstEmotionModel *gst_emotion_model_choice_take (
    GstEmotionModelChoice *self, GstEmotionLabels **labels);

/* Abandons a load in progress. */
void gst_emotion_model_choice_stop (GstEmotionModelChoice *self);

/* Posts error, of a model that cannot be used, as a message of the given type
 * (error or warning) in a domain of GStreamer. */
void gst_emotion_model_choice_report (
    GstElement *element, GstMessageType type, const GError *error);
