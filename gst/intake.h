/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Buffers in, windows of samples out:
 *
 *   buffers -> what their time stamps mean (continuity) -> mono float at the
 *     model's rate (convert) -> windows (windower), each with its time
 *     (timeline)
 *
 * Gaps are filled and repetitions dropped here, so that windows know nothing of
 * them. The streaming thread calls everything but stats. */
#pragma once

#include <gst/audio/audio.h>
#include "gst/continuity.h"
#include "gst/convert.h"
#include "gst/timeline.h"
#include "gst/voice.h"
#include "gst/windower.h"

/* A gap that lasts longer is not filled with silent windows: those that hold
 * sound are completed, and the next begins after it. */
#define GST_EMOTION_LONG_GAP (60 * GST_SECOND)

/* Samples that are kept where windows begin where speech begins: its beginning
 * is known when some of it is past, which may be in a window that has ended. */
#define GST_EMOTION_RECENT 8192

/* What came in is in a window, or was repeated, or was discarded, or is in the
 * window in progress. */
typedef struct {
  guint64 gaps;           /* places where silence was filled in */
  GstClockTime filled;    /* the silence */
  guint64 breaks;         /* in the middle of a stream */
  GstClockTime repeated;  /* came twice and was dropped */
  GstClockTime discarded; /* in no window: too little before a break, a new
                             segment, a flush or the end */
} GstEmotionContinuityStats;

/* The window in progress is full, or ends where speech begins; it is left
 * behind when this returns. */
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
  gboolean voice_at_once; /* see gst_emotion_voice_push */
  gboolean aligns;        /* windows begin where speech begins */
  guint64 recent_start;   /* position before which there is nothing in */
  float *recent;          /* [GST_EMOTION_RECENT], the newest last, or NULL */

  gboolean is_discont; /* so said a buffer of which no frame came in */
  gboolean is_assumed; /* no time stamp of the stretch yet */
  guint64 skip;        /* frames that come twice, to be dropped */
  float *scratch;      /* [window_len], NULL until a gap is filled late */

  GMutex lock; /* guards: */
  GstEmotionContinuityStats stats;
} GstEmotionIntake;

/* Free with gst_emotion_intake_clear. */
void gst_emotion_intake_init (GstEmotionIntake *self, GstElement *owner,
    GstEmotionFullFunc full, gpointer user_data);
void gst_emotion_intake_clear (GstEmotionIntake *self);

/* Other windows, between two stretches. */
gboolean gst_emotion_intake_set_windows (GstEmotionIntake *self,
    gsize window_len, guint64 rate, GstClockTime interval, GError **error);

/* Whether voice is measured, from the window in progress on. Where it cannot
 * be, a log line says why. */
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

/* What the converter holds back goes into the window in progress; restart has
 * to follow. */
void gst_emotion_intake_drain (GstEmotionIntake *self);

/* The samples that follow do not continue the ones before. */
void gst_emotion_intake_restart (GstEmotionIntake *self, const char *reason);
void gst_emotion_intake_flush (GstEmotionIntake *self);

/* Since the start, from any thread. */
GstEmotionContinuityStats gst_emotion_intake_stats (GstEmotionIntake *self);
