/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long a file says that it is, by the structure of its container (RIFF,
 * AIFF, AU, Wave64, MP4, Matroska, Ogg, ASF, the Xing head of MP3), without
 * decoding it. */
#pragma once

#include <glib.h>

/* How long the whole sound is. */
typedef enum {
  GST_EMOTION_EXTENT_TIMED,   /* the head of the container */
  GST_EMOTION_EXTENT_EVEN,    /* bytes, in proportion to time: raw sound */
  GST_EMOTION_EXTENT_UNTIMED, /* nothing, if the end is not there */
} GstEmotionExtentBasis;

typedef struct {
  guint64 head;         /* bytes before the sound, as far as it is known */
  guint64 stated;       /* bytes that the container announces */
  guint64 present;      /* bytes that the file has */
  guint64 duration;     /* ns, that the head announces; 0: it does not */
  gboolean lacks_index; /* MP4 without “moov” */
  gboolean is_cut;      /* it ends within what it announces */
  GstEmotionExtentBasis basis;
} GstEmotionExtent;

/* path: of a local file. FALSE if the container is of another kind, or does
 * not say (it was written to a pipe). */
gboolean gst_emotion_extent_read (GstEmotionExtent *extent, const char *path);
