/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/text/settings.h"

#include "gst/text/template.h"

GType
gst_emotion_text_align_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { GST_EMOTION_TEXT_ALIGN_WINDOW, "Cues cover the window they describe",
        "window" },
    { GST_EMOTION_TEXT_ALIGN_RESULT,
        "Cues start at the end of the window, when its result is known",
        "result" },
    { 0 },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstEmotionTextAlign", values));
  return type;
}

void
gst_emotion_text_settings_install (GObjectClass *klass)
{
  const GParamFlags flags =
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

  /**
   * GstEmotionText:format:
   *
   * `%{...}` stands for a field of the result, by its name in the message of
   * emotiondetect: `%{emotion}`, `%{confidence}`, `%{probabilities}`,
   * `%{timestamp}`, `%{window-id}`, `%{model}` ...; `%%` for a percent sign.
   */
  g_object_class_install_property (klass, GST_EMOTION_TEXT_PROP_FORMAT,
      g_param_spec_string ("format", "Format",
          "Text of a cue, with %{emotion}, %{confidence}, %{probabilities} and "
          "other fields of the message; %% is a percent sign",
          GST_EMOTION_TEMPLATE_DEFAULT, flags));
  /**
   * GstEmotionText:align:
   *
   * `window` is right beside a recording. On live pipelines it costs the
   * latency of a window; `result` costs none.
   */
  g_object_class_install_property (klass, GST_EMOTION_TEXT_PROP_ALIGN,
      g_param_spec_enum ("align", "Align", "Where cues begin",
          GST_TYPE_EMOTION_TEXT_ALIGN, GST_EMOTION_TEXT_ALIGN_WINDOW, flags));
  g_object_class_install_property (klass, GST_EMOTION_TEXT_PROP_SKIP_SILENCE,
      g_param_spec_boolean ("skip-silence", "Skip silence",
          "No cue for silent windows or windows without voice", FALSE, flags));
  g_object_class_install_property (klass, GST_EMOTION_TEXT_PROP_SKIP_UNKNOWN,
      g_param_spec_boolean ("skip-unknown", "Skip unknown",
          "No cue for windows whose emotion is \"unknown\"", FALSE, flags));
  g_object_class_install_property (klass, GST_EMOTION_TEXT_PROP_ONLY_CHANGES,
      g_param_spec_boolean ("only-changes", "Only changes",
          "A cue only when the emotion changes", FALSE, flags));
  gst_type_mark_as_plugin_api (GST_TYPE_EMOTION_TEXT_ALIGN, 0);
}

void
gst_emotion_text_settings_init (GstEmotionTextSettings *self)
{
  *self = (GstEmotionTextSettings){ .format = g_strdup (
                                        GST_EMOTION_TEMPLATE_DEFAULT) };
}

void
gst_emotion_text_settings_clear (GstEmotionTextSettings *self)
{
  g_clear_pointer (&self->format, g_free);
}

gboolean
gst_emotion_text_settings_set (
    GstEmotionTextSettings *self, guint id, const GValue *value)
{
  switch (id) {
    case GST_EMOTION_TEXT_PROP_FORMAT:
      g_free (self->format);
      self->format = g_value_dup_string (value);
      if (!self->format)
        self->format = g_strdup (GST_EMOTION_TEMPLATE_DEFAULT);
      break;
    case GST_EMOTION_TEXT_PROP_ALIGN:
      self->align = g_value_get_enum (value);
      break;
    case GST_EMOTION_TEXT_PROP_SKIP_SILENCE:
      self->skip_silence = g_value_get_boolean (value);
      break;
    case GST_EMOTION_TEXT_PROP_SKIP_UNKNOWN:
      self->skip_unknown = g_value_get_boolean (value);
      break;
    case GST_EMOTION_TEXT_PROP_ONLY_CHANGES:
      self->only_changes = g_value_get_boolean (value);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

gboolean
gst_emotion_text_settings_get (
    const GstEmotionTextSettings *self, guint id, GValue *value)
{
  switch (id) {
    case GST_EMOTION_TEXT_PROP_FORMAT:
      g_value_set_string (value, self->format);
      break;
    case GST_EMOTION_TEXT_PROP_ALIGN:
      g_value_set_enum (value, self->align);
      break;
    case GST_EMOTION_TEXT_PROP_SKIP_SILENCE:
      g_value_set_boolean (value, self->skip_silence);
      break;
    case GST_EMOTION_TEXT_PROP_SKIP_UNKNOWN:
      g_value_set_boolean (value, self->skip_unknown);
      break;
    case GST_EMOTION_TEXT_PROP_ONLY_CHANGES:
      g_value_set_boolean (value, self->only_changes);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

GstEmotionCueOptions
gst_emotion_text_settings_options (const GstEmotionTextSettings *self)
{
  return (GstEmotionCueOptions){ .at_end = self->align
        == GST_EMOTION_TEXT_ALIGN_RESULT,
    .skip_silence = self->skip_silence,
    .skip_unknown = self->skip_unknown,
    .only_changes = self->only_changes };
}
