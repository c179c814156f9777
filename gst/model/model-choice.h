/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The model that an element's properties name. While the stream runs it is
 * loaded and checked in another thread, and then waits for the streaming
 * thread. */
#pragma once

#include <gst/gst.h>
#include "gst/model/model.h"
#include "gst/settings.h"

typedef struct {
  GstElement *element;                /* its object lock guards what follows */
  const GstEmotionSettings *settings; /* of the element */
  gboolean is_running;
  gboolean is_loading;      /* a thread does, and looks for more after it */
  guint n_changes;          /* a load that is not for the last is void */
  guint n_loaded;           /* the last change that a load began for */
  GstEmotionModel *model;   /* waits, or NULL, with */
  GstEmotionLabels *labels; /* these */
} GstEmotionModelChoice;

/* Part of element, whose settings it reads; both are borrowed. */
void gst_emotion_model_choice_init (GstEmotionModelChoice *self,
    GstElement *element, const GstEmotionSettings *settings);

/* All below: from any thread, without the object lock. */

/* Loads what the properties name, here and now; from now on, they may change.
 * NULL and an error that names the file where it cannot be had. */
GstEmotionModel *gst_emotion_model_choice_start (
    GstEmotionModelChoice *self, GstEmotionLabels **labels, GError **error);

/* The properties have changed. One that cannot be had is a warning. Nothing
 * happens before start and after stop. */
void gst_emotion_model_choice_change (GstEmotionModelChoice *self);

/* The model that waits, or NULL, and its labels. */
GstEmotionModel *gst_emotion_model_choice_take (
    GstEmotionModelChoice *self, GstEmotionLabels **labels);

/* What is being loaded is let go. */
void gst_emotion_model_choice_stop (GstEmotionModelChoice *self);

/* Posts error, of a model that cannot be used, as a message of the given type
 * (error or warning) in a domain of GStreamer. */
void gst_emotion_model_choice_report (
    GstElement *element, GstMessageType type, const GError *error);
