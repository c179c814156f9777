/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/result.h"

GstClockTime
gst_emotion_window_start (const GstEmotionWindow *self)
{
  return GST_CLOCK_TIME_IS_VALID (self->stream_time) ? self->stream_time
                                                     : self->timestamp;
}

GstEmotionResult *
gst_emotion_result_new (
    const GstEmotionWindow *window, GstEmotionLabels *labels, const char *model)
{
  GstEmotionResult *self = g_new0 (GstEmotionResult, 1);

  self->window = *window;
  self->labels = gst_emotion_labels_ref (labels);
  self->model = g_strdup (model);
  self->label_index = -1;
  self->probabilities = g_new0 (float, gst_emotion_labels_count (labels));
  return self;
}

void
gst_emotion_result_free (GstEmotionResult *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->labels, gst_emotion_labels_unref);
  g_clear_pointer (&self->model, g_free);
  g_clear_pointer (&self->probabilities, g_free);
  g_free (self);
}

void
gst_emotion_result_decide (GstEmotionResult *self, gdouble min_confidence)
{
  const guint n = gst_emotion_labels_count (self->labels);
  guint best = 0;

  for (guint i = 1; i < n; i++)
    if (self->probabilities[i] > self->probabilities[best])
      best = i;
  self->confidence = self->probabilities[best];
  self->label_index = self->confidence < min_confidence ? -1 : (gint) best;
}

const char *
gst_emotion_result_emotion (const GstEmotionResult *self)
{
  return self->label_index < 0
      ? GST_EMOTION_UNKNOWN
      : gst_emotion_labels_get (self->labels, self->label_index);
}

gboolean
gst_emotion_result_is_classified (const GstEmotionResult *self)
{
  return !self->window.silence && self->confidence > 0;
}

gdouble
gst_emotion_result_weight (const GstEmotionResult *self)
{
  const GstClockTime voice = self->window.voice;

  if (!gst_emotion_result_is_classified (self))
    return 0;
  return GST_CLOCK_TIME_IS_VALID (voice) ? voice / (gdouble) GST_SECOND : 1;
}

const char *
gst_emotion_result_text (const GstEmotionResult *self)
{
  if (self->window.silence)
    return GST_EMOTION_SILENCE;
  return gst_emotion_result_is_classified (self)
      ? gst_emotion_result_emotion (self)
      : GST_EMOTION_NO_VOICE;
}

/* The schema. Field names, types and their order are a contract. */
static void
fill_structure (const GstEmotionResult *self, GstStructure *s)
{
  const GstEmotionWindow *window = &self->window;
  g_autoptr (GstStructure) p = gst_structure_new_empty ("probabilities");

  for (guint i = 0; i < gst_emotion_labels_count (self->labels); i++)
    gst_structure_set (p, gst_emotion_labels_get (self->labels, i),
        G_TYPE_DOUBLE, (gdouble) self->probabilities[i], NULL);
  gst_structure_set (s,                                            /* */
      "timestamp", G_TYPE_UINT64, window->timestamp,               /* */
      "stream-time", G_TYPE_UINT64, window->stream_time,           /* */
      "running-time", G_TYPE_UINT64, window->running_time,         /* */
      "duration", G_TYPE_UINT64, window->duration,                 /* */
      "emotion", G_TYPE_STRING, gst_emotion_result_emotion (self), /* */
      "label-index", G_TYPE_INT, self->label_index,                /* */
      "confidence", G_TYPE_DOUBLE, self->confidence,               /* */
      "probabilities", GST_TYPE_STRUCTURE, p,                      /* */
      "window-id", G_TYPE_UINT64, window->id,                      /* */
      "partial", G_TYPE_BOOLEAN, window->partial,                  /* */
      "silence", G_TYPE_BOOLEAN, window->silence,                  /* */
      "voice", G_TYPE_UINT64, window->voice,                       /* */
      "filled", G_TYPE_UINT64, window->filled,                     /* */
      "processing-time", G_TYPE_UINT64, self->processing_time,     /* */
      "model", G_TYPE_STRING, self->model, NULL);
  if (self->is_guess)
    gst_structure_set (s, "features-guessed", G_TYPE_BOOLEAN, TRUE, NULL);
}

GstStructure *
gst_emotion_result_to_structure (const GstEmotionResult *self)
{
  GstStructure *s = gst_structure_new_empty (GST_EMOTION_MESSAGE);

  fill_structure (self, s);
  return s;
}

/* NULL if the probabilities are not a double for each of some labels. */
static GstEmotionResult *
probabilities_from_structure (
    const GstStructure *p, const GstEmotionWindow *window, const char *model)
{
  const gint n = gst_structure_n_fields (p);
  g_autofree const char **names = g_new0 (const char *, n + 1);
  g_autoptr (GstEmotionLabels) labels = NULL;
  g_autoptr (GstEmotionResult) self = NULL;

  if (n > GST_EMOTION_MAX_LABELS)
    return NULL;
  for (gint i = 0; i < n; i++)
    names[i] = gst_structure_nth_field_name (p, i);
  labels = gst_emotion_labels_new (names, NULL);
  if (!labels)
    return NULL;
  self = gst_emotion_result_new (window, labels, model);
  for (gint i = 0; i < n; i++) {
    gdouble value;

    if (!gst_structure_get_double (p, names[i], &value)
        || !(value >= 0 && value <= 1))
      return NULL;
    self->probabilities[i] = value;
  }
  return g_steal_pointer (&self);
}

GstEmotionResult *
gst_emotion_result_from_structure (const GstStructure *s)
{
  g_autoptr (GstEmotionResult) self = NULL;
  g_autoptr (GstStructure) p = NULL;
  g_autofree char *model = NULL;
  GstEmotionWindow window = { 0 };
  GstClockTime processing_time;
  gdouble confidence;
  gint index;

  if (!gst_structure_get (s,                                   /* */
          "timestamp", G_TYPE_UINT64, &window.timestamp,       /* */
          "stream-time", G_TYPE_UINT64, &window.stream_time,   /* */
          "running-time", G_TYPE_UINT64, &window.running_time, /* */
          "duration", G_TYPE_UINT64, &window.duration,         /* */
          "label-index", G_TYPE_INT, &index,                   /* */
          "confidence", G_TYPE_DOUBLE, &confidence,            /* */
          "probabilities", GST_TYPE_STRUCTURE, &p,             /* */
          "window-id", G_TYPE_UINT64, &window.id,              /* */
          "partial", G_TYPE_BOOLEAN, &window.partial,          /* */
          "silence", G_TYPE_BOOLEAN, &window.silence,          /* */
          "processing-time", G_TYPE_UINT64, &processing_time,  /* */
          "model", G_TYPE_STRING, &model, NULL)
      || !p || !GST_CLOCK_TIME_IS_VALID (window.timestamp)
      || window.duration >= (GST_CLOCK_TIME_NONE - window.timestamp) / 2
      || !(confidence >= 0 && confidence <= 1))
    return NULL;
  /* Senders of older versions have neither. */
  if (!gst_structure_get_uint64 (s, "voice", &window.voice))
    window.voice = GST_CLOCK_TIME_NONE;
  gst_structure_get_uint64 (s, "filled", &window.filled);
  self = probabilities_from_structure (p, &window, model);
  if (!self || index < -1
      || index >= (gint) gst_emotion_labels_count (self->labels))
    return NULL;
  self->label_index = index;
  self->confidence = confidence;
  self->processing_time = processing_time;
  gst_structure_get_boolean (s, "features-guessed", &self->is_guess);
  return g_steal_pointer (&self);
}

void
gst_emotion_meta_register (void)
{
  /* No tags: whatever a converter, an encoder or a payloader does to the sound,
   * the result stays valid, so they all keep it. */
  static const gchar *tags[] = { NULL };
  static gsize once = 0;

  if (g_once_init_enter (&once)) {
    if (!gst_meta_get_info (GST_EMOTION_META))
      gst_meta_register_custom (GST_EMOTION_META, tags, NULL, NULL, NULL);
    g_once_init_leave (&once, 1);
  }
}

void
gst_emotion_meta_add (GstBuffer *buffer, const GstEmotionResult *result)
{
  GstCustomMeta *meta = gst_buffer_add_custom_meta (buffer, GST_EMOTION_META);

  fill_structure (result, gst_custom_meta_get_structure (meta));
}

GstEvent *
gst_emotion_event_new (const GstEmotionResult *result)
{
  GstStructure *s = gst_structure_new_empty (GST_EMOTION_META);

  fill_structure (result, s);
  return gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM, s);
}
