/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes of a regular file, wherever they are. */
#pragma once

#include <glib.h>

typedef struct {
  int fd;
  guint64 size;
  const char *path; /* borrowed */
} GstEmotionFileBytes;

/* FALSE if it cannot be read, or is a pipe or a device. Close with
 * gst_emotion_file_bytes_close. */
gboolean gst_emotion_file_bytes_open (
    GstEmotionFileBytes *file, const char *path);
void gst_emotion_file_bytes_close (GstEmotionFileBytes *file);

/* FALSE if there are not n bytes from there on. */
gboolean gst_emotion_file_bytes_read (
    const GstEmotionFileBytes *file, guint64 at, gpointer data, gsize n);

/* Of sizes of 32 bits, what programs write that cannot go back to the head: 0,
 * -1, or the largest signed number, some of it rounded down or with heads
 * counted in. */
gboolean gst_emotion_file_bytes_is_placeholder (guint64 size);
