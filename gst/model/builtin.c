/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/model/builtin.h"

#include <gio/gio.h>
#include "gst/model/wording.h"

#ifdef HAVE_BUILTIN_MODELS
#include "nn/models/nn-models.h"
#endif

static const GEnumValue builtins[] = {
  { GST_EMOTION_BUILTIN_CNN_GRU, "Two convolutions and a GRU", "cnn-gru" },
  { GST_EMOTION_BUILTIN_CNN_LSTM, "Two convolutions and an LSTM", "cnn-lstm" },
  { GST_EMOTION_BUILTIN_CNN_LSTM_OPTIMIZED,
      "The same, a tenth of the work, averaged over time",
      "cnn-lstm-optimized" },
  { GST_EMOTION_BUILTIN_CNN_LSTM_REGULARIZED,
      "Two convolutions and an LSTM, regularized", "cnn-lstm-regularized" },
  { GST_EMOTION_BUILTIN_SIMPLE,
      "Dense layers on means and deviations of MFCC and chroma", "simple" },
  { GST_EMOTION_BUILTIN_CNN,
      "Four convolutions, averaged over time and frequency", "cnn" },
  { GST_EMOTION_BUILTIN_SPEECH,
      "Fifteen convolutions pretrained on speech, trained on four corpora",
      "speech" },
  { 0 },
};

GType
gst_emotion_builtin_get_type (void)
{
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstEmotionBuiltin", builtins));
  return type;
}

const char *
gst_emotion_builtin_nick (GstEmotionBuiltin builtin)
{
  g_return_val_if_fail (builtin < G_N_ELEMENTS (builtins) - 1, NULL);
  return builtins[builtin].value_nick;
}

gboolean
gst_emotion_builtin_find (const char *text, GstEmotionBuiltin *builtin)
{
  g_return_val_if_fail (text != NULL, FALSE);
  for (const GEnumValue *b = builtins; b->value_nick; b++)
    if (g_str_equal (text, b->value_nick)) {
      if (builtin)
        *builtin = b->value;
      return TRUE;
    }
  return FALSE;
}

char *
gst_emotion_builtin_list (void)
{
  GString *list = g_string_new (NULL);

  for (const GEnumValue *b = builtins; b->value_nick; b++)
    g_string_append_printf (
        list, "%s%s", b == builtins ? "" : ", ", b->value_nick);
  return g_string_free (list, FALSE);
}

#ifdef HAVE_BUILTIN_MODELS

gboolean
gst_emotion_builtin_is_available (void)
{
  return TRUE;
}

GBytes *
gst_emotion_builtin_bytes (GstEmotionBuiltin builtin, GError **error)
{
  const char *const nick = gst_emotion_builtin_nick (builtin);
  g_autofree char *path = NULL;
  static gsize is_registered = 0;

  g_return_val_if_fail (nick != NULL, NULL);
  if (g_once_init_enter (&is_registered)) {
    nn_models_register_resource ();
    g_once_init_leave (&is_registered, 1);
  }
  path = g_strdup_printf ("/emotiondetect/models/%s.h5", nick);
  return g_resource_lookup_data (
      nn_models_get_resource (), path, G_RESOURCE_LOOKUP_FLAGS_NONE, error);
}

#else

gboolean
gst_emotion_builtin_is_available (void)
{
  return FALSE;
}

GBytes *
gst_emotion_builtin_bytes (GstEmotionBuiltin builtin, GError **error)
{
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
      "the built-in model “%s” is not in this build, which was made without "
      "them (-Dbuiltin-models=false); name a model file by %s, or build with "
      "-Dbuiltin-models=true",
      gst_emotion_builtin_nick (builtin),
      gst_emotion_wording (GST_EMOTION_SETTING_MODEL_FILE));
  return NULL;
}

#endif
