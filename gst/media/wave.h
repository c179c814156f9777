/* SPDX-License-Identifier: GPL-2.0-or-later */
/* WAV files (RIFF, RF64, BW64, Sony Wave64) read by ourselves, up to where
 * their samples begin: wavparse (1.22 to 1.26) takes no more than 2 GiB of one,
 * and nothing of some whose sound has an odd number of bytes. What is encoded
 * in them is decoded by GStreamer as ever. */
#pragma once

#include <gst/gst.h>

typedef struct {
  GBytes *format; /* of the chunk “fmt ” */
  guint64 offset; /* of the sound in the file, bytes */
  guint64 stated; /* bytes of sound that the head announces; 0: it does not */
  guint64 size;   /* bytes of sound that there are */
} GstEmotionWave;

/* path: of a local file. FALSE if it is no WAV file. Clear with
 * gst_emotion_wave_clear. */
gboolean gst_emotion_wave_read (GstEmotionWave *wave, const char *path);
void gst_emotion_wave_clear (GstEmotionWave *wave);

/* Bytes of a file from which on wavparse cuts it off; tests set less. */
extern guint64 gst_emotion_wave_limit;

/* Whether wavparse would leave out its end. */
gboolean gst_emotion_wave_is_large (const GstEmotionWave *wave);

/* Makes an appsrc give the sound of the file, with its caps, time stamps of raw
 * audio, and its duration. FALSE if the format is not known. */
gboolean gst_emotion_wave_feed (
    const GstEmotionWave *wave, const char *path, GstElement *appsrc);
