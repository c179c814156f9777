/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A URI -> demuxer and decoder -> one audio track, linked to a pad. */
#pragma once

#include "gst/media/wave.h"

/* Used by the streaming thread from gst_emotion_uri_source_new on until the
 * pipeline has stopped. */
typedef struct {
  const char *uri;
  const char *path;           /* of the same; NULL: not a local file */
  const GstEmotionWave *wave; /* the same, read by ourselves; or NULL */
  const char *track;          /* see gst/media/tracks.h */
  GPtrArray *decoders;        /* see gst/media/play.h */
  GstPad *sink;               /* that takes the sound */

  GPtrArray *candidates; /* private: GstPad */
} GstEmotionUriSource;

/* Name of the application message whose field "text" tells which tracks were
 * left out; a stream of several consecutive files posts it again. */
#define GST_EMOTION_OTHER_TRACKS "emotion-other-tracks"

/* A new element, floating, which posts an error if there is no such track.
 * NULL and an error if a plugin is missing. */
GstElement *gst_emotion_uri_source_new (
    GstEmotionUriSource *self, GError **error);
void gst_emotion_uri_source_clear (GstEmotionUriSource *self);
