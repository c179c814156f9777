/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values out, JSON text in. (json-glib 1.6 writes 1e-10 as "1e-10.0", which
 * nobody can read.) In objects every value has a name; in arrays, and for the
 * outermost value, the name is NULL. */
#pragma once

#include <glib.h>

typedef struct _GstEmotionJson GstEmotionJson;

/* pretty: a line for each value, but for arrays of numbers. */
GstEmotionJson *gst_emotion_json_new (gboolean pretty);
void gst_emotion_json_free (GstEmotionJson *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEmotionJson, gst_emotion_json_free)

void gst_emotion_json_begin_object (GstEmotionJson *self, const char *name);
void gst_emotion_json_end_object (GstEmotionJson *self);
void gst_emotion_json_begin_array (GstEmotionJson *self, const char *name);
void gst_emotion_json_end_array (GstEmotionJson *self);

/* UTF-8; what is not gets replacement characters. NULL: null. */
void gst_emotion_json_add_string (
    GstEmotionJson *self, const char *name, const char *value);
/* As many digits as a double needs to be read back; null where it is not
 * finite. */
void gst_emotion_json_add_double (
    GstEmotionJson *self, const char *name, double value);
void gst_emotion_json_add_int (
    GstEmotionJson *self, const char *name, gint64 value);
void gst_emotion_json_add_boolean (
    GstEmotionJson *self, const char *name, gboolean value);

/* Appends text as a JSON string, for those who need no more. */
void gst_emotion_json_quote (GString *out, const char *text);

/* The text up to now, without a line end; lives until the next call. */
const char *gst_emotion_json_text (const GstEmotionJson *self);
