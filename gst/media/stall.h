/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What GStreamer's own elements (1.22) do that would keep a program waiting for
 * ever:
 * - decodebin drops what an element complains about while it is being plugged.
 *   A parser of raw sound (AIFF, WAV) has a thread of its own by then, which
 *   now and then pushes too early, is refused, and ends; nobody says so.
 * - An element that decodebin plugs just when the pipeline is stopped may be
 *   left as it is, with a thread that gst_deinit waits for.
 * - wavparse pushes empty buffers without end where a WAV file ends within its
 *   head.
 */
#pragma once

#include <gst/gst.h>

/* Of one pipeline; zeroed at first. */
typedef struct {
  guint n_empty; /* the streaming thread's: buffers in a row */
  guint n_quiet; /* the waiting thread's: looks in a row */
} GstEmotionStall;

/* For each buffer at the pipeline's end. TRUE once, where nothing but empty
 * buffers has come for too long. */
gboolean gst_emotion_stall_takes (GstEmotionStall *self, GstBuffer *buffer);

/* For the waiting thread, each time the bus was silent for a while. TRUE if
 * no thread of the pipeline worked this time and the last, so that nothing will
 * ever come. uri: what it plays; only local files have nothing else to wait
 * for. */
gboolean gst_emotion_stall_is_reached (
    GstEmotionStall *self, GstElement *pipeline, const char *uri);

/* From before a pipeline plays until it is stopped: notes all that is ever in
 * it, and stops that, too. */
GAsyncQueue *gst_emotion_note_elements (GstElement *pipeline);
void gst_emotion_stall_stop (GstElement *pipeline, GAsyncQueue *noted);

/* What to say of a stall. */
GError *gst_emotion_stall_error (void);

/* How often to try a file of which nothing came, where failure does not say
 * that it always will be so: threads may have been faster than their plumber.
 */
#define GST_EMOTION_MAX_TRIES 5
gboolean gst_emotion_stall_may_be_chance (const GError *failure);

/* How often to look after a pipeline that says nothing. */
#define GST_EMOTION_PULSE (GST_SECOND / 10)
