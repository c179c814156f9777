/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results in, subtitle cues out: in order, without overlap.
 *
 * A cue lasts as long as its window, but only until the next window begins. If
 * windows overlap, a cue waits until the next is known (hold), or lasts for the
 * interval of the last two windows; the very first cue is then as long as its
 * window. */
#pragma once

#include <gst/gst.h>
#include "gst/result.h"

typedef struct {
  GstClockTime start;
  GstClockTime duration;
  char *text; /* owned */
} GstEmotionCue;

void gst_emotion_cue_free (GstEmotionCue *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEmotionCue, gst_emotion_cue_free)

/* The window's start in the segment, or NONE: its time stamp, unless an element
 * in between has changed the segment; running time is the same for all. */
GstClockTime gst_emotion_cue_place (
    const GstEmotionWindow *window, const GstSegment *segment);

typedef struct {
  const char *text;      /* template (gst/text/template.h) */
  gboolean is_markup;    /* as there */
  gboolean at_end;       /* cues begin where their window ends */
  gboolean hold;         /* cues of windows that overlap wait for the next */
  gboolean skip_silence; /* no cues for silence, nor without voice */
  gboolean skip_unknown; /* no cues below min-confidence */
  gboolean only_changes; /* only where the line's emotion changes */
} GstEmotionCueOptions;

typedef struct {
  GQueue ready;        /* GstEmotionCue */
  GstEmotionCue *held; /* or NULL */
  GstClockTime held_until;
  gboolean has_last;       /* of these two: */
  GstClockTime last_start; /* of the window before, */
  guint64 last_id;         /* and its id */
  GstClockTime distance;   /* from window to window; 0: not known */
  char *last_emotion;      /* for only_changes; NULL: none yet */
} GstEmotionCues;

void gst_emotion_cues_init (GstEmotionCues *self);
/* Drops everything; usable again. */
void gst_emotion_cues_clear (GstEmotionCues *self);

/* start: the window's first sample in the time of the cues. FALSE if the
 * options leave the window without a cue. */
gboolean gst_emotion_cues_add (GstEmotionCues *self,
    const GstEmotionResult *result, GstClockTime start,
    const GstEmotionCueOptions *options);

/* The sound has reached position: cues that need not wait any longer are
 * released. */
void gst_emotion_cues_advance (GstEmotionCues *self, GstClockTime position);

/* No window follows this one: releases all cues, and forgets the interval. */
void gst_emotion_cues_finish (GstEmotionCues *self);

/* The next cue, or NULL. */
GstEmotionCue *gst_emotion_cues_pop (GstEmotionCues *self);
