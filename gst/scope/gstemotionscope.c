/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * SECTION:element-emotionscope
 * @title: emotionscope
 * @see_also: emotiondetect, emotiontext
 *
 * Draws raw audio and the results of emotiondetect, which come as
 * `GstEmotionMeta`: the mel spectrogram of the last seconds, the emotions over
 * the same time, a bar for the probability of each label, and the current
 * emotion with its confidence. Without meta it draws the spectrogram alone.
 *
 * The spectrogram is made by the feature recipe of the models, and its decibels
 * count from the loudest that is in view. Silent windows and those below
 * min-confidence are labelled as such. What is missing of a stream, up to 1 s,
 * is drawn as silence. The colours are viridis and the palette of Okabe and
 * Ito, which people with any colour vision tell apart.
 *
 * Any size and frame rate; 640x360 at 30 frames per second if downstream does
 * not care. The latency is one frame. With negative rates gap events are sent
 * instead of pictures.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 autoaudiosrc ! audioconvert ! emotiondetect interval=500000000
 *     ! emotionscope ! videoconvert ! autovideosink
 * ]| The microphone.
 * |[
 * gst-launch-1.0 filesrc location=voice.flac ! decodebin ! audioconvert
 *     ! emotiondetect ! tee name=t
 *     t. ! queue ! emotionscope ! video/x-raw,width=1280,height=720
 *     ! videoconvert ! vp8enc ! webmmux name=m ! filesink location=voice.webm
 *     t. ! queue ! audioconvert ! audioresample ! opusenc ! m.
 * ]| A recording as a film.
 */
#include "gst/scope/gstemotionscope.h"

#include "gst/convert.h"
#include "gst/recognizer.h"
#include "gst/result-reader.h"
#include "gst/scope/frame.h"
#include "gst/scope/history.h"
#include "gst/scope/slicer.h"
#include "gst/scope/spans.h"

GST_DEBUG_CATEGORY (gst_emotion_scope_debug);
#define GST_CAT_DEFAULT gst_emotion_scope_debug

#define DEFAULT_SPAN (8 * GST_SECOND)

struct _GstEmotionScope {
  GstAudioVisualizer parent;

  /* The base class's, which ours end with. */
  GstPadChainFunction base_chain;
  GstPadEventFunction base_sink_event;

  /* Guarded by the object lock. */
  GstClockTime span;
  GstClockTime frame_duration; /* 0: not known yet */

  /* The streaming thread's own. */
  GstEmotionReader reader;
  GstEmotionSpans emotions;
  GstEmotionSlicer slicer;
  GstEmotionConvert *convert;
  GstEmotionHistory history;
  GstEmotionFrame *frame;
  gint width, height; /* of the video frame */
  GstClockTime now;   /* stream time of the end of the sound so far */
};

enum { PROP_SPAN = 1 };

/* A picture takes at least two audio frames, and its audio must fit the 32-bit
 * counts of the base class. */
#define AUDIO_CAPS                                                             \
  "audio/x-raw, format = (string) " GST_AUDIO_FORMATS_ALL                      \
  ", rate = (int) [ 1000, 768000 ], channels = (int) [ 1, 64 ]"                \
  ", layout = (string) interleaved"
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
#define VIDEO_FORMATS "{ BGRx, BGRA }"
#else
#define VIDEO_FORMATS "{ xRGB, ARGB }"
#endif
#define VIDEO_CAPS(size, rate)                                                 \
  "video/x-raw, format = (string) " VIDEO_FORMATS ", " size                    \
  ", framerate = (fraction) " rate ", pixel-aspect-ratio = (fraction) 1/1"
#define ANY_RATE "[ 1/10, 500/1 ]"

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (AUDIO_CAPS));
/* The base class takes the first that downstream supports, and fixates it by
 * its own defaults. */
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (VIDEO_CAPS ("width = (int) 640, height = (int) 360",
            "30/1") ";" VIDEO_CAPS ("width = (int) 640, height = (int) 360",
            ANY_RATE) ";" VIDEO_CAPS ("width = (int) [ 1, 16384 ], height = "
                                      "(int) [ 1, 16384 ]",
            "30/1") ";" VIDEO_CAPS ("width = (int) [ 1, 16384 ], height = "
                                    "(int) [ 1, 16384 ]",
            ANY_RATE)));

G_DEFINE_TYPE (GstEmotionScope, gst_emotion_scope, GST_TYPE_AUDIO_VISUALIZER)
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE (emotionscope, "emotionscope",
    GST_RANK_NONE, GST_TYPE_EMOTION_SCOPE,
    GST_DEBUG_CATEGORY_INIT (
        gst_emotion_scope_debug, "emotionscope", 0, "emotions as video"))

/* Results */

static void
clear_results (GstEmotionScope *self)
{
  gst_emotion_reader_reset (&self->reader);
  gst_emotion_spans_clear (&self->emotions);
}

static void
take_result (GstEmotionResult *result, gpointer user_data)
{
  GstEmotionScope *self = user_data;

  GST_LOG_OBJECT (self,
      "window %" G_GUINT64_FORMAT " at %" GST_TIME_FORMAT ": %s",
      result->window.id, GST_TIME_ARGS (result->window.timestamp),
      gst_emotion_result_text (result));
  gst_emotion_spans_add (&self->emotions, result);
}

/* Pictures */

static gboolean
update_span (GstEmotionScope *self)
{
  g_autoptr (GError) error = NULL;
  GstClockTime span;

  GST_OBJECT_LOCK (self);
  span = self->span;
  GST_OBJECT_UNLOCK (self);
  if (gst_emotion_history_set_span (
          &self->history, span, GST_ELEMENT (self), &error))
    return TRUE;
  GST_ELEMENT_ERROR (
      self, RESOURCE, NO_SPACE_LEFT, ("%s", error->message), (NULL));
  return FALSE;
}

static gboolean
setup (GstAudioVisualizer *visualizer)
{
  GstEmotionScope *self = GST_EMOTION_SCOPE (visualizer);
  const gint width = GST_VIDEO_INFO_WIDTH (&visualizer->vinfo);
  const gint height = GST_VIDEO_INFO_HEIGHT (&visualizer->vinfo);

  if (!self->frame || width != self->width || height != self->height) {
    g_clear_pointer (&self->frame, gst_emotion_frame_free);
    self->frame = gst_emotion_frame_new (width, height);
    self->width = width;
    self->height = height;
  }
  GST_INFO_OBJECT (self, "%dx%d pixels at %d/%d frames per second", width,
      height, visualizer->vinfo.fps_n, visualizer->vinfo.fps_d);
  gst_emotion_slicer_set_pictures (
      &self->slicer, visualizer->vinfo.fps_n, visualizer->vinfo.fps_d);
  GST_OBJECT_LOCK (self);
  self->frame_duration = gst_util_uint64_scale_int (
      GST_SECOND, visualizer->vinfo.fps_d, visualizer->vinfo.fps_n);
  GST_OBJECT_UNLOCK (self);
  gst_element_post_message (
      GST_ELEMENT (self), gst_message_new_latency (GST_OBJECT (self)));
  return TRUE;
}

static gboolean
render (GstAudioVisualizer *visualizer, GstBuffer *audio, GstVideoFrame *frame)
{
  GstEmotionScope *self = GST_EMOTION_SCOPE (visualizer);
  GstEmotionView view = { .spans = &self->emotions.spans,
    .result = self->emotions.result };

  GST_TRACE_OBJECT (self, "drawing the frame at stream time %" GST_TIME_FORMAT,
      GST_TIME_ARGS (self->now));
  gst_emotion_spans_forget (
      &self->emotions, self->now - MIN (self->now, self->history.span));
  gst_emotion_history_view (&self->history, self->now, &view);
  gst_emotion_frame_draw (self->frame, &view,
      GST_VIDEO_FRAME_PLANE_DATA (frame, 0),
      GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0));
  return TRUE;
}

/* The stream */

static void
take_samples (const float *samples, gsize n, gpointer user_data)
{
  gst_emotion_history_push (
      &GST_EMOTION_SCOPE (user_data)->history, samples, n);
}

static void
analyse (GstEmotionScope *self, GstBuffer *buffer)
{
  const GstAudioInfo *info = &GST_AUDIO_VISUALIZER (self)->ainfo;
  GstAudioBuffer audio;

  if (!gst_audio_buffer_map (&audio, info, buffer, GST_MAP_READ)) {
    GST_WARNING_OBJECT (self, "not drawn: cannot map %" GST_PTR_FORMAT, buffer);
    return;
  }
  gst_emotion_convert_push (self->convert, &audio, 0, audio.n_samples);
  gst_audio_buffer_unmap (&audio);
}

/* The base class makes no picture from less than this. */
static gsize
least_frames (GstEmotionScope *self)
{
  return MAX (GST_AUDIO_VISUALIZER (self)->req_spf, 1);
}

/* Passes the audio of one picture after another to the base class, which would
 * also make pictures of leftover audio, at other intervals: so it is cleared.
 */
static GstFlowReturn
push_pictures (GstEmotionScope *self, GstPad *pad)
{
  GstFlowReturn flow = GST_FLOW_OK;
  GstBuffer *buffer;

  while (flow == GST_FLOW_OK
      && (buffer = gst_emotion_slicer_next (
              &self->slicer, least_frames (self), &self->now))) {
    if (!update_span (self)) {
      gst_buffer_unref (buffer);
      return GST_FLOW_ERROR;
    }
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    analyse (self, buffer);
    flow = self->base_chain (pad, GST_OBJECT (self), buffer);
  }
  return flow;
}

/* The next samples do not continue the previous ones. */
static void
restart (GstEmotionScope *self, const char *reason)
{
  GST_DEBUG_OBJECT (self, "restart: %s", reason);
  gst_emotion_slicer_restart (&self->slicer);
  if (self->convert)
    gst_emotion_convert_reset (self->convert);
  gst_emotion_history_restart (&self->history);
}

static GstBuffer *
silence_new (GstEmotionScope *self, gsize n)
{
  const GstAudioInfo *info = &GST_AUDIO_VISUALIZER (self)->ainfo;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, n * info->bpf, NULL);
  GstMapInfo map;

  if (gst_buffer_map (buffer, &map, GST_MAP_WRITE)) {
    gst_audio_format_info_fill_silence (info->finfo, map.data, map.size);
    gst_buffer_unmap (buffer, &map);
  }
  return buffer;
}

/* Sound, or silence in its place, with time stamp pts (or NONE) follows: what
 * is missing before it is silence. */
static void
meet (GstEmotionScope *self, GstClockTime pts, gboolean is_discont)
{
  guint64 n_missing;

  if (!gst_emotion_slicer_meet (&self->slicer, pts, is_discont, &n_missing)) {
    restart (self, "time stamps jump");
    gst_emotion_slicer_meet (&self->slicer, pts, FALSE, &n_missing);
  }
  if (n_missing == 0)
    return;
  GST_DEBUG_OBJECT (self,
      "%" G_GUINT64_FORMAT " frames are missing before %" GST_TIME_FORMAT
      ": silence",
      n_missing, GST_TIME_ARGS (pts));
  gst_emotion_slicer_fill (&self->slicer, silence_new (self, n_missing));
}

static gboolean
is_backwards (const GstEmotionScope *self)
{
  return self->slicer.timeline.segment.rate < 0;
}

/* In reverse playback, buffers come in the wrong order and nothing is drawn;
 * but sinks wait for a picture or a gap. Takes buffer. */
static GstFlowReturn
skip_sound (GstEmotionScope *self, GstPad *pad, GstBuffer *buffer)
{
  if (GST_BUFFER_PTS_IS_VALID (buffer))
    self->base_sink_event (pad, GST_OBJECT (self),
        gst_event_new_gap (
            GST_BUFFER_PTS (buffer), GST_BUFFER_DURATION (buffer)));
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static GstFlowReturn
chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstEmotionScope *self = GST_EMOTION_SCOPE (parent);

  if (!self->convert) {
    gst_buffer_unref (buffer);
    return GST_FLOW_NOT_NEGOTIATED;
  }
  gst_emotion_reader_read_buffer (&self->reader, buffer, take_result, self);
  if (is_backwards (self))
    return skip_sound (self, pad, buffer);
  meet (self, GST_BUFFER_PTS (buffer),
      GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT)
          || GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_RESYNC));
  gst_emotion_slicer_add (&self->slicer, buffer);
  return push_pictures (self, pad);
}

/* The last picture may have less sound than it lasts. */
static void
finish (GstEmotionScope *self, GstPad *pad)
{
  gsize n;

  if (!self->convert)
    return;
  n = gst_emotion_slicer_lacks (&self->slicer, least_frames (self));
  if (n > 0) {
    gst_emotion_slicer_fill (&self->slicer, silence_new (self, n));
    push_pictures (self, pad);
  }
}

/* A gap is silence; a long one, or one without a duration, is only passed on.
 * Takes event. */
static gboolean
take_gap (GstEmotionScope *self, GstPad *pad, GstEvent *event)
{
  const guint64 rate = GST_AUDIO_VISUALIZER (self)->ainfo.rate;
  GstClockTime pts, duration;
  guint64 n;

  gst_event_parse_gap (event, &pts, &duration);
  GST_DEBUG_OBJECT (self, "gap at %" GST_TIME_FORMAT " of %" GST_TIME_FORMAT,
      GST_TIME_ARGS (pts), GST_TIME_ARGS (duration));
  if (!self->convert || !GST_CLOCK_TIME_IS_VALID (duration)
      || duration > GST_EMOTION_LONG_GAP || is_backwards (self)) {
    restart (self, "the gap is passed on without drawing it");
    return self->base_sink_event (pad, GST_OBJECT (self), event);
  }
  n = gst_util_uint64_scale_round (duration, rate, GST_SECOND);
  meet (self, pts, TRUE);
  while (n > 0) {
    const gsize len = MIN (n, rate);

    gst_emotion_slicer_add (&self->slicer, silence_new (self, len));
    if (push_pictures (self, pad) != GST_FLOW_OK)
      break;
    n -= len;
  }
  gst_event_unref (event);
  return TRUE;
}

/* The base class sets up the pictures in between. Takes event. */
static gboolean
take_caps (GstEmotionScope *self, GstPad *pad, GstEvent *event)
{
  g_autoptr (GError) error = NULL;
  const GstAudioInfo *info = &GST_AUDIO_VISUALIZER (self)->ainfo;

  finish (self, pad);
  g_clear_pointer (&self->convert, gst_emotion_convert_free);
  if (!update_span (self)) {
    gst_event_unref (event);
    return FALSE;
  }
  if (!self->base_sink_event (pad, GST_OBJECT (self), event))
    return FALSE;
  self->convert = gst_emotion_convert_new (
      info, gst_emotion_spectrogram_rate (), take_samples, self, &error);
  if (!self->convert) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, ("%s", error->message), (NULL));
    return FALSE;
  }
  GST_INFO_OBJECT (self, "%s, channels=%d, rate=%d: drawn at %g Hz",
      GST_AUDIO_INFO_NAME (info), GST_AUDIO_INFO_CHANNELS (info),
      GST_AUDIO_INFO_RATE (info), gst_emotion_spectrogram_rate ());
  gst_emotion_slicer_set_sound (&self->slicer, info);
  return TRUE;
}

/* Takes event. */
static gboolean
take_segment (GstEmotionScope *self, GstPad *pad, GstEvent *event)
{
  const guint32 seqnum = gst_event_get_seqnum (event);
  GstSegment segment;

  finish (self, pad);
  gst_event_copy_segment (event, &segment);
  gst_event_unref (event);
  if (segment.format != GST_FORMAT_TIME)
    gst_segment_init (&segment, GST_FORMAT_TIME);
  GST_DEBUG_OBJECT (self, "%" GST_SEGMENT_FORMAT, &segment);
  if (segment.rate < 0)
    GST_INFO_OBJECT (self, "playback is reversed: gap events, no pictures");
  restart (self, "a new segment");
  gst_emotion_slicer_set_segment (&self->slicer, &segment);
  event = gst_event_new_segment (&segment);
  gst_event_set_seqnum (event, seqnum);
  return self->base_sink_event (pad, GST_OBJECT (self), event);
}

static gboolean
sink_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstEmotionScope *self = GST_EMOTION_SCOPE (parent);

  if (gst_emotion_reader_read_event (&self->reader, event, take_result, self)) {
    gst_event_unref (event);
    return TRUE;
  }
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      return take_caps (self, pad, event);
    case GST_EVENT_SEGMENT:
      return take_segment (self, pad, event);
    case GST_EVENT_GAP:
      return take_gap (self, pad, event);
    case GST_EVENT_FLUSH_STOP:
      restart (self, "flush");
      clear_results (self);
      break;
    case GST_EVENT_SEGMENT_DONE:
    case GST_EVENT_EOS:
      finish (self, pad);
      break;
    default:
      break;
  }
  return self->base_sink_event (pad, parent, event);
}

/* Instead of the base class's answer, which claims that every stream is live.
 */
static gboolean
src_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstEmotionScope *self = GST_EMOTION_SCOPE (parent);
  g_autoptr (GstPad) sink = NULL;
  GstClockTime min, max, ours;
  gboolean is_live;

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return gst_pad_query_default (pad, parent, query);
  sink = gst_element_get_static_pad (GST_ELEMENT (self), "sink");
  if (!gst_pad_peer_query (sink, query))
    return FALSE;
  gst_query_parse_latency (query, &is_live, &min, &max);
  GST_OBJECT_LOCK (self);
  ours = self->frame_duration;
  GST_OBJECT_UNLOCK (self);
  gst_query_set_latency (query, is_live, min + ours,
      GST_CLOCK_TIME_IS_VALID (max) ? max + ours : max);
  return TRUE;
}

/* The object */

static void
reset (GstEmotionScope *self)
{
  clear_results (self);
  g_clear_pointer (&self->convert, gst_emotion_convert_free);
  gst_emotion_history_clear (&self->history);
  g_clear_pointer (&self->frame, gst_emotion_frame_free);
  gst_emotion_slicer_reset (&self->slicer);
}

static GstStateChangeReturn
change_state (GstElement *element, GstStateChange transition)
{
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS (gst_emotion_scope_parent_class)
          ->change_state (element, transition);

  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    reset (GST_EMOTION_SCOPE (element));
  return result;
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstEmotionScope *self = GST_EMOTION_SCOPE (object);

  if (id != PROP_SPAN) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    return;
  }
  GST_OBJECT_LOCK (self);
  self->span = g_value_get_uint64 (value);
  GST_OBJECT_UNLOCK (self);
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstEmotionScope *self = GST_EMOTION_SCOPE (object);

  if (id != PROP_SPAN) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    return;
  }
  GST_OBJECT_LOCK (self);
  g_value_set_uint64 (value, self->span);
  GST_OBJECT_UNLOCK (self);
}

static void
finalize (GObject *object)
{
  GstEmotionScope *self = GST_EMOTION_SCOPE (object);

  reset (self);
  gst_emotion_slicer_clear (&self->slicer);
  G_OBJECT_CLASS (gst_emotion_scope_parent_class)->finalize (object);
}

static void
gst_emotion_scope_class_init (GstEmotionScopeClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstAudioVisualizerClass *visualizer_class =
      GST_AUDIO_VISUALIZER_CLASS (klass);

  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  element_class->change_state = change_state;
  visualizer_class->setup = setup;
  visualizer_class->render = render;
  g_object_class_install_property (object_class, PROP_SPAN,
      g_param_spec_uint64 ("span", "Span",
          "Time from the left edge of the spectrogram to the right (ns)",
          GST_SECOND, 60 * GST_SECOND, DEFAULT_SPAN,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
              | GST_PARAM_MUTABLE_PLAYING));
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Emotion scope",
      "Visualization",
      "Draws audio and the results of emotiondetect: mel spectrogram, "
      "emotions, probabilities",
      "The gst-emotiondetect authors");
  gst_emotion_meta_register ();
}

/* The base class has made the pads. */
static void
gst_emotion_scope_init (GstEmotionScope *self)
{
  g_autoptr (GstPad) sink =
      gst_element_get_static_pad (GST_ELEMENT (self), "sink");
  g_autoptr (GstPad) src =
      gst_element_get_static_pad (GST_ELEMENT (self), "src");

  self->span = DEFAULT_SPAN;
  reset (self);
  self->base_chain = GST_PAD_CHAINFUNC (sink);
  self->base_sink_event = GST_PAD_EVENTFUNC (sink);
  gst_pad_set_chain_function (sink, chain);
  gst_pad_set_event_function (sink, sink_event);
  gst_pad_set_query_function (src, src_query);
  /* Every pixel is redrawn, so nothing is faded. */
  gst_util_set_object_arg (G_OBJECT (self), "shader", "none");
}
