/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The properties of emotiontext: their documentation, and the values of one
 * element. */
#pragma once

#include <gst/gst.h>
#include "gst/text/cues.h"

typedef enum {
  GST_EMOTION_TEXT_ALIGN_WINDOW,
  GST_EMOTION_TEXT_ALIGN_RESULT,
} GstEmotionTextAlign;

typedef struct {
  char *format; /* template (gst/text/template.h), not checked; never NULL */
  GstEmotionTextAlign align;
  gboolean skip_silence;
  gboolean skip_unknown;
  gboolean only_changes;
} GstEmotionTextSettings;

enum {
  GST_EMOTION_TEXT_PROP_FORMAT = 1,
  GST_EMOTION_TEXT_PROP_ALIGN,
  GST_EMOTION_TEXT_PROP_SKIP_SILENCE,
  GST_EMOTION_TEXT_PROP_SKIP_UNKNOWN,
  GST_EMOTION_TEXT_PROP_ONLY_CHANGES,
};

#define GST_TYPE_EMOTION_TEXT_ALIGN (gst_emotion_text_align_get_type ())
GType gst_emotion_text_align_get_type (void);

void gst_emotion_text_settings_install (GObjectClass *klass);

void gst_emotion_text_settings_init (GstEmotionTextSettings *self);
void gst_emotion_text_settings_clear (GstEmotionTextSettings *self);

/* FALSE for an unknown property. The caller holds the lock that guards self. */
gboolean gst_emotion_text_settings_set (
    GstEmotionTextSettings *self, guint id, const GValue *value);
gboolean gst_emotion_text_settings_get (
    const GstEmotionTextSettings *self, guint id, GValue *value);

/* What they say of cues; the rest is zero. */
GstEmotionCueOptions gst_emotion_text_settings_options (
    const GstEmotionTextSettings *self);
