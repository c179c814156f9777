/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Audio in buffers of any size in, the audio of one picture after another out.
 *
 * Pictures are counted from the beginning of the audio, or from a break, so
 * that their times do not drift if a picture is not a whole number of audio
 * frames. Belongs to the streaming thread. */
#pragma once

#include <gst/audio/audio.h>
#include <gst/base/gstadapter.h>
#include "gst/continuity.h"
#include "gst/timeline.h"

typedef struct {
  GstAdapter *adapter;         /* sound for the next picture */
  GstEmotionTimeline timeline; /* counts frames of the sound */
  GstEmotionContinuity continuity;
  gboolean has_time;  /* a time stamp came since the last restart */
  guint64 skip;       /* frames that come twice, to be left out */
  guint64 position;   /* in frames: what went into the adapter */
  guint64 start;      /* where the pictures' count begins */
  guint64 n_pictures; /* since start */
  gint fps_n, fps_d;  /* of that count */
  gint bpf, rate;     /* of the sound */
} GstEmotionSlicer;

/* Initialises zero-filled memory, or resets one in use. Free with
 * gst_emotion_slicer_clear. */
void gst_emotion_slicer_reset (GstEmotionSlicer *self);
void gst_emotion_slicer_clear (GstEmotionSlicer *self);

/* Sound in another format follows; drops audio not yet used. */
void gst_emotion_slicer_set_sound (
    GstEmotionSlicer *self, const GstAudioInfo *info);
/* Another frame rate, from the next picture on. */
void gst_emotion_slicer_set_pictures (
    GstEmotionSlicer *self, gint fps_n, gint fps_d);
/* Restarts. segment: in TIME. */
void gst_emotion_slicer_set_segment (
    GstEmotionSlicer *self, const GstSegment *segment);

/* The next audio does not continue the last. */
void gst_emotion_slicer_restart (GstEmotionSlicer *self);
/* Before sound with time stamp pts (or NONE) is added: FALSE if it has nothing
 * to do with the sound before either. *n_missing: frames that are missing
 * between the two. What comes twice is left out when it is added. */
gboolean gst_emotion_slicer_meet (GstEmotionSlicer *self, GstClockTime pts,
    gboolean is_discont, guint64 *n_missing);

/* Takes buffer: sound. */
void gst_emotion_slicer_add (GstEmotionSlicer *self, GstBuffer *buffer);
/* Takes buffer: silence in place of what is missing. */
void gst_emotion_slicer_fill (GstEmotionSlicer *self, GstBuffer *buffer);

/* The sound of the next picture, at least min frames, with time stamp and
 * duration; NULL if there is not enough. end: its stream time. */
GstBuffer *gst_emotion_slicer_next (
    GstEmotionSlicer *self, gsize min, GstClockTime *end);

/* Audio frames that the current picture still lacks. */
gsize gst_emotion_slicer_lacks (const GstEmotionSlicer *self, gsize min);
