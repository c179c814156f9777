/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Behaviour of GStreamer's own elements (1.22) that would keep a program
 * waiting for ever:
 * - decodebin drops errors of an element while it is being plugged. A parser of
 * raw sound (AIFF, WAV) already has its own thread then, which sometimes pushes
 * too early, is refused, and ends without any message.
 * - An element that decodebin plugs just when the pipeline is stopped may be
 * left in its state, with a thread that gst_deinit waits for.
 * - wavparse pushes empty buffers endlessly if a WAV file ends within its
 * header.
 */
#pragma once

#include <gst/gst.h>

/* Of one pipeline; zeroed at first. */
typedef struct {
  guint n_empty; /* used by the streaming thread: empty buffers in a row */
  guint n_quiet; /* used by the waiting thread: idle checks in a row */
} GstEmotionStall;

/* To be called with each buffer at the end of the pipeline. TRUE once, if only
 * empty buffers have come for too long. */
gboolean gst_emotion_stall_takes (GstEmotionStall *self, GstBuffer *buffer);

/* To be called by the waiting thread, each time the bus was silent for a while.
 * TRUE if no thread of the pipeline was active at this call and the previous
 * one, so that nothing will ever come. uri: what it plays; only local files
 * have nothing else to wait for. Once EOS has reached sink, where the audio
 * ends, no thread has to be active: the pipeline posts its message when it is
 * PLAYING, which takes a busy machine a while: so many calls. */
#define GST_EMOTION_STALL_EOS_CHECKS 300
gboolean gst_emotion_stall_is_reached (
    GstEmotionStall *self, GstElement *pipeline, GstPad *sink, const char *uri);

/* From before a pipeline plays until it is stopped: records all elements that
 * are ever in it, to stop them, too. */
GAsyncQueue *gst_emotion_note_elements (GstElement *pipeline);
void gst_emotion_stall_stop (GstElement *pipeline, GAsyncQueue *noted);

/* The error about a stall. */
GError *gst_emotion_stall_error (void);

/* How often to try a file that gave nothing, if the failure may be due to
 * timing: a thread may have been faster than plugging. */
#define GST_EMOTION_MAX_TRIES 5
gboolean gst_emotion_stall_may_be_chance (const GError *failure);

/* How often to check a pipeline whose bus is silent. */
#define GST_EMOTION_PULSE (GST_SECOND / 10)
