/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of a model's outputs, in their order. Immutable, reference
 * counted, shared by threads. */
#pragma once

#include <gst/gst.h>

typedef struct _GstEmotionLabels GstEmotionLabels;

/* The value of `emotion` if no label applies. */
#define GST_EMOTION_UNKNOWN "unknown"
/* Shown to users for a silent window. */
#define GST_EMOTION_SILENCE "silence"

/* And for one without speech. */
#define GST_EMOTION_NO_VOICE "no voice"

/* The maximum for a model: each result carries them all. */
#define GST_EMOTION_MAX_LABELS 1024

/* The nine classes of the built-in models. Release with
 * gst_emotion_labels_unref. */
GstEmotionLabels *gst_emotion_labels_new_default (void);

/* From a NULL-terminated array: at least one; each not empty, UTF-8, without
 * control characters and different from the others. NULL and
 * GST_LIBRARY_ERROR_SETTINGS otherwise. */
GstEmotionLabels *gst_emotion_labels_new (
    const char *const *names, GError **error);

/* From "a,b,c"; space around names is removed. Errors as above. */
GstEmotionLabels *gst_emotion_labels_parse (const char *text, GError **error);

GstEmotionLabels *gst_emotion_labels_ref (GstEmotionLabels *self);
void gst_emotion_labels_unref (GstEmotionLabels *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEmotionLabels, gst_emotion_labels_unref)

guint gst_emotion_labels_count (const GstEmotionLabels *self);
const char *gst_emotion_labels_get (const GstEmotionLabels *self, guint i);
