/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sound in buffers of any size in, the sound of one picture after another out.
 *
 * Pictures are counted from where the sound began, or was broken, so that their
 * times do not drift where a picture is no whole number of frames. Belongs to
 * the streaming thread. */
#pragma once

#include <gst/audio/audio.h>
#include <gst/base/gstadapter.h>
#include "gst/timeline.h"

typedef struct {
  GstAdapter *adapter;         /* sound for the next picture */
  GstEmotionTimeline timeline; /* counts frames of the sound */
  guint64 position;            /* in frames: what went into the adapter */
  guint64 start;               /* where the pictures' count begins */
  guint64 n_pictures;          /* since start */
  gint fps_n, fps_d;           /* of that count */
  gint bpf, rate;              /* of the sound */
} GstEmotionSlicer;

/* Zero-filled memory, or one that is in use: as new. Free with
 * gst_emotion_slicer_clear. */
void gst_emotion_slicer_reset (GstEmotionSlicer *self);
void gst_emotion_slicer_clear (GstEmotionSlicer *self);

/* Sound in another format follows; forgets what no picture had. */
void gst_emotion_slicer_set_sound (
    GstEmotionSlicer *self, const GstAudioInfo *info);
/* Another rate of pictures counts from the one that comes next. */
void gst_emotion_slicer_set_pictures (
    GstEmotionSlicer *self, gint fps_n, gint fps_d);
/* Restarts. segment: in TIME. */
void gst_emotion_slicer_set_segment (
    GstEmotionSlicer *self, const GstSegment *segment);

/* The next sound has nothing to do with the last. */
void gst_emotion_slicer_restart (GstEmotionSlicer *self);
/* FALSE if sound with that time stamp (or NONE) has not either. */
gboolean gst_emotion_slicer_continues (
    const GstEmotionSlicer *self, GstClockTime pts);

/* Takes buffer, whose time stamp is pts (or NONE). */
void gst_emotion_slicer_add (
    GstEmotionSlicer *self, GstClockTime pts, GstBuffer *buffer);

/* The sound of the next picture, at least min frames, with time stamp and
 * duration; NULL if there is not enough. end: its stream time. */
GstBuffer *gst_emotion_slicer_next (
    GstEmotionSlicer *self, gsize min, GstClockTime *end);

/* Frames that a picture that has begun still lacks. */
gsize gst_emotion_slicer_lacks (const GstEmotionSlicer *self, gsize min);
