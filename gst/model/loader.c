/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/model/loader.h"

#include "gst/log.h"
#include "gst/model/model-cache.h"
#include "nn/error.h"

/* A file that exists but is unreadable is OPEN_READ, not NOT_FOUND. */
static GstEmotionModel *
load_file (
    const char *file, const GstEmotionModelOptions *options, GError **error)
{
  g_autoptr (GError) failure = NULL;
  GstEmotionModel *model =
      gst_emotion_model_cache_get (file, options, &failure);

  if (model)
    return model;
  if (g_error_matches (failure, NN_ERROR, NN_ERROR_NOT_FOUND)
      && g_file_test (file, G_FILE_TEST_EXISTS))
    g_set_error_literal (error, GST_RESOURCE_ERROR,
        GST_RESOURCE_ERROR_OPEN_READ, failure->message);
  else
    g_propagate_error (error, g_steal_pointer (&failure));
  return NULL;
}

GstEmotionModel *
gst_emotion_load (
    const GstEmotionWish *wish, GstEmotionLabels **labels, GError **error)
{
  g_autoptr (GstEmotionModel) model = wish->file
      ? load_file (wish->file, &wish->options, error)
      : gst_emotion_model_cache_get_builtin (
          wish->builtin, &wish->options, error);

  if (!model)
    return NULL;
  *labels = gst_emotion_model_labels (model, wish->labels, error);
  return *labels ? g_steal_pointer (&model) : NULL;
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
gst_emotion_load_report (
    GstElement *element, GstMessageType type, const GError *error)
{
  const gboolean is_gst =
      error->domain == GST_RESOURCE_ERROR || error->domain == GST_LIBRARY_ERROR;

  if (type == GST_MESSAGE_ERROR)
    GST_ERROR_OBJECT (element, "%s", error->message);
  else
    GST_WARNING_OBJECT (
        element, "the model stays as it was: %s", error->message);
  gst_element_message_full (element, type,
      is_gst ? error->domain : GST_RESOURCE_ERROR,
      is_gst ? error->code : resource_code (error), g_strdup (error->message),
      g_strdup_printf ("%s %d", g_quark_to_string (error->domain), error->code),
      __FILE__, G_STRFUNC, __LINE__);
}
