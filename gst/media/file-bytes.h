/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random access to the bytes of a regular file. */
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

/* FALSE if fewer than n bytes follow. */
gboolean gst_emotion_file_bytes_read (
    const GstEmotionFileBytes *file, guint64 at, gpointer data, gsize n);

/* Whether a 32-bit size is a placeholder of programs that cannot seek back to
 * the header: 0, -1, or the largest signed number, possibly rounded down or
 * including headers. */
gboolean gst_emotion_file_bytes_is_placeholder (guint64 size);
