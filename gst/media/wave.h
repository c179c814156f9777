/* SPDX-License-Identifier: GPL-2.0-or-later */
/* WAV files (RIFF, RF64, BW64, Sony Wave64) read by ourselves, up to where
 * their samples begin: wavparse (1.22 to 1.26) reads at most 2 GiB, and nothing
 * of some files whose sound has an odd number of bytes. Encoded sound in them
 * is still decoded by GStreamer. */
#pragma once

#include <gst/gst.h>

typedef struct {
  GBytes *format;        /* of the chunk “fmt ” */
  guint64 offset;        /* of the sound in the file, bytes */
  guint64 stated;        /* bytes of sound stated in the header; 0: unknown */
  guint64 size;          /* bytes of sound in the file */
  gboolean is_cut_early; /* before any sound */
} GstEmotionWave;

/* path: of a local file. FALSE if it is not a WAV file, or ends before its
 * sound begins. Clear with gst_emotion_wave_clear. */
gboolean gst_emotion_wave_read (GstEmotionWave *wave, const char *path);
void gst_emotion_wave_clear (GstEmotionWave *wave);

/* The size from which on wavparse truncates a file; tests set less. */
extern guint64 gst_emotion_wave_limit;

/* Whether wavparse would truncate it. */
gboolean gst_emotion_wave_is_large (const GstEmotionWave *wave);

/* Makes an appsrc push the sound of the file, with caps, duration and, for raw
 * audio, time stamps. FALSE if the format is unknown. */
gboolean gst_emotion_wave_feed (
    const GstEmotionWave *wave, const char *path, GstElement *appsrc);
