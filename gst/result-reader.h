/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Extracts results from a stream: each once, whether it comes as meta of a
 * buffer (encoders may put one on several buffers) or as an event. Used by the
 * streaming thread. */
#pragma once

#include <gst/gst.h>
#include "gst/result.h"

typedef struct {
  gboolean has_seen; /* zero-filled memory is a valid start */
  guint64 id;        /* of the last one seen, as is */
  GstClockTime timestamp;
} GstEmotionReader;

/* Owns result. */
typedef void (*GstEmotionReaderFunc) (
    GstEmotionResult *result, gpointer user_data);

/* After a flush windows count from 0 again. */
void gst_emotion_reader_reset (GstEmotionReader *self);

/* Calls func for the results on buffer, in order. */
void gst_emotion_reader_read_buffer (GstEmotionReader *self, GstBuffer *buffer,
    GstEmotionReaderFunc func, gpointer user_data);

/* The same for an event; FALSE if it is not one of ours. */
gboolean gst_emotion_reader_read_event (GstEmotionReader *self, GstEvent *event,
    GstEmotionReaderFunc func, gpointer user_data);
