/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The results over time, for the lanes of emotionscope; and the last result as
 * a whole. Belongs to the streaming thread. */
#pragma once

#include <gst/gst.h>
#include "gst/result.h"

/* The result of a window, until the next begins. */
typedef struct {
  GstClockTime start, end;
  char *text; /* owned */
  gint label; /* index; -1: unknown or silence */
} GstEmotionSpan;

void gst_emotion_span_free (GstEmotionSpan *self); /* NULL is fine */

typedef struct {
  GQueue spans;             /* GstEmotionSpan, none over another */
  GstEmotionResult *result; /* the last; NULL: none yet */
} GstEmotionSpans;          /* zero-filled memory is a valid start */

/* Drops everything; usable again. */
void gst_emotion_spans_clear (GstEmotionSpans *self);

/* Takes result. Where windows overlap, the one that begins later counts. */
void gst_emotion_spans_add (GstEmotionSpans *self, GstEmotionResult *result);

/* Drops spans that ended before that time. */
void gst_emotion_spans_forget (GstEmotionSpans *self, GstClockTime before);
