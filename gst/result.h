/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The result for one window, and its schema, which the bus message, the buffer
 * meta, the tools and the tags share. */
#pragma once

#include <gst/gst.h>
#include "gst/model/labels.h"

/* Name of the bus message's structure, and of the meta. */
#define GST_EMOTION_MESSAGE "emotion"
#define GST_EMOTION_META "GstEmotionMeta"

typedef struct {
  /* Of the window's first sample: in the time of its buffer, of the stream and
   * of the pipeline; GST_CLOCK_TIME_NONE where the segment has no such time. */
  GstClockTime timestamp;
  GstClockTime stream_time;
  GstClockTime running_time;
  GstClockTime duration; /* of the samples in it, padding not counted */
  guint64 id;            /* from 0 after each start or flush */
  gboolean
      partial; /* padded: it ended with the stream, or where speech began */
  gboolean silence;   /* nothing to measure; was not classified */
  GstClockTime voice; /* speech in it; GST_CLOCK_TIME_NONE: not measured */
  GstClockTime
      filled; /* of the duration: silence filled in for missing samples */
} GstEmotionWindow;

/* The position in the sound: stream time, if there is one. */
GstClockTime gst_emotion_window_start (const GstEmotionWindow *self);

typedef struct {
  GstEmotionWindow window;
  GstEmotionLabels *labels; /* owned */
  char *model;              /* nick or file name; owned */
  gboolean
      is_guess;     /* the features that the model was trained on are a guess */
  gint label_index; /* -1: silence, or no label reached min-confidence */
  gdouble confidence;           /* 0..1, of the most probable label */
  GstClockTime processing_time; /* features and network */
  float *probabilities;         /* [labels], owned */
} GstEmotionResult;

/* With zeros for probabilities. Free with gst_emotion_result_free. */
GstEmotionResult *gst_emotion_result_new (const GstEmotionWindow *window,
    GstEmotionLabels *labels, const char *model);
void gst_emotion_result_free (GstEmotionResult *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEmotionResult, gst_emotion_result_free)

/* FALSE for silence and without voice: the probabilities are then zeros. */
gboolean gst_emotion_result_is_classified (const GstEmotionResult *self);

/* Its weight in a mean over windows: the seconds of voice in it, or 1 where
 * that was not measured; 0 if it was not classified. */
gdouble gst_emotion_result_weight (const GstEmotionResult *self);

/* Sets confidence and label_index from the probabilities. The first of equal
 * ones wins, as numpy.argmax does. */
void gst_emotion_result_decide (GstEmotionResult *self, gdouble min_confidence);

/* The label, or "unknown". Lives as long as the result. */
const char *gst_emotion_result_emotion (const GstEmotionResult *self);

/* The same for display: also "silence" and "no voice". */
const char *gst_emotion_result_text (const GstEmotionResult *self);

/* A structure "emotion" with all fields. */
GstStructure *gst_emotion_result_to_structure (const GstEmotionResult *self);

/* The reverse: from a message, meta or event. NULL if a field is missing or
 * invalid, since anything may attach a meta with that name. */
GstEmotionResult *gst_emotion_result_from_structure (const GstStructure *s);

/* Makes GST_EMOTION_META known; harmless to call again. */
void gst_emotion_meta_register (void);
/* buffer must be writable; only its metadata changes. */
void gst_emotion_meta_add (GstBuffer *buffer, const GstEmotionResult *result);

/* A serialized custom event with the same structure: for results that no buffer
 * carries in its own segment, such as the last one before EOS. */
GstEvent *gst_emotion_event_new (const GstEmotionResult *result);
