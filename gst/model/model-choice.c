/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/model/model-choice.h"

#include "gst/log.h"
#include "gst/model/model-cache.h"
#include "nn/error.h"

void
gst_emotion_model_choice_init (GstEmotionModelChoice *self, GstElement *element,
    const GstEmotionSettings *settings)
{
  *self = (GstEmotionModelChoice){ .element = element, .settings = settings };
}

static GstEmotionModel *
load (GstEmotionModelChoice *self, GstEmotionLabels **labels, GError **error)
{
  g_autofree char *file = NULL;
  g_autofree char *names = NULL;
  g_autofree char *recipe = NULL;
  GstEmotionModelRequest request = { 0 };
  const GstClockTime begin = gst_util_get_timestamp ();
  GstEmotionModel *model;

  GST_OBJECT_LOCK (self->element);
  request.file = file = g_strdup (self->settings->model_file);
  request.labels = names = g_strdup (self->settings->labels);
  request.builtin = self->settings->model;
  request.options.recipe = recipe = g_strdup (self->settings->recipe);
  request.options.quantize = self->settings->quantize;
  GST_OBJECT_UNLOCK (self->element);
  GST_DEBUG_OBJECT (self->element, "loading %s %s%s%s%s%s%s",
      file ? "the file" : "the built-in model",
      file ? file : gst_emotion_builtin_nick (request.builtin),
      names ? ", labels " : "", names ? names : "", recipe ? ", recipe " : "",
      recipe ? recipe : "", request.options.quantize ? ", quantized" : "");
  model = gst_emotion_model_cache_load (&request, labels, error);
  if (model)
    GST_DEBUG_OBJECT (self->element, "loaded %s in %" GST_TIME_FORMAT,
        gst_emotion_model_name (model),
        GST_TIME_ARGS (gst_util_get_timestamp () - begin));
  return model;
}

GstEmotionModel *
gst_emotion_model_choice_start (
    GstEmotionModelChoice *self, GstEmotionLabels **labels, GError **error)
{
  /* Set before the properties are read, so that no later change is lost. */
  GST_OBJECT_LOCK (self->element);
  self->is_running = TRUE;
  self->n_loaded = self->n_changes;
  GST_OBJECT_UNLOCK (self->element);
  return load (self, labels, error);
}

static gboolean
is_last (GstEmotionModelChoice *self, guint change)
{
  gboolean last;

  GST_OBJECT_LOCK (self->element);
  last = self->is_running && self->n_changes == change;
  GST_OBJECT_UNLOCK (self->element);
  return last;
}

/* Takes ownership of both, unless there has been a later change. */
static void
offer (GstEmotionModelChoice *self, guint change, GstEmotionModel *model,
    GstEmotionLabels *labels)
{
  g_autoptr (GstEmotionModel) old_model = model;
  g_autoptr (GstEmotionLabels) old_labels = labels;

  GST_OBJECT_LOCK (self->element);
  if (self->is_running && self->n_changes == change) {
    old_model = self->model;
    old_labels = self->labels;
    self->model = model;
    self->labels = labels;
  }
  GST_OBJECT_UNLOCK (self->element);
  if (old_model == model)
    GST_DEBUG_OBJECT (self->element,
        "%s is not used: the properties have changed since",
        gst_emotion_model_name (model));
}

/* The change to load for; FALSE ends this thread: a later change starts
 * another. */
static gboolean
next_change (GstEmotionModelChoice *self, guint *change)
{
  gboolean is_due;

  GST_OBJECT_LOCK (self->element);
  is_due = self->is_running && self->n_loaded != self->n_changes;
  self->is_loading = is_due;
  self->n_loaded = *change = self->n_changes;
  GST_OBJECT_UNLOCK (self->element);
  return is_due;
}

static gint
resource_code (const GError *error)
{
  if (g_error_matches (error, NN_ERROR, NN_ERROR_NOT_FOUND))
    return GST_RESOURCE_ERROR_NOT_FOUND;
  if (error->domain == NN_ERROR)
    return GST_RESOURCE_ERROR_READ;
  return GST_RESOURCE_ERROR_SETTINGS;
}

void
gst_emotion_model_choice_report (
    GstElement *element, GstMessageType type, const GError *error)
{
  const gboolean is_gst =
      error->domain == GST_RESOURCE_ERROR || error->domain == GST_LIBRARY_ERROR;

  if (type == GST_MESSAGE_ERROR)
    GST_ERROR_OBJECT (element, "%s", error->message);
  else
    GST_WARNING_OBJECT (
        element, "keeping the previous model: %s", error->message);
  gst_element_message_full (element, type,
      is_gst ? error->domain : GST_RESOURCE_ERROR,
      is_gst ? error->code : resource_code (error), g_strdup (error->message),
      g_strdup_printf ("%s %d", g_quark_to_string (error->domain), error->code),
      __FILE__, G_STRFUNC, __LINE__);
}

/* One thread, however many changes there are. user_data lives as long as the
 * element. */
static void
load_now (GstElement *element, gpointer user_data)
{
  GstEmotionModelChoice *self = user_data;
  guint change;

  while (next_change (self, &change)) {
    g_autoptr (GError) error = NULL;
    GstEmotionLabels *labels = NULL;
    GstEmotionModel *model = load (self, &labels, &error);

    if (model)
      offer (self, change, model, labels);
    else if (is_last (self, change))
      gst_emotion_model_choice_report (element, GST_MESSAGE_WARNING, error);
    else
      GST_DEBUG_OBJECT (element,
          "not loaded, but the properties have changed since: %s",
          error->message);
  }
}

void
gst_emotion_model_choice_change (GstEmotionModelChoice *self)
{
  gboolean starts;

  GST_OBJECT_LOCK (self->element);
  self->n_changes++;
  starts = self->is_running && !self->is_loading;
  self->is_loading |= starts;
  GST_OBJECT_UNLOCK (self->element);
  if (starts)
    gst_element_call_async (self->element, load_now, self, NULL);
}

GstEmotionModel *
gst_emotion_model_choice_take (
    GstEmotionModelChoice *self, GstEmotionLabels **labels)
{
  GstEmotionModel *model;

  GST_OBJECT_LOCK (self->element);
  model = g_steal_pointer (&self->model);
  *labels = g_steal_pointer (&self->labels);
  GST_OBJECT_UNLOCK (self->element);
  return model;
}

void
gst_emotion_model_choice_stop (GstEmotionModelChoice *self)
{
  g_autoptr (GstEmotionModel) model = NULL;
  g_autoptr (GstEmotionLabels) labels = NULL;

  GST_OBJECT_LOCK (self->element);
  self->is_running = FALSE;
  self->n_changes++;
  GST_OBJECT_UNLOCK (self->element);
  model = gst_emotion_model_choice_take (self, &labels);
}
