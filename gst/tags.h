/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results in, tags out: `emotion`, extended comment "EMOTION=label", and the
 * label as a keyword for containers that drop both. Upstream's tags are kept: a
 * tag event replaces the one before it, so ours includes them. Not thread-safe:
 * the owner has a lock. */
#pragma once

#include <gst/gst.h>
#include "gst/result.h"
#include "gst/settings.h"

#define GST_TAG_EMOTION "emotion"

/* Makes GST_TAG_EMOTION known; harmless to call again. */
void gst_emotion_tags_register (void);

typedef struct {
  GstTagList *upstream;     /* stream tags, or NULL */
  char *label;              /* the last result, or NULL */
  gboolean is_due;          /* not sent yet */
  GstEmotionLabels *labels; /* of the sums, or NULL */
  gdouble *sums; /* [labels], over classified windows, by their weight */
} GstEmotionTagger;

/* Drops everything. Zero-filled memory is a valid start. */
void gst_emotion_tagger_clear (GstEmotionTagger *self);

void gst_emotion_tagger_add (GstEmotionTagger *self, GstEmotionTags mode,
    const GstEmotionResult *result);

/* The end of the stream: the summary is due, and the next stream starts. */
void gst_emotion_tagger_finish (GstEmotionTagger *self, GstEmotionTags mode);

/* A tag event came from upstream: returns the one to send instead. */
GstEvent *gst_emotion_tagger_merge (GstEmotionTagger *self, GstEvent *event);

/* The event that is due, or NULL. */
GstEvent *gst_emotion_tagger_take (GstEmotionTagger *self);
