/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/settings.h"

#define FLAGS (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS)
#define PLAYING (FLAGS | GST_PARAM_MUTABLE_PLAYING)

static const GstEmotionSettings defaults = {
  .model = GST_EMOTION_BUILTIN_DEFAULT,
  .quantize = FALSE,
  .interval = 0, /* not set */
  .alignment_threshold = 40 * GST_MSECOND,
  .discont_wait = GST_SECOND,
  .post_messages = TRUE,
  .attach_meta = TRUE,
  .attach_analytics = FALSE,
  .tags = GST_EMOTION_TAGS_NONE,
  .inference = GST_EMOTION_INFERENCE_AUTO,
  .silence_threshold = -90,
  .min_confidence = 0,
  .min_voice = 300 * GST_MSECOND,
  .smoothing = 0,
};

GType
gst_emotion_tags_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { GST_EMOTION_TAGS_NONE, "No tags", "none" },
    { GST_EMOTION_TAGS_SUMMARY,
        "The most probable emotion of the stream, at its end", "summary" },
    { GST_EMOTION_TAGS_CHANGES, "When the emotion changes", "changes" },
    { 0 },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstEmotionTags", values));
  return type;
}

GType
gst_emotion_inference_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { GST_EMOTION_INFERENCE_AUTO, "Async in live pipelines, sync otherwise",
        "auto" },
    { GST_EMOTION_INFERENCE_SYNC, "In the streaming thread", "sync" },
    { GST_EMOTION_INFERENCE_ASYNC,
        "In a separate thread; if it is too slow, live pipelines drop windows, "
        "others wait",
        "async" },
    { 0 },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstEmotionInference", values));
  return type;
}

GType
gst_emotion_align_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { GST_EMOTION_ALIGN_TIME, "Every interval", "time" },
    { GST_EMOTION_ALIGN_VOICE,
        "Every interval, and where speech begins after a pause", "voice" },
    { 0 },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstEmotionAlign", values));
  return type;
}

static void
install_model (GObjectClass *klass)
{
  g_object_class_install_property (klass, GST_EMOTION_PROP_MODEL,
      g_param_spec_enum ("model", "Model",
          gst_emotion_builtin_is_available ()
              ? "Built-in model to use if model-file is not set (trained on "
                "acted speech, licensed for non-commercial research: see "
                "nn/models in the source)"
              : "Built-in model; this build contains none: set model-file",
          GST_TYPE_EMOTION_BUILTIN, defaults.model, PLAYING));
  /**
   * GstEmotionDetect:model-file:
   *
   * While playing, a new file (or built-in model, by #GstEmotionDetect:model)
   * is loaded and checked in another thread and takes over between two windows.
   * If it is not usable, a warning is posted and the old model goes on. NULL
   * goes back to the built-in model.
   */
  g_object_class_install_property (klass, GST_EMOTION_PROP_MODEL_FILE,
      g_param_spec_string ("model-file", "Model file",
          "Keras model (.h5, .keras, or .json with the weights file beside "
          "it); takes precedence over model",
          NULL, PLAYING));
  g_object_class_install_property (klass, GST_EMOTION_PROP_LABELS,
      g_param_spec_string ("labels", "Labels",
          "Names of the model's outputs in order, separated by commas; "
          "overrides the names in the file",
          NULL, PLAYING));
  /**
   * GstEmotionDetect:recipe:
   *
   * What the network was trained on, where the file does not say so: fields of
   * the recipe (`man emotion-features`), under librosa's names where it has
   * one, with white space between them. A network for 40 MFCC of sound at
   * 22050 Hz, averaged over 3 s: `features=mfcc n_mfcc=40 statistics=mean
   * normalization=none rate=22050 f_max=11025 window_len=66150`, or the preset
   * `mean-40` (`man emotion-analyze`). Where nothing says it and the shape of
   * the input is not that of the default recipe, the features are a guess: a
   * warning in the log, and `features-guessed` in each message.
   */
  g_object_class_install_property (klass, GST_EMOTION_PROP_RECIPE,
      g_param_spec_string ("recipe", "Recipe",
          "Features that the model expects, as FIELD=VALUE FIELD=VALUE... or a "
          "PRESET; other fields keep the values in the file",
          NULL, PLAYING));
  /**
   * GstEmotionDetect:quantize:
   *
   * The file stays as it is: when it is loaded, the weights that recurrent
   * layers (LSTM, GRU with reset_after, SimpleRNN; tanh and sigmoid) multiply
   * their state with are rounded to 8 bits, and the state in each step. Models
   * without such layers run as they are.
   */
  g_object_class_install_property (klass, GST_EMOTION_PROP_QUANTIZE,
      g_param_spec_boolean ("quantize", "Quantize",
          "Round the weights of recurrent layers to 8 bits: faster; changes "
          "probabilities by up to about 0.01",
          defaults.quantize, PLAYING));
}

static void
install_output (GObjectClass *klass)
{
  g_object_class_install_property (klass, GST_EMOTION_PROP_POST_MESSAGES,
      g_param_spec_boolean ("post-messages", "Post messages",
          "Post an \"emotion\" message on the bus for each window",
          defaults.post_messages, PLAYING));
  g_object_class_install_property (klass, GST_EMOTION_PROP_ATTACH_META,
      g_param_spec_boolean ("attach-meta", "Attach meta",
          "Attach a GstEmotionMeta to the first buffer after each window",
          defaults.attach_meta, PLAYING));
  /**
   * GstEmotionDetect:attach-analytics:
   *
   * Off by default because GstAudioEncoder, GstAudioVisualizer and other base
   * classes copy metas into buffers that already have one, and warn of it. In
   * builds without GStreamer's analytics library (1.24) nothing is attached.
   */
  g_object_class_install_property (klass, GST_EMOTION_PROP_ATTACH_ANALYTICS,
      g_param_spec_boolean ("attach-analytics", "Attach analytics",
          "Attach a GstAnalyticsClsMtd, too, most probable label first (needs "
          "GStreamer 1.24)",
          defaults.attach_analytics, PLAYING));
  g_object_class_install_property (klass, GST_EMOTION_PROP_TAGS,
      g_param_spec_enum ("tags", "Tags",
          "When to send the emotion as a tag downstream", GST_TYPE_EMOTION_TAGS,
          defaults.tags, PLAYING));
  /**
   * GstEmotionDetect:stats:
   *
   * Since the last start, all #guint64: `windows` that got a result and those
   * `dropped`; `mean-inference-time` and `max-inference-time` of a window (ns;
   * features and network); `gaps` where samples were missing, and the silence
   * `filled` (ns) into them; `breaks`, where what was missing was longer than a
   * second; what was `repeated` (ns) by the stream and dropped, and what was
   * `discarded` (ns): too little for a window before a break or the end.
   */
  g_object_class_install_property (klass, GST_EMOTION_PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "Windows, dropped windows, mean and maximum inference time (ns), "
          "gaps, filled (ns), breaks, repeated (ns), discarded (ns)",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
install_analysis (GObjectClass *klass)
{
  g_object_class_install_property (klass, GST_EMOTION_PROP_INTERVAL,
      g_param_spec_uint64 ("interval", "Interval",
          "Time from the start of one window to the start of the next (ns); "
          "if not set, the window length where that is shorter",
          10 * GST_MSECOND, 3600 * GST_SECOND, GST_EMOTION_INTERVAL, PLAYING));
  g_object_class_install_property (klass, GST_EMOTION_PROP_ALIGNMENT_THRESHOLD,
      g_param_spec_uint64 ("alignment-threshold", "Alignment threshold",
          "Deviation of time stamps that is tolerated (ns)", 1,
          3600 * GST_SECOND, defaults.alignment_threshold, PLAYING));
  /**
   * GstEmotionDetect:discont-wait:
   *
   * As in #GstAudioBaseSink, but what counts is what all time stamps of that
   * time agree on: one that is off, or a few that shake, change nothing.
   */
  g_object_class_install_property (klass, GST_EMOTION_PROP_DISCONT_WAIT,
      g_param_spec_uint64 ("discont-wait", "Discont wait",
          "How long (ns) time stamps must deviate before they are believed; "
          "missing samples are then filled, and repeated ones dropped",
          0, 3600 * GST_SECOND, defaults.discont_wait, PLAYING));
  g_object_class_install_property (klass, GST_EMOTION_PROP_INFERENCE,
      g_param_spec_enum ("inference", "Inference",
          "Which thread runs the model", GST_TYPE_EMOTION_INFERENCE,
          defaults.inference, PLAYING));
  g_object_class_install_property (klass, GST_EMOTION_PROP_SILENCE_THRESHOLD,
      g_param_spec_double ("silence-threshold", "Silence threshold",
          "Windows at or below this level (dBFS, RMS) are reported as silence "
          "and not classified",
          -1000, 0, defaults.silence_threshold, PLAYING));
  g_object_class_install_property (klass, GST_EMOTION_PROP_MIN_CONFIDENCE,
      g_param_spec_double ("min-confidence", "Minimum confidence",
          "Report \"unknown\" if the most probable emotion is below this "
          "probability",
          0, 1, defaults.min_confidence, PLAYING));
  /**
   * GstEmotionDetect:min-voice:
   *
   * A detector (Silero VAD) finds where somebody speaks; windows with less
   * speech than this are "unknown", with zeros for probabilities. It needs no
   * more than a thousandth of a second for each second of sound. 0 switches it
   * off: every window that is not silent is classified, and `voice` in messages
   * is #GST_CLOCK_TIME_NONE.
   */
  g_object_class_install_property (klass, GST_EMOTION_PROP_MIN_VOICE,
      g_param_spec_uint64 ("min-voice", "Minimum voice",
          "Speech that a window must contain to be classified (ns); with less, "
          "the emotion is \"unknown\" (0 = classify every window)",
          0, 3600 * GST_SECOND, defaults.min_voice, PLAYING));
  /**
   * GstEmotionDetect:align:
   *
   * With `voice`, a window begins within 100 ms before speech that follows a
   * pause of at least 0.5 s: the one before ends there, shorter than others and
   * `partial`, and the next begin every interval from there on. One utterance
   * is in a window then, rather than halves of two. Measured with the built-in
   * `cnn` on an unseen corpus it made answers worse (nn/models/voice.md), so
   * `time` is the default: try it with models that were trained on sounds which
   * begin with speech.
   */
  g_object_class_install_property (klass, GST_EMOTION_PROP_ALIGN,
      g_param_spec_enum ("align", "Align", "Where windows begin",
          GST_TYPE_EMOTION_ALIGN, defaults.align, PLAYING));
  g_object_class_install_property (klass, GST_EMOTION_PROP_SMOOTHING,
      g_param_spec_double ("smoothing", "Smoothing",
          "Weight of previous windows in an exponential moving average of the "
          "probabilities (0 = off)",
          0, 0.999, defaults.smoothing, PLAYING));
}

void
gst_emotion_settings_install (GObjectClass *klass)
{
  install_model (klass);
  install_output (klass);
  install_analysis (klass);
  gst_type_mark_as_plugin_api (GST_TYPE_EMOTION_BUILTIN, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_EMOTION_TAGS, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_EMOTION_INFERENCE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_EMOTION_ALIGN, 0);
}

void
gst_emotion_settings_init (GstEmotionSettings *self)
{
  *self = defaults;
}

void
gst_emotion_settings_clear (GstEmotionSettings *self)
{
  g_clear_pointer (&self->model_file, g_free);
  g_clear_pointer (&self->labels, g_free);
  g_clear_pointer (&self->recipe, g_free);
}

/* An empty string means the same as none. */
static void
set_string (char **field, const GValue *value)
{
  const char *const text = g_value_get_string (value);

  g_free (*field);
  *field = text && *text ? g_strdup (text) : NULL;
}

gboolean
gst_emotion_settings_set (
    GstEmotionSettings *self, guint id, const GValue *value)
{
  switch (id) {
    case GST_EMOTION_PROP_MODEL:
      self->model = g_value_get_enum (value);
      break;
    case GST_EMOTION_PROP_MODEL_FILE:
      set_string (&self->model_file, value);
      break;
    case GST_EMOTION_PROP_LABELS:
      set_string (&self->labels, value);
      break;
    case GST_EMOTION_PROP_RECIPE:
      set_string (&self->recipe, value);
      break;
    case GST_EMOTION_PROP_QUANTIZE:
      self->quantize = g_value_get_boolean (value);
      break;
    case GST_EMOTION_PROP_INTERVAL:
      self->interval = g_value_get_uint64 (value);
      break;
    case GST_EMOTION_PROP_ALIGNMENT_THRESHOLD:
      self->alignment_threshold = g_value_get_uint64 (value);
      break;
    case GST_EMOTION_PROP_DISCONT_WAIT:
      self->discont_wait = g_value_get_uint64 (value);
      break;
    case GST_EMOTION_PROP_POST_MESSAGES:
      self->post_messages = g_value_get_boolean (value);
      break;
    case GST_EMOTION_PROP_ATTACH_META:
      self->attach_meta = g_value_get_boolean (value);
      break;
    case GST_EMOTION_PROP_ATTACH_ANALYTICS:
      self->attach_analytics = g_value_get_boolean (value);
      break;
    case GST_EMOTION_PROP_TAGS:
      self->tags = g_value_get_enum (value);
      break;
    case GST_EMOTION_PROP_INFERENCE:
      self->inference = g_value_get_enum (value);
      break;
    case GST_EMOTION_PROP_SILENCE_THRESHOLD:
      self->silence_threshold = g_value_get_double (value);
      break;
    case GST_EMOTION_PROP_MIN_CONFIDENCE:
      self->min_confidence = g_value_get_double (value);
      break;
    case GST_EMOTION_PROP_MIN_VOICE:
      self->min_voice = g_value_get_uint64 (value);
      break;
    case GST_EMOTION_PROP_ALIGN:
      self->align = g_value_get_enum (value);
      break;
    case GST_EMOTION_PROP_SMOOTHING:
      self->smoothing = g_value_get_double (value);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

gboolean
gst_emotion_settings_get (
    const GstEmotionSettings *self, guint id, GValue *value)
{
  switch (id) {
    case GST_EMOTION_PROP_MODEL:
      g_value_set_enum (value, self->model);
      break;
    case GST_EMOTION_PROP_MODEL_FILE:
      g_value_set_string (value, self->model_file);
      break;
    case GST_EMOTION_PROP_LABELS:
      g_value_set_string (value, self->labels);
      break;
    case GST_EMOTION_PROP_RECIPE:
      g_value_set_string (value, self->recipe);
      break;
    case GST_EMOTION_PROP_QUANTIZE:
      g_value_set_boolean (value, self->quantize);
      break;
    case GST_EMOTION_PROP_INTERVAL:
      g_value_set_uint64 (
          value, self->interval ? self->interval : GST_EMOTION_INTERVAL);
      break;
    case GST_EMOTION_PROP_ALIGNMENT_THRESHOLD:
      g_value_set_uint64 (value, self->alignment_threshold);
      break;
    case GST_EMOTION_PROP_DISCONT_WAIT:
      g_value_set_uint64 (value, self->discont_wait);
      break;
    case GST_EMOTION_PROP_POST_MESSAGES:
      g_value_set_boolean (value, self->post_messages);
      break;
    case GST_EMOTION_PROP_ATTACH_META:
      g_value_set_boolean (value, self->attach_meta);
      break;
    case GST_EMOTION_PROP_ATTACH_ANALYTICS:
      g_value_set_boolean (value, self->attach_analytics);
      break;
    case GST_EMOTION_PROP_TAGS:
      g_value_set_enum (value, self->tags);
      break;
    case GST_EMOTION_PROP_INFERENCE:
      g_value_set_enum (value, self->inference);
      break;
    case GST_EMOTION_PROP_SILENCE_THRESHOLD:
      g_value_set_double (value, self->silence_threshold);
      break;
    case GST_EMOTION_PROP_MIN_CONFIDENCE:
      g_value_set_double (value, self->min_confidence);
      break;
    case GST_EMOTION_PROP_MIN_VOICE:
      g_value_set_uint64 (value, self->min_voice);
      break;
    case GST_EMOTION_PROP_ALIGN:
      g_value_set_enum (value, self->align);
      break;
    case GST_EMOTION_PROP_SMOOTHING:
      g_value_set_double (value, self->smoothing);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}
