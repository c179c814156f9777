/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/model/labels.h"

struct _GstEmotionLabels {
  gatomicrefcount ref_count;
  guint n;
  char **names; /* [n + 1], NULL-terminated */
};

static GstEmotionLabels *
labels_new_take (char **names)
{
  GstEmotionLabels *self = g_new0 (GstEmotionLabels, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->n = g_strv_length (names);
  self->names = names;
  return self;
}

GstEmotionLabels *
gst_emotion_labels_new_default (void)
{
  static const char *const names[] = { "neutral", "calm", "happy", "sad",
    "angry", "fearful", "disgust", "surprised", "pleasant_surprise", NULL };

  return labels_new_take (g_strdupv ((char **) names));
}

static gboolean
name_is_valid (const char *name)
{
  if (*name == '\0' || !g_utf8_validate (name, -1, NULL))
    return FALSE;
  for (const char *c = name; *c; c = g_utf8_next_char (c))
    if (g_unichar_iscntrl (g_utf8_get_char (c)))
      return FALSE;
  return TRUE;
}

GstEmotionLabels *
gst_emotion_labels_new (const char *const *names, GError **error)
{
  if (!names[0]) {
    g_set_error (
        error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "no labels");
    return NULL;
  }
  for (guint i = 0; names[i]; i++) {
    if (!name_is_valid (names[i])) {
      g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
          "label %u is empty or not plain UTF-8 text", i);
      return NULL;
    }
    for (guint k = 0; k < i; k++)
      if (g_str_equal (names[i], names[k])) {
        g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
            "labels %u and %u are both “%s”", k, i, names[i]);
        return NULL;
      }
  }
  return labels_new_take (g_strdupv ((char **) names));
}

GstEmotionLabels *
gst_emotion_labels_parse (const char *text, GError **error)
{
  g_auto (GStrv) names = g_strsplit (text, ",", -1);

  for (guint i = 0; names[i]; i++)
    g_strstrip (names[i]);
  return gst_emotion_labels_new ((const char *const *) names, error);
}

GstEmotionLabels *
gst_emotion_labels_ref (GstEmotionLabels *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
gst_emotion_labels_unref (GstEmotionLabels *self)
{
  if (!self || !g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_strfreev (self->names);
  g_free (self);
}

guint
gst_emotion_labels_count (const GstEmotionLabels *self)
{
  return self->n;
}

const char *
gst_emotion_labels_get (const GstEmotionLabels *self, guint i)
{
  g_return_val_if_fail (i < self->n, NULL);

  return self->names[i];
}
