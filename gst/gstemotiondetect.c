/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * SECTION:element-emotiondetect
 * @title: emotiondetect
 *
 * Classifies the emotion in a voice, one window (3 s) at a time. The sound
 * passes through: the memory that leaves is the memory that came in.
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
 * * #gboolean `partial`: padded, at the end of the stream
 * * #gboolean `silence`
 * * #GstClockTime `processing-time` (#guint64)
 * * #gchararray `model`: nick or file name
 *
 * The first buffer that leaves after a result is known carries the same fields
 * as a #GstCustomMeta named `GstEmotionMeta`.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m filesrc location=voice.flac ! decodebin ! emotiondetect
 * model-file=model.h5 ! fakesink
 * ]|
 */
#include "gst/gstemotiondetect.h"

#include <gst/audio/audio.h>

#include "gst/analytics.h"
#include "gst/loader.h"
#include "gst/recognizer.h"
#include "gst/result.h"
#include "gst/settings.h"
#include "gst/tags.h"

GST_DEBUG_CATEGORY_STATIC (gst_emotion_detect_debug);
#define GST_CAT_DEFAULT gst_emotion_detect_debug

/* Results that wait for a buffer at most; only a stream of gap events makes
 * more of them. */
#define MAX_RESULTS 256

struct _GstEmotionDetect {
  GstBaseTransform parent;

  /* Guarded by the object lock. */
  GstEmotionSettings settings;
  GstEmotionRecognizer *recognizer; /* NULL while stopped; its methods belong to
                                       the streaming thread, but for a few */
  GQueue results;                   /* GstEmotionResult, to attach */
  GstEmotionTagger tagger;
  GstEmotionModel *new_model;   /* waits for the streaming thread, with */
  GstEmotionLabels *new_labels; /* these */
  guint n_loads;                /* a load that is not the last is void */
  gboolean is_live;
  gboolean has_warned; /* of a model that gives no probabilities */

  /* The streaming thread's own. */
  gboolean knows_live;
  gboolean has_warned_input; /* of a buffer or a rate that cannot be read */
};

#define AUDIO_CAPS                                                             \
  GST_AUDIO_CAPS_MAKE (GST_AUDIO_FORMATS_ALL)                                  \
  ", layout = (string) { interleaved, non-interleaved }"

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (AUDIO_CAPS));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (AUDIO_CAPS));

G_DEFINE_TYPE (GstEmotionDetect, gst_emotion_detect, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE (emotiondetect, "emotiondetect",
    GST_RANK_NONE, GST_TYPE_EMOTION_DETECT,
    GST_DEBUG_CATEGORY_INIT (
        gst_emotion_detect_debug, "emotiondetect", 0, "emotion detector"))

/* Results */

static void
post (GstEmotionDetect *self, const GstEmotionResult *result)
{
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (
          GST_OBJECT (self), gst_emotion_result_to_structure (result)));
}

static void
warn_of_model (GstEmotionDetect *self)
{
  gboolean has_warned;

  GST_OBJECT_LOCK (self);
  has_warned = self->has_warned;
  self->has_warned = TRUE;
  GST_OBJECT_UNLOCK (self);
  if (!has_warned)
    GST_ELEMENT_WARNING (self, LIBRARY, FAILED,
        ("The model's output is not a set of probabilities."), (NULL));
}

/* In whichever thread ran the network. */
static void
take_result (GstEmotionResult *result, gpointer user_data)
{
  GstEmotionDetect *self = user_data;
  gboolean posts;

  if (!result) {
    warn_of_model (self);
    return;
  }
  GST_OBJECT_LOCK (self);
  posts = self->settings.post_messages;
  gst_emotion_tagger_add (&self->tagger, self->settings.tags, result);
  GST_OBJECT_UNLOCK (self);
  if (posts)
    post (self, result);

  GST_OBJECT_LOCK (self);
  if (self->settings.attach_meta) {
    g_queue_push_tail (&self->results, g_steal_pointer (&result));
    if (self->results.length > MAX_RESULTS)
      result = g_queue_pop_head (&self->results);
  }
  GST_OBJECT_UNLOCK (self);
  gst_emotion_result_free (result);
}

static void
clear_results (GstEmotionDetect *self)
{
  GST_OBJECT_LOCK (self);
  g_queue_clear_full (&self->results, (GDestroyNotify) gst_emotion_result_free);
  GST_OBJECT_UNLOCK (self);
}

/* Takes buffer and returns it with what is known by now. */
static GstBuffer *
attach_results (GstEmotionDetect *self, GstBuffer *buffer)
{
  for (;;) {
    g_autoptr (GstEmotionResult) result = NULL;

    GST_OBJECT_LOCK (self);
    result = g_queue_pop_head (&self->results);
    GST_OBJECT_UNLOCK (self);
    if (!result)
      return buffer;
    /* A copy shares the memory. */
    buffer = gst_buffer_make_writable (buffer);
    gst_emotion_meta_add (buffer, result);
#ifdef HAVE_ANALYTICS
    gst_emotion_analytics_add (buffer, result);
#endif
  }
}

static void
push_tags (GstEmotionDetect *self)
{
  GstEvent *event;

  GST_OBJECT_LOCK (self);
  event = gst_emotion_tagger_take (&self->tagger);
  GST_OBJECT_UNLOCK (self);
  if (event)
    gst_pad_push_event (GST_BASE_TRANSFORM_SRC_PAD (self), event);
}

/* Models */

/* Makes what the properties name; the error names the file. */
static GstEmotionModel *
load (GstEmotionDetect *self, GstEmotionLabels **labels, guint *n_loads,
    GError **error)
{
  g_autofree char *file = NULL;
  g_autofree char *names = NULL;
  GstEmotionBuiltin builtin;

  GST_OBJECT_LOCK (self);
  file = g_strdup (self->settings.model_file);
  names = g_strdup (self->settings.labels);
  builtin = self->settings.model;
  *n_loads = self->n_loads;
  GST_OBJECT_UNLOCK (self);
  return gst_emotion_load (file, builtin, names, labels, error);
}

/* The new model waits for the next buffer, unless it is out of date. */
static void
load_while_running (GstElement *element, gpointer user_data)
{
  GstEmotionDetect *self = GST_EMOTION_DETECT (element);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstEmotionModel) model = NULL;
  g_autoptr (GstEmotionLabels) labels = NULL;
  const guint wanted = GPOINTER_TO_UINT (user_data);
  guint n_loads;
  gboolean is_last;

  GST_OBJECT_LOCK (self);
  is_last = self->n_loads == wanted;
  GST_OBJECT_UNLOCK (self);
  if (!is_last)
    return;
  model = load (self, &labels, &n_loads, &error);
  GST_OBJECT_LOCK (self);
  is_last = self->n_loads == n_loads && self->recognizer;
  if (is_last && model) {
    GstEmotionModel *old_model = self->new_model;
    GstEmotionLabels *old_labels = self->new_labels;

    self->new_model = g_steal_pointer (&model);
    self->new_labels = g_steal_pointer (&labels);
    model = old_model;
    labels = old_labels;
  }
  GST_OBJECT_UNLOCK (self);
  if (is_last && error)
    gst_emotion_load_report (element, GST_MESSAGE_WARNING, error);
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstEmotionDetect *self = GST_EMOTION_DETECT (object);
  const gboolean is_model =
      id == GST_EMOTION_PROP_MODEL || id == GST_EMOTION_PROP_MODEL_FILE;
  gboolean is_known, loads;
  guint n_loads;

  GST_OBJECT_LOCK (self);
  is_known = gst_emotion_settings_set (&self->settings, id, value);
  loads = is_model && self->recognizer;
  n_loads = loads ? ++self->n_loads : 0;
  GST_OBJECT_UNLOCK (self);
  if (!is_known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  if (loads)
    gst_element_call_async (GST_ELEMENT (self), load_while_running,
        GUINT_TO_POINTER (n_loads), NULL);
}

static GstStructure *
stats_new (GstEmotionDetect *self)
{
  GstEmotionStats stats = { 0 };

  GST_OBJECT_LOCK (self);
  if (self->recognizer)
    stats = gst_emotion_recognizer_stats (self->recognizer);
  GST_OBJECT_UNLOCK (self);
  return gst_structure_new ("application/x-emotion-stats", /* */
      "windows", G_TYPE_UINT64, stats.windows,             /* */
      "dropped", G_TYPE_UINT64, stats.dropped,             /* */
      "mean-inference-time", G_TYPE_UINT64,
      stats.total_time / MAX (stats.classified, 1), /* */
      "max-inference-time", G_TYPE_UINT64, stats.max_time, NULL);
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

/* Asked once, in the streaming thread; later answers pass by in query (). */
static void
ask_if_live (GstEmotionDetect *self)
{
  GstQuery *query;
  gboolean is_live = FALSE;

  if (self->knows_live)
    return;
  self->knows_live = TRUE;
  query = gst_query_new_latency ();
  if (gst_pad_peer_query (GST_BASE_TRANSFORM_SINK_PAD (self), query))
    gst_query_parse_latency (query, &is_live, NULL, NULL);
  gst_query_unref (query);
  GST_OBJECT_LOCK (self);
  self->is_live = is_live;
  GST_OBJECT_UNLOCK (self);
}

static void
swap_model (
    GstEmotionDetect *self, GstEmotionModel *model, GstEmotionLabels *labels)
{
  g_autoptr (GError) error = NULL;

  if (!gst_emotion_recognizer_set_model (
          self->recognizer, model, labels, &error))
    gst_emotion_load_report (GST_ELEMENT (self), GST_MESSAGE_WARNING, error);
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
    .silence_threshold = settings->silence_threshold,
    .min_confidence = settings->min_confidence,
    .smoothing = settings->smoothing,
    .drop_oldest = self->is_live,
    .async = settings->inference == GST_EMOTION_INFERENCE_ASYNC
        || (settings->inference == GST_EMOTION_INFERENCE_AUTO
            && self->is_live) };
  model = g_steal_pointer (&self->new_model);
  labels = g_steal_pointer (&self->new_labels);
  if (model)
    self->has_warned = FALSE;
  GST_OBJECT_UNLOCK (self);
  gst_emotion_recognizer_set_options (self->recognizer, &options);
  if (model)
    swap_model (self, model, labels);
}

static void
warn_of_input (GstEmotionDetect *self, const char *reason)
{
  if (self->has_warned_input)
    return;
  self->has_warned_input = TRUE;
  GST_ELEMENT_WARNING (
      self, STREAM, FORMAT, ("This sound passes unheard: %s.", reason), (NULL));
}

/* In place of transform_ip, which cannot put another buffer in the place of one
 * that is not writable. */
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
    warn_of_input (self, "its buffers cannot be read");
  push_tags (self);
  *out = attach_results (self, buffer);
  return GST_FLOW_OK;
}

static void
take_caps (GstEmotionDetect *self, GstCaps *caps)
{
  g_autoptr (GError) error = NULL;
  GstAudioInfo info;

  self->has_warned_input = FALSE;
  if (gst_audio_info_from_caps (&info, caps)
      && !gst_emotion_recognizer_set_format (self->recognizer, &info, &error))
    warn_of_input (self, error->message);
}

static void
take_gap (GstEmotionDetect *self, GstEvent *event)
{
  GstClockTime timestamp, duration;

  gst_event_parse_gap (event, &timestamp, &duration);
  gst_emotion_recognizer_push_gap (self->recognizer, timestamp, duration);
}

static void
finish (GstEmotionDetect *self)
{
  gst_emotion_recognizer_finish (self->recognizer);
  gst_emotion_recognizer_drain (self->recognizer);
  GST_OBJECT_LOCK (self);
  gst_emotion_tagger_finish (&self->tagger, self->settings.tags);
  GST_OBJECT_UNLOCK (self);
  push_tags (self);
}

/* From any thread, while stop () may run in another. */
static void
start_flushing (GstEmotionDetect *self)
{
  GST_OBJECT_LOCK (self);
  if (self->recognizer)
    gst_emotion_recognizer_set_flushing (self->recognizer, TRUE);
  GST_OBJECT_UNLOCK (self);
}

/* With the stream lock, and without the object lock: it waits for a result that
 * is being told, and telling takes the object lock. */
static void
stop_flushing (GstEmotionDetect *self)
{
  gst_emotion_recognizer_set_flushing (self->recognizer, FALSE);
  gst_emotion_recognizer_flush (self->recognizer);
  clear_results (self);
}

/* Serialized events: what came before them is told before they go on. */
static GstEvent *
take_event (GstEmotionDetect *self, GstEvent *event)
{
  const GstSegment *segment;
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
      break;
    case GST_EVENT_GAP:
      take_gap (self, event);
      break;
    case GST_EVENT_STREAM_START:
    case GST_EVENT_SEGMENT_DONE:
    case GST_EVENT_EOS:
      finish (self);
      break;
    case GST_EVENT_TAG:
      GST_OBJECT_LOCK (self);
      event = gst_emotion_tagger_merge (&self->tagger, event);
      GST_OBJECT_UNLOCK (self);
      break;
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

/* Late or not, no sound is dropped: the base class never hears of QoS. */
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

static gboolean
start (GstBaseTransform *trans)
{
  GstEmotionDetect *self = GST_EMOTION_DETECT (trans);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstEmotionLabels) labels = NULL;
  g_autoptr (GstEmotionRecognizer) recognizer =
      gst_emotion_recognizer_new (take_result, self);
  guint n_loads;
  g_autoptr (GstEmotionModel) model = load (self, &labels, &n_loads, &error);

  if (!model
      || !gst_emotion_recognizer_set_model (
          recognizer, model, labels, &error)) {
    gst_emotion_load_report (GST_ELEMENT (self), GST_MESSAGE_ERROR, error);
    return FALSE;
  }
  self->knows_live = FALSE;
  self->has_warned_input = FALSE;
  GST_OBJECT_LOCK (self);
  self->has_warned = FALSE;
  self->recognizer = g_steal_pointer (&recognizer);
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

static gboolean
stop (GstBaseTransform *trans)
{
  GstEmotionDetect *self = GST_EMOTION_DETECT (trans);
  g_autoptr (GstEmotionRecognizer) recognizer = NULL;
  g_autoptr (GstEmotionModel) model = NULL;
  g_autoptr (GstEmotionLabels) labels = NULL;

  GST_OBJECT_LOCK (self);
  recognizer = g_steal_pointer (&self->recognizer);
  model = g_steal_pointer (&self->new_model);
  labels = g_steal_pointer (&self->new_labels);
  self->n_loads++;
  gst_emotion_tagger_clear (&self->tagger);
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&recognizer, gst_emotion_recognizer_free);
  clear_results (self);
  return TRUE;
}

static GstStateChangeReturn
change_state (GstElement *element, GstStateChange transition)
{
  /* Before the pads wait for the streaming thread, which may wait for us. */
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
      "Tells which emotion a voice expresses, by messages, meta and tags",
      "The gst-emotiondetect authors");
  gst_emotion_meta_register ();
  gst_emotion_tags_register ();
}

static void
gst_emotion_detect_init (GstEmotionDetect *self)
{
  gst_emotion_settings_init (&self->settings);
  g_queue_init (&self->results);
}
