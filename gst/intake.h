/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Buffers in, windows of samples out:
 *
 *   buffers -> what their time stamps mean (continuity) -> mono float at the
 *     model's rate (convert) -> windows (windower), each with its time
 *     (timeline)
 *
 * Gaps are filled and repetitions dropped here, so that windows are not
 * concerned with them. The streaming thread calls everything but stats. */
#pragma once

#include <gst/audio/audio.h>
#include "gst/continuity.h"
#include "gst/convert.h"
#include "gst/timeline.h"
#include "gst/voice.h"
#include "gst/windower.h"

/* A longer gap is not filled with silent windows: windows with sound are
 * completed, and the next begins after the gap. */
#define GST_EMOTION_LONG_GAP (60 * GST_SECOND)

/* Samples kept for windows that begin with speech: an onset is detected late,
 * and may be in a window that has ended. */
#define GST_EMOTION_RECENT 8192

/* Each sample that came in is in a window, was repeated, was discarded, or is
 * in the window in progress. */
typedef struct {
  guint64 gaps;           /* places where silence was filled in */
  GstClockTime filled;    /* the silence */
  guint64 breaks;         /* in the middle of a stream */
  GstClockTime repeated;  /* repeated and dropped */
  GstClockTime discarded; /* in no window: too little before a break, a new
                             segment, a flush or the end */
} GstEmotionContinuityStats;

/* Called when the window in progress is full, or ends where speech begins; the
 * next one begins when this returns. */
typedef void (*GstEmotionFullFunc) (gpointer user_data);

typedef struct {
  GstElement *owner; /* borrowed */
  GstEmotionFullFunc full;
  gpointer user_data;

  GstAudioInfo info;            /* invalid until there is a format */
  gsize window_len;             /* samples at */
  guint64 rate;                 /* Hz */
  GstEmotionWindower *windower; /* NULL until set_windows */
  GstEmotionConvert *convert;   /* NULL until there is a format, too */
  GstEmotionTimeline timeline;
  GstEmotionContinuity continuity;
  guint64 stretch; /* one more with each break */
  guint64 edits;   /* one more where samples that had come in were moved: the
                      same position is another sample now */

  GstEmotionVoice *voice; /* NULL: voice is not measured */
  gsize unheard; /* of the last samples in the windower, not pushed to it yet */
  gboolean aligns;      /* windows begin where speech begins */
  guint64 recent_start; /* position before which it is empty */
  float *recent;        /* [GST_EMOTION_RECENT], the newest last, or NULL */

  gboolean is_discont; /* flagged by a buffer of which no frame came in */
  gboolean is_assumed; /* no time stamp of the stretch yet */
  guint64 skip;        /* repeated frames still to be dropped */
  float *scratch;      /* [window_len], NULL until a gap is filled afterwards */

  GMutex lock; /* guards: */
  GstEmotionContinuityStats stats;
} GstEmotionIntake;

/* Free with gst_emotion_intake_clear. */
void gst_emotion_intake_init (GstEmotionIntake *self, GstElement *owner,
    GstEmotionFullFunc full, gpointer user_data);
void gst_emotion_intake_clear (GstEmotionIntake *self);

/* Changes the windows, between two stretches. */
gboolean gst_emotion_intake_set_windows (GstEmotionIntake *self,
    gsize window_len, guint64 rate, GstClockTime interval, GError **error);

/* From the window in progress on; see gst_emotion_windower_set_interval. */
void gst_emotion_intake_set_interval (
    GstEmotionIntake *self, GstClockTime interval);

/* Whether voice is measured, from the window in progress on. If it cannot be, a
 * log line says why. */
void gst_emotion_intake_set_voice (GstEmotionIntake *self, gboolean is_wanted);

/* Whether windows begin where speech begins; needs
 * gst_emotion_intake_set_voice.
 */
void gst_emotion_intake_set_aligns (GstEmotionIntake *self, gboolean aligns);

/* The voice in the window in progress; GST_CLOCK_TIME_NONE: not measured. */
GstClockTime gst_emotion_intake_measure_voice (GstEmotionIntake *self);

/* See recognizer.h for these. */
gboolean gst_emotion_intake_set_format (
    GstEmotionIntake *self, const GstAudioInfo *info, GError **error);
void gst_emotion_intake_set_segment (
    GstEmotionIntake *self, const GstSegment *segment);
gboolean gst_emotion_intake_push (GstEmotionIntake *self, GstBuffer *buffer);
void gst_emotion_intake_push_gap (
    GstEmotionIntake *self, GstClockTime timestamp, GstClockTime duration);

/* Drains the converter into the window in progress; must be followed by
 * restart. */
void gst_emotion_intake_drain (GstEmotionIntake *self);

/* The next samples do not continue the previous ones. */
void gst_emotion_intake_restart (GstEmotionIntake *self, const char *reason);
void gst_emotion_intake_flush (GstEmotionIntake *self);

/* Since the start, from any thread. */
GstEmotionContinuityStats gst_emotion_intake_stats (GstEmotionIntake *self);
