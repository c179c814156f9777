/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only engine that plays a source into a consumer of its sound: a file, a
 * URI or a live element -> demuxer and decoder -> one audio track -> the
 * elements and functions of the caller. emotion-analyze, emotion-features and
 * emotion-train all read sound through it. Any number of threads at once;
 * except for `take`, everything is called in the thread that plays. */
#pragma once

#include <gst/gst.h>

typedef struct {
  /* What to play; NULL: a live source, from source_new. */
  const char *uri;
  /* Of several audio tracks: a number from 1 on, or a language; NULL: the one
   * that the container prefers, and a warning names the others. */
  const char *track;
  /* not 0 (by g_atomic_int_get) ends a file with an error, and a live source by
   * EOS; or NULL. */
  const gint *stop;
  gboolean is_live; /* uri: it is live, too, and ends by stop */
  /* Gets the factories (GstElementFactory, owned) of demuxers, parsers and
   * decoders in the order in which they were plugged; or NULL. */
  GPtrArray *decoders;

  /* A live source, floating; NULL and an error. */
  GstElement *(*source_new) (gpointer user_data, GError **error);
  /* Adds the consumer of the sound to a new pipeline, up to its sinks. Returns
   * the element, borrowed, whose pad “sink” gets raw audio. Called again for
   * each new attempt, as long as no sound has come. */
  GstElement *(*add_sink) (GstBin *pipeline, gpointer user_data);
  /* Called with each buffer before the consumer gets it, in the streaming
   * thread. FALSE drops it and ends the source: with an error it has failed,
   * without one it was enough. NULL: not wanted. */
  gboolean (*take) (
      GstBuffer *buffer, GstCaps *caps, gpointer user_data, GError **error);
  /* Messages of elements, such as “emotion”. NULL: not wanted. */
  void (*message) (GstMessage *message, gpointer user_data);
  /* A warning for the user about a source that can be played. NULL: not wanted.
   */
  void (*warning) (const char *text, gpointer user_data);
  /* Progress, 0..1, a few times a second. NULL: not wanted. */
  void (*progress) (gdouble fraction, gpointer user_data);
} GstEmotionPlay;

/* Returns at the end of the source, or when enough was taken. FALSE and an
 * error for the user if no sound came, or stop ended it. *loss: if some of the
 * sound is missing, a description of how much, or of what ended it early; else
 * NULL. Free with g_free. */
gboolean gst_emotion_play (const GstEmotionPlay *play, gpointer user_data,
    char **loss, GError **error);
