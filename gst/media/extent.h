/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The size or duration that a file states in the structure of its container
 * (RIFF, AIFF, AU, Wave64, MP4, Matroska, Ogg, ASF, the Xing head of MP3), or
 * in its last frame (gst/media/last-frame.h), without decoding it. */
#pragma once

#include <glib.h>

/* What is known of the duration of the whole sound. */
typedef enum {
  GST_EMOTION_EXTENT_TIMED,   /* stated in the header of the container */
  GST_EMOTION_EXTENT_EVEN,    /* bytes, in proportion to time: raw sound */
  GST_EMOTION_EXTENT_UNTIMED, /* nothing, if the end is missing */
} GstEmotionExtentBasis;

typedef struct {
  guint64 head;         /* bytes before the sound, as far as it is known */
  guint64 stated;       /* bytes stated by the container */
  guint64 present;      /* bytes in the file */
  guint64 duration;     /* ns, stated in the header; 0: unknown */
  guint64 behind;       /* bytes of another file of the kind behind it */
  gboolean is_of_sound; /* duration: not that of a film */
  gboolean lacks_index; /* MP4 without “moov” */
  gboolean is_cut;      /* shorter than it states */
  GstEmotionExtentBasis basis;
} GstEmotionExtent;

/* path: of a local file. FALSE if the container is of another kind, or states
 * nothing (it was written to a pipe). */
gboolean gst_emotion_extent_read (GstEmotionExtent *extent, const char *path);
