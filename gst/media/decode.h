/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sound file of any format that GStreamer decodes -> mono float samples at
 * one rate, converted as the element converts them (gst/convert.h). Any number
 * of threads at once. */
#pragma once

#include <glib.h>

typedef struct {
  double rate;       /* Hz */
  gsize max_len;     /* samples after which decoding stops; 0: all */
  const char *track; /* of several; see gst/media/play.h; or NULL */
} GstEmotionDecodeOptions;

typedef struct {
  float *samples; /* [n_samples], n_samples > 0 */
  gsize n_samples;
  char *note; /* a warning for the user; or NULL */
  char *loss; /* a description of what is missing; or NULL */
} GstEmotionSound;

/* source: the path of a file, a URI, or "-". Clear with
 * gst_emotion_sound_clear. FALSE and an error if it contains no audio. A
 * damaged or truncated file gives what can be decoded, and a loss. */
gboolean gst_emotion_decode (const char *source,
    const GstEmotionDecodeOptions *options, GstEmotionSound *sound,
    GError **error);
void gst_emotion_sound_clear (GstEmotionSound *sound);

/* The same with the default track, ignoring losses. Returns [*n] samples; free
 * with g_free. */
float *gst_emotion_decode_file (
    const char *source, double rate, gsize max_len, gsize *n, GError **error);
