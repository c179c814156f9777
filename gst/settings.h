/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The properties of emotiondetect: their types, their documentation, and the
 * values of one element. */
#pragma once

#include <gst/gst.h>
#include "dsp/recipe.h"
#include "gst/model/builtin.h"

typedef enum {
  GST_EMOTION_TAGS_NONE,
  GST_EMOTION_TAGS_SUMMARY,
  GST_EMOTION_TAGS_CHANGES,
} GstEmotionTags;

typedef enum {
  GST_EMOTION_INFERENCE_AUTO,
  GST_EMOTION_INFERENCE_SYNC,
  GST_EMOTION_INFERENCE_ASYNC,
} GstEmotionInference;

/* The default interval, for windows that are not shorter (ns). */
#define GST_EMOTION_INTERVAL                                                   \
  (DSP_RECIPE_DEFAULT_WINDOW_LEN * GST_SECOND / DSP_RECIPE_DEFAULT_RATE)

typedef enum {
  GST_EMOTION_ALIGN_TIME,
  GST_EMOTION_ALIGN_VOICE,
} GstEmotionAlign;

typedef struct {
  GstEmotionBuiltin model;
  char *model_file; /* or NULL */
  char *labels;     /* or NULL */
  char *recipe;     /* or NULL */
  gboolean quantize;
  GstClockTime interval;
  GstClockTime alignment_threshold;
  GstClockTime discont_wait;
  gboolean post_messages;
  gboolean attach_meta;
  gboolean attach_analytics;
  GstEmotionTags tags;
  GstEmotionInference inference;
  gdouble silence_threshold; /* dBFS */
  gdouble min_confidence;
  GstClockTime min_voice; /* 0: off */
  GstEmotionAlign align;
  gdouble smoothing;
} GstEmotionSettings;

enum {
  GST_EMOTION_PROP_MODEL = 1,
  GST_EMOTION_PROP_MODEL_FILE,
  GST_EMOTION_PROP_LABELS,
  GST_EMOTION_PROP_RECIPE,
  GST_EMOTION_PROP_QUANTIZE,
  GST_EMOTION_PROP_INTERVAL,
  GST_EMOTION_PROP_POST_MESSAGES,
  GST_EMOTION_PROP_ATTACH_META,
  GST_EMOTION_PROP_ATTACH_ANALYTICS,
  GST_EMOTION_PROP_TAGS,
  GST_EMOTION_PROP_INFERENCE,
  GST_EMOTION_PROP_SILENCE_THRESHOLD,
  GST_EMOTION_PROP_MIN_CONFIDENCE,
  GST_EMOTION_PROP_MIN_VOICE,
  GST_EMOTION_PROP_ALIGN,
  GST_EMOTION_PROP_SMOOTHING,
  GST_EMOTION_PROP_ALIGNMENT_THRESHOLD,
  GST_EMOTION_PROP_DISCONT_WAIT,
  GST_EMOTION_PROP_STATS,
};

#define GST_TYPE_EMOTION_TAGS (gst_emotion_tags_get_type ())
GType gst_emotion_tags_get_type (void);
#define GST_TYPE_EMOTION_INFERENCE (gst_emotion_inference_get_type ())
GType gst_emotion_inference_get_type (void);
#define GST_TYPE_EMOTION_ALIGN (gst_emotion_align_get_type ())
GType gst_emotion_align_get_type (void);

void gst_emotion_settings_install (GObjectClass *klass);

void gst_emotion_settings_init (GstEmotionSettings *self);
void gst_emotion_settings_clear (GstEmotionSettings *self);

/* All properties but stats. FALSE for an unknown one. The caller holds the lock
 * that guards self. */
gboolean gst_emotion_settings_set (
    GstEmotionSettings *self, guint id, const GValue *value);
gboolean gst_emotion_settings_get (
    const GstEmotionSettings *self, guint id, GValue *value);
