/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * SECTION:element-emotiondetect
 * @title: emotiondetect
 *
 * Classifies the emotion of a voice, one window (3 s) at a time. Audio is
 * passed through: the memory that leaves is the memory that came in.
 *
 * For each window an element message named `emotion` is posted, with the fields
 *
 * * #GstClockTime `timestamp`, `stream-time`, `running-time`, `duration`
 *   (#guint64): of the window
 * * #gchararray `emotion`: the label; "unknown" in silence and below
 *   min-confidence
 * * #gint `label-index`: -1 where the emotion is "unknown"
 * * #gdouble `confidence`: 0..1
 * * #GstStructure `probabilities`: a #gdouble for each label, in their order
 * * #guint64 `window-id`: counts from 0 after each start or flush
 * * #gboolean `partial`: padded, at the end of the stream or, with
 *   align=voice, of what was before speech
 * * #gboolean `silence`
 * * #GstClockTime `voice` (#guint64): speech in the window;
 *   #GST_CLOCK_TIME_NONE where it was not measured
 * * #GstClockTime `filled` (#guint64): silence put into the window where
 * samples were missing
 * * #GstClockTime `processing-time` (#guint64)
 * * #gchararray `model`: nick or file name
 *
 * The first buffer that leaves after a result is known carries the same fields
 * as a #GstCustomMeta named `GstEmotionMeta`. Those that no buffer of the same
 * segment is left to carry, such as the last one before EOS, and those of which
 * there are more than a buffer carries (256), come as a serialized custom
 * downstream event with that structure.
 *
 * Presets (#GstPreset) `live`, `archive` and `sensitive` set the properties for
 * their use: by gst_preset_load_preset(), or in gst-launch-1.0 by
 * `emotiondetect @preset=live`.
 *
 * A window never reaches across a discontinuity, a seek or a segment that gives
 * samples other times; at the end of the stream what is left is padded. Gaps
 * are silence. With a negative rate audio is passed through but not
 * analysed: it would come backwards.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 -m filesrc location=voice.flac ! decodebin ! emotiondetect !
 * fakesink
 * ]| One message for each 3 s of a file.
 * |[
 * gst-launch-1.0 -m pulsesrc ! emotiondetect interval=1000000000 smoothing=0.5
 * ! fakesink
 * ]| The microphone, once a second, over the last 3 s.
 * |[
 * gst-launch-1.0 filesrc location=voice.wav ! decodebin ! audioconvert !
 * emotiondetect model-file=model.h5 tags=summary ! flacenc ! filesink
 * location=voice.flac
 * ]| Your own model, and its summary of the file as a tag.
 */
#include "gst/gstemotiondetect.h"

#include <gst/audio/audio.h>

#include "gst/delivery.h"
#include "gst/log.h"
#include "gst/model/model-choice.h"
#include "gst/recognizer.h"
#include "gst/settings.h"

struct _GstEmotionDetect {
  GstBaseTransform parent;

  /* Guarded by the object lock. */
  GstEmotionSettings settings;
  GstEmotionRecognizer
      *recognizer; /* NULL while stopped; its methods belong to the streaming
                      thread, with a few exceptions */
  GstEmotionModelChoice choice;
  GstEmotionDelivery delivery;
  gboolean is_live;
  GstEmotionStats last_stats; /* of the previous recognizer */
  GstEmotionContinuityStats last_continuity;

  /* Used by the streaming thread only. */
  gboolean knows_live;
  gboolean has_warned_input; /* of an unreadable buffer or rate */
};

#define AUDIO_CAPS                                                             \
  GST_AUDIO_CAPS_MAKE (GST_AUDIO_FORMATS_ALL)                                  \
  ", layout = (string) { interleaved, non-interleaved }"

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (AUDIO_CAPS));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (AUDIO_CAPS));

/* Presets: gst/presets. */
G_DEFINE_TYPE_WITH_CODE (GstEmotionDetect, gst_emotion_detect,
    GST_TYPE_BASE_TRANSFORM, G_IMPLEMENT_INTERFACE (GST_TYPE_PRESET, NULL))
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE (emotiondetect, "emotiondetect",
    GST_RANK_NONE, GST_TYPE_EMOTION_DETECT, gst_emotion_log_category ())

/* Properties */

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstEmotionDetect *self = GST_EMOTION_DETECT (object);
  gboolean is_known;

  GST_OBJECT_LOCK (self);
  is_known = gst_emotion_settings_set (&self->settings, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!is_known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

/* One change of the model, however many of its properties g_object_set sets at
 * once. */
static void
dispatch_properties_changed (GObject *object, guint n, GParamSpec **pspecs)
{
  static const char *const names[] = { "model", "model-file", "labels",
    "recipe", "quantize", NULL };
  gboolean is_model = FALSE;

  for (guint i = 0; i < n; i++)
    is_model |= g_strv_contains (names, pspecs[i]->name);
  if (is_model)
    gst_emotion_model_choice_change (&GST_EMOTION_DETECT (object)->choice);
  G_OBJECT_CLASS (gst_emotion_detect_parent_class)
      ->dispatch_properties_changed (object, n, pspecs);
}

static GstStructure *
stats_new (GstEmotionDetect *self)
{
  GstEmotionStats stats;
  GstEmotionContinuityStats c;

  GST_OBJECT_LOCK (self);
  stats = self->recognizer ? gst_emotion_recognizer_stats (self->recognizer)
                           : self->last_stats;
  c = self->recognizer
      ? gst_emotion_recognizer_continuity_stats (self->recognizer)
      : self->last_continuity;
  GST_OBJECT_UNLOCK (self);
  return gst_structure_new ("application/x-emotion-stats", /* */
      "windows", G_TYPE_UINT64, stats.windows,             /* */
      "dropped", G_TYPE_UINT64, stats.dropped,             /* */
      "mean-inference-time", G_TYPE_UINT64,
      stats.total_time / MAX (stats.classified, 1),        /* */
      "max-inference-time", G_TYPE_UINT64, stats.max_time, /* */
      "gaps", G_TYPE_UINT64, c.gaps,                       /* */
      "filled", G_TYPE_UINT64, c.filled,                   /* */
      "breaks", G_TYPE_UINT64, c.breaks,                   /* */
      "repeated", G_TYPE_UINT64, c.repeated,               /* */
      "discarded", G_TYPE_UINT64, c.discarded, NULL);
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstEmotionDetect *self = GST_EMOTION_DETECT (object);
  gboolean is_known;

  if (id == GST_EMOTION_PROP_STATS) {
    g_value_take_boxed (value, stats_new (self));
    return;
  }
  GST_OBJECT_LOCK (self);
  is_known = gst_emotion_settings_get (&self->settings, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!is_known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

/* The stream */

/* Queried in the streaming thread until there is an answer (a sound card has
 * none before it has caps); later changes are seen in query (). */
static void
ask_if_live (GstEmotionDetect *self)
{
  GstQuery *query;
  gboolean is_live = FALSE;

  if (self->knows_live)
    return;
  query = gst_query_new_latency ();
  self->knows_live =
      gst_pad_peer_query (GST_BASE_TRANSFORM_SINK_PAD (self), query);
  if (self->knows_live) {
    gst_query_parse_latency (query, &is_live, NULL, NULL);
    GST_OBJECT_LOCK (self);
    self->is_live = is_live;
    GST_OBJECT_UNLOCK (self);
    GST_INFO_OBJECT (self, "upstream is %s", is_live ? "live" : "not live");
  }
  gst_query_unref (query);
}

static void
swap_model (
    GstEmotionDetect *self, GstEmotionModel *model, GstEmotionLabels *labels)
{
  g_autoptr (GError) error = NULL;

  GST_DEBUG_OBJECT (self, "swapping in model %s from the next window on",
      gst_emotion_model_name (model));
  gst_emotion_delivery_set_model (&self->delivery);
  if (!gst_emotion_recognizer_set_model (
          self->recognizer, model, labels, &error))
    gst_emotion_model_choice_report (
        GST_ELEMENT (self), GST_MESSAGE_WARNING, error);
}

/* Properties take effect here, between two buffers. */
static void
update (GstEmotionDetect *self)
{
  g_autoptr (GstEmotionModel) model = NULL;
  g_autoptr (GstEmotionLabels) labels = NULL;
  const GstEmotionSettings *settings = &self->settings;
  GstEmotionOptions options;

  ask_if_live (self);
  GST_OBJECT_LOCK (self);
  options = (GstEmotionOptions){ .interval = settings->interval,
    .alignment_threshold = settings->alignment_threshold,
    .discont_wait = settings->discont_wait,
    .silence_threshold = settings->silence_threshold,
    .min_confidence = settings->min_confidence,
    .min_voice = settings->min_voice,
    .align_voice = settings->align == GST_EMOTION_ALIGN_VOICE,
    .smoothing = settings->smoothing,
    .drop_oldest = self->is_live,
    .async = settings->inference == GST_EMOTION_INFERENCE_ASYNC
        || (settings->inference == GST_EMOTION_INFERENCE_AUTO
            && self->is_live) };
  GST_OBJECT_UNLOCK (self);
  gst_emotion_recognizer_set_options (self->recognizer, &options);
  model = gst_emotion_model_choice_take (&self->choice, &labels);
  if (model)
    swap_model (self, model, labels);
}

static void
warn_of_input (GstEmotionDetect *self, const char *reason)
{
  if (self->has_warned_input)
    return;
  self->has_warned_input = TRUE;
  GST_ELEMENT_WARNING (self, STREAM, FORMAT,
      ("Audio is passed through but not analysed: %s.", reason), (NULL));
}

/* Instead of transform_ip, which cannot replace a read-only buffer. */
static GstFlowReturn
generate_output (GstBaseTransform *trans, GstBuffer **out)
{
  GstEmotionDetect *self = GST_EMOTION_DETECT (trans);
  GstBuffer *buffer = g_steal_pointer (&trans->queued_buf);

  *out = NULL;
  if (!buffer)
    return GST_FLOW_OK;
  update (self);
  if (!gst_emotion_recognizer_push (self->recognizer, buffer))
    warn_of_input (self, "the buffers cannot be mapped as the caps describe");
  gst_emotion_delivery_push_tags (&self->delivery, trans->srcpad);
  gst_emotion_delivery_push_surplus (&self->delivery, trans->srcpad);
  *out = gst_emotion_delivery_attach (&self->delivery, buffer);
  return GST_FLOW_OK;
}

static void
take_caps (GstEmotionDetect *self, GstCaps *caps)
{
  g_autoptr (GError) error = NULL;
  GstAudioInfo info;

  GST_DEBUG_OBJECT (self, "caps %" GST_PTR_FORMAT, caps);
  self->has_warned_input = FALSE;
  if (!gst_audio_info_from_caps (&info, caps)
      || !GST_AUDIO_INFO_IS_VALID (&info)) {
    gst_audio_info_init (&info);
    warn_of_input (self, "the caps are not valid");
  }
  if (!gst_emotion_recognizer_set_format (self->recognizer, &info, &error))
    warn_of_input (self, error->message);
}

static void
push_results (GstEmotionDetect *self)
{
  gst_emotion_delivery_push_results (
      &self->delivery, GST_BASE_TRANSFORM_SRC_PAD (self));
}

static void
finish (GstEmotionDetect *self)
{
  gst_emotion_recognizer_finish (self->recognizer);
  gst_emotion_recognizer_drain (self->recognizer);
  push_results (self);
  gst_emotion_delivery_finish (&self->delivery);
  gst_emotion_delivery_push_tags (
      &self->delivery, GST_BASE_TRANSFORM_SRC_PAD (self));
}

/* From any thread, while stop () may run in another. */
static void
start_flushing (GstEmotionDetect *self)
{
  GST_DEBUG_OBJECT (self, "flushing starts");
  GST_OBJECT_LOCK (self);
  if (self->recognizer)
    gst_emotion_recognizer_set_flushing (self->recognizer, TRUE);
  GST_OBJECT_UNLOCK (self);
}

/* Called with the stream lock but not the object lock: it waits for a result
 * that is being posted, which takes the object lock. */
static void
stop_flushing (GstEmotionDetect *self)
{
  GST_DEBUG_OBJECT (self, "flushing stops");
  gst_emotion_recognizer_set_flushing (self->recognizer, FALSE);
  gst_emotion_recognizer_flush (self->recognizer);
  gst_emotion_delivery_flush (&self->delivery);
}

/* Serialized events: results of earlier samples are sent first. */
static GstEvent *
take_event (GstEmotionDetect *self, GstEvent *event)
{
  const GstSegment *segment;
  GstClockTime timestamp, duration;
  GstCaps *caps;

  update (self);
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      take_caps (self, caps);
      gst_emotion_recognizer_drain (self->recognizer);
      break;
    case GST_EVENT_SEGMENT:
      gst_event_parse_segment (event, &segment);
      gst_emotion_recognizer_set_segment (self->recognizer, segment);
      gst_emotion_recognizer_drain (self->recognizer);
      push_results (self);
      break;
    case GST_EVENT_GAP:
      gst_event_parse_gap (event, &timestamp, &duration);
      gst_emotion_recognizer_push_gap (self->recognizer, timestamp, duration);
      gst_emotion_delivery_push_surplus (
          &self->delivery, GST_BASE_TRANSFORM_SRC_PAD (self));
      gst_emotion_delivery_push_tags (
          &self->delivery, GST_BASE_TRANSFORM_SRC_PAD (self));
      break;
    case GST_EVENT_STREAM_START:
      finish (self);
      gst_emotion_delivery_start_stream (&self->delivery);
      break;
    case GST_EVENT_SEGMENT_DONE:
    case GST_EVENT_EOS:
      finish (self);
      break;
    case GST_EVENT_TAG:
      return gst_emotion_delivery_merge_tags (&self->delivery, event);
    default:
      break;
  }
  return event;
}

static gboolean
sink_event (GstBaseTransform *trans, GstEvent *event)
{
  GstEmotionDetect *self = GST_EMOTION_DETECT (trans);

  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START)
    start_flushing (self);
  else if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
    stop_flushing (self);
  else if (GST_EVENT_IS_SERIALIZED (event))
    event = take_event (self, event);
  return GST_BASE_TRANSFORM_CLASS (gst_emotion_detect_parent_class)
      ->sink_event (trans, event);
}

/* Late or not, no audio is dropped: QoS bypasses the base class. */
static gboolean
src_event (GstBaseTransform *trans, GstEvent *event)
{
  if (GST_EVENT_TYPE (event) == GST_EVENT_QOS)
    return gst_pad_push_event (trans->sinkpad, event);
  return GST_BASE_TRANSFORM_CLASS (gst_emotion_detect_parent_class)
      ->src_event (trans, event);
}

static gboolean
query (GstBaseTransform *trans, GstPadDirection direction, GstQuery *q)
{
  GstEmotionDetect *self = GST_EMOTION_DETECT (trans);
  gboolean is_live;

  if (!GST_BASE_TRANSFORM_CLASS (gst_emotion_detect_parent_class)
           ->query (trans, direction, q))
    return FALSE;
  if (GST_QUERY_TYPE (q) == GST_QUERY_LATENCY) {
    gst_query_parse_latency (q, &is_live, NULL, NULL);
    GST_OBJECT_LOCK (self);
    self->is_live = is_live;
    GST_OBJECT_UNLOCK (self);
  }
  return TRUE;
}

/* States */

/* In whichever thread ran the network. */
static void
take_result (GstEmotionResult *result, gpointer user_data)
{
  GstEmotionDetect *self = user_data;

  /* A message handler may drop the last reference to the element. */
  gst_object_ref (self);
  gst_emotion_delivery_take (&self->delivery, result);
  gst_object_unref (self);
}

static gboolean
start (GstBaseTransform *trans)
{
  GstEmotionDetect *self = GST_EMOTION_DETECT (trans);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstEmotionLabels) labels = NULL;
  g_autoptr (GstEmotionRecognizer) recognizer =
      gst_emotion_recognizer_new (GST_ELEMENT (self), take_result, self);
  g_autoptr (GstEmotionModel) model =
      gst_emotion_model_choice_start (&self->choice, &labels, &error);

  if (!model
      || !gst_emotion_recognizer_set_model (
          recognizer, model, labels, &error)) {
    gst_emotion_model_choice_stop (&self->choice);
    gst_emotion_model_choice_report (
        GST_ELEMENT (self), GST_MESSAGE_ERROR, error);
    return FALSE;
  }
  self->knows_live = FALSE;
  self->has_warned_input = FALSE;
  GST_OBJECT_LOCK (self);
  self->recognizer = g_steal_pointer (&recognizer);
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

static gboolean
stop (GstBaseTransform *trans)
{
  GstEmotionDetect *self = GST_EMOTION_DETECT (trans);
  g_autoptr (GstEmotionRecognizer) recognizer = NULL;

  gst_emotion_model_choice_stop (&self->choice);
  GST_OBJECT_LOCK (self);
  recognizer = g_steal_pointer (&self->recognizer);
  self->last_stats = gst_emotion_recognizer_stats (recognizer);
  self->last_continuity = gst_emotion_recognizer_continuity_stats (recognizer);
  GST_OBJECT_UNLOCK (self);
  GST_INFO_OBJECT (self,
      "stopped: %" G_GUINT64_FORMAT " windows, %" G_GUINT64_FORMAT
      " dropped, longest inference %" GST_TIME_FORMAT,
      self->last_stats.windows, self->last_stats.dropped,
      GST_TIME_ARGS (self->last_stats.max_time));
  g_clear_pointer (&recognizer, gst_emotion_recognizer_free);
  gst_emotion_delivery_clear (&self->delivery);
  return TRUE;
}

static GstStateChangeReturn
change_state (GstElement *element, GstStateChange transition)
{
  /* Before pad deactivation waits for the streaming thread, which may wait for
   * us. */
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    start_flushing (GST_EMOTION_DETECT (element));
  return GST_ELEMENT_CLASS (gst_emotion_detect_parent_class)
      ->change_state (element, transition);
}

static void
finalize (GObject *object)
{
  GstEmotionDetect *self = GST_EMOTION_DETECT (object);

  gst_emotion_settings_clear (&self->settings);
  G_OBJECT_CLASS (gst_emotion_detect_parent_class)->finalize (object);
}

static void
gst_emotion_detect_class_init (GstEmotionDetectClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->dispatch_properties_changed = dispatch_properties_changed;
  object_class->finalize = finalize;
  element_class->change_state = change_state;
  trans_class->start = start;
  trans_class->stop = stop;
  trans_class->sink_event = sink_event;
  trans_class->src_event = src_event;
  trans_class->query = query;
  /* With neither transform nor transform_ip the base class is always in
   * passthrough mode: caps and allocation queries go through. */
  trans_class->generate_output = generate_output;

  gst_emotion_settings_install (object_class);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Emotion detector",
      "Filter/Analyzer/Audio",
      "Detects the emotion a voice expresses and reports it as messages, "
      "metadata and tags",
      "The gst-emotiondetect authors");
  gst_emotion_meta_register ();
  gst_emotion_tags_register ();
}

static void
gst_emotion_detect_init (GstEmotionDetect *self)
{
  gst_emotion_settings_init (&self->settings);
  gst_emotion_model_choice_init (
      &self->choice, GST_ELEMENT (self), &self->settings);
  gst_emotion_delivery_init (
      &self->delivery, GST_ELEMENT (self), &self->settings);
}
