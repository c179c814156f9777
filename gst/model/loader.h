/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what the properties name to a model with labels, and from a GError to a
 * message on the bus. */
#pragma once

#include <gst/gst.h>
#include "gst/model/model.h"
#include "gst/settings.h"

/* What is to be loaded. */
typedef struct {
  const char *file; /* wins over builtin; or NULL */
  GstEmotionBuiltin builtin;
  GstEmotionModelOptions options;
  const char *labels; /* "a,b,c", or NULL: those of the model */
} GstEmotionWish;

/* New references, or NULL and an error that names the file. */
GstEmotionModel *gst_emotion_load (
    const GstEmotionWish *wish, GstEmotionLabels **labels, GError **error);

/* Posts error as a message of the given type (error or warning), in a domain
 * of GStreamer. */
void gst_emotion_load_report (
    GstElement *element, GstMessageType type, const GError *error);
