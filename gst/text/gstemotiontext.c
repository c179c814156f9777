/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * SECTION:element-emotiontext
 * @title: emotiontext
 * @see_also: emotiondetect, emotionscope
 *
 * Turns the results of emotiondetect into subtitles: a cue for each window,
 * with the time and the duration of the window. Its input is buffers with
 * `GstEmotionMeta`: the audio from emotiondetect, raw, encoded, or out of a
 * payloader. Subtitle muxers, `webvttenc` and `srtenc` accept its output.
 *
 * * Where windows overlap (#GstEmotionDetect:interval is less than their
 * length) a cue lasts until the next window begins, so that cues never overlap.
 * It waits until that is known; on live pipelines it does not wait, and takes
 * the distance of the two windows before.
 * * Gap events between cues show how far the text has come, so that muxers
 *   need not wait for it. A window is known when it has ended: the text is that
 *   far behind the sound, and where both are muxed a queue beside it must hold
 *   more than a window. (Sinks need not wait: a gap follows each segment.)
 *   (With #GstEmotionText:align=result it is not behind.)
 * * On live pipelines the same length is this element's latency.
 * * A silent window says "silence", one in which nobody speaks "no voice".
 * * With negative rates emotiondetect analyses nothing: only gap events are
 * sent.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 filesrc location=voice.flac ! decodebin ! audioconvert
 *     ! emotiondetect ! emotiontext ! webvttenc ! filesink location=voice.vtt
 * ]|
 * |[
 * gst-launch-1.0 filesrc location=voice.flac ! decodebin ! audioconvert
 *     ! emotiondetect ! tee name=t
 *     t. ! queue max-size-time=10000000000 max-size-bytes=0 max-size-buffers=0
 *     ! flacenc ! matroskamux name=m ! filesink location=voice.mka
 *     t. ! queue ! emotiontext ! m.
 * ]| The sound with a subtitle track.
 */
#include "gst/text/gstemotiontext.h"

#include "dsp/recipe.h"
#include "gst/text/cues.h"
#include "gst/result-reader.h"
#include "gst/text/settings.h"
#include "gst/text/template.h"

GST_DEBUG_CATEGORY_STATIC (gst_emotion_text_debug);
#define GST_CAT_DEFAULT gst_emotion_text_debug

/* As often as gap events come. */
#define GAP_STEP (250 * GST_MSECOND)
/* Allowance for the network and buffering, beyond the window. */
#define LATENCY_MARGIN (200 * GST_MSECOND)

struct _GstEmotionText {
  GstElement parent;
  GstPad *sinkpad;
  GstPad *srcpad;

  /* Guarded by the object lock. */
  GstEmotionTextSettings settings;
  GstClockTime window_length; /* of the last window, or the usual one */

  /* The streaming thread's own. */
  GstEmotionReader reader;
  GstEmotionCues cues;
  GstSegment segment;     /* of both pads */
  GstClockTime audio_end; /* the end of the sound so far, or NONE */
  GstClockTime text_end;  /* the end of the text so far */
  gboolean has_caps;
  gboolean is_markup;
  gboolean knows_live, is_live;
  GstFlowReturn flow; /* of the last push; told upstream once */
};

#define TEXT_CAPS "text/x-raw, format = (string) { utf8, pango-markup }"

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (TEXT_CAPS));

G_DEFINE_TYPE (GstEmotionText, gst_emotion_text, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE (emotiontext, "emotiontext",
    GST_RANK_NONE, GST_TYPE_EMOTION_TEXT,
    GST_DEBUG_CATEGORY_INIT (
        gst_emotion_text_debug, "emotiontext", 0, "emotions as text"))

/* Text out */

/* The format that downstream accepts: preferably plain text. */
static gboolean
negotiate (GstEmotionText *self)
{
  g_autoptr (GstCaps) ours = gst_pad_get_pad_template_caps (self->srcpad);
  g_autoptr (GstCaps) allowed = NULL;

  if (!gst_pad_check_reconfigure (self->srcpad) && self->has_caps)
    return TRUE;
  allowed = gst_pad_peer_query_caps (self->srcpad, ours);
  if (allowed && gst_caps_is_empty (allowed))
    return FALSE;
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GstCaps) caps = gst_caps_new_simple ("text/x-raw", "format",
        G_TYPE_STRING, i == 0 ? "utf8" : "pango-markup", NULL);

    if (allowed && !gst_caps_can_intersect (allowed, caps))
      continue;
    if (self->has_caps && self->is_markup == (i == 1))
      return TRUE;
    self->is_markup = i == 1;
    GST_INFO_OBJECT (self, "text as %" GST_PTR_FORMAT, caps);
    self->has_caps =
        gst_pad_push_event (self->srcpad, gst_event_new_caps (caps));
    return TRUE;
  }
  return FALSE;
}

static void
push_gap (GstEmotionText *self, GstClockTime end)
{
  GST_LOG_OBJECT (self,
      "gap: no text from %" GST_TIME_FORMAT " to %" GST_TIME_FORMAT,
      GST_TIME_ARGS (self->text_end), GST_TIME_ARGS (end));
  gst_pad_push_event (
      self->srcpad, gst_event_new_gap (self->text_end, end - self->text_end));
  self->text_end = end;
}

static void
push_cue (GstEmotionText *self, GstEmotionCue *cue)
{
  guint64 start, stop;
  GstBuffer *buffer;
  gsize len;

  if (!gst_segment_clip (&self->segment, GST_FORMAT_TIME, cue->start,
          cue->start + cue->duration, &start, &stop)) {
    GST_DEBUG_OBJECT (self,
        "cue at %" GST_TIME_FORMAT " dropped: outside of the segment",
        GST_TIME_ARGS (cue->start));
    return;
  }
  if (!negotiate (self)) {
    self->flow = GST_FLOW_NOT_NEGOTIATED;
    return;
  }
  if (start > self->text_end)
    push_gap (self, start);
  GST_LOG_OBJECT (self, "cue %" GST_TIME_FORMAT " - %" GST_TIME_FORMAT ": %s",
      GST_TIME_ARGS (start), GST_TIME_ARGS (stop), cue->text);
  len = strlen (cue->text);
  buffer = gst_buffer_new_wrapped (g_steal_pointer (&cue->text), len);
  GST_BUFFER_PTS (buffer) = start;
  GST_BUFFER_DURATION (buffer) = stop - start;
  self->text_end = stop;
  self->flow = gst_pad_push (self->srcpad, buffer);
}

static void
push_cues (GstEmotionText *self)
{
  GstEmotionCue *cue;

  while ((cue = gst_emotion_cues_pop (&self->cues))) {
    push_cue (self, cue);
    gst_emotion_cue_free (cue);
  }
}

/* Future cues begin a window before the end of the sound at the earliest,
 * unless cues begin where windows end. */
static void
push_gaps (GstEmotionText *self)
{
  GstClockTime end = self->audio_end;

  if (!GST_CLOCK_TIME_IS_VALID (end) || self->cues.held)
    return;
  GST_OBJECT_LOCK (self);
  if (self->settings.align == GST_EMOTION_TEXT_ALIGN_WINDOW)
    end -= MIN (end, self->window_length);
  GST_OBJECT_UNLOCK (self);
  if (GST_CLOCK_TIME_IS_VALID (self->segment.stop))
    end = MIN (end, self->segment.stop);
  if (end >= self->text_end + GAP_STEP && negotiate (self))
    push_gap (self, end);
}

/* Results in */

static void
ask_if_live (GstEmotionText *self)
{
  g_autoptr (GstQuery) query = NULL;

  if (self->knows_live)
    return;
  self->knows_live = TRUE;
  query = gst_query_new_latency ();
  if (gst_pad_peer_query (self->sinkpad, query))
    gst_query_parse_latency (query, &self->is_live, NULL, NULL);
  GST_INFO_OBJECT (self, "upstream is %s",
      self->is_live ? "live: cues never wait" : "not live");
}

static void
learn_length (GstEmotionText *self, const GstEmotionWindow *window)
{
  gboolean changes;

  if (window->partial)
    return;
  GST_OBJECT_LOCK (self);
  changes = self->window_length != window->duration;
  self->window_length = window->duration;
  GST_OBJECT_UNLOCK (self);
  if (changes)
    GST_DEBUG_OBJECT (
        self, "windows of %" GST_TIME_FORMAT, GST_TIME_ARGS (window->duration));
  if (changes && self->is_live)
    gst_element_post_message (
        GST_ELEMENT (self), gst_message_new_latency (GST_OBJECT (self)));
}

static void
take_result (GstEmotionResult *taken, gpointer user_data)
{
  g_autoptr (GstEmotionResult) result = taken;
  GstEmotionText *self = user_data;
  const GstEmotionWindow *window = &result->window;
  const GstClockTime start = gst_emotion_cue_place (window, &self->segment);
  g_autofree char *format = NULL;
  GstEmotionCueOptions options;

  ask_if_live (self);
  learn_length (self, window);
  if (!GST_CLOCK_TIME_IS_VALID (start)) {
    GST_DEBUG_OBJECT (self,
        "window %" G_GUINT64_FORMAT " at %" GST_TIME_FORMAT
        " has no cue: outside of the segment",
        window->id, GST_TIME_ARGS (window->timestamp));
    return;
  }
  GST_OBJECT_LOCK (self);
  format = g_strdup (self->settings.format);
  options = gst_emotion_text_settings_options (&self->settings);
  GST_OBJECT_UNLOCK (self);
  if (!negotiate (self)) {
    self->flow = GST_FLOW_NOT_NEGOTIATED;
    return;
  }
  options.text = format;
  options.is_markup = self->is_markup;
  options.hold = !self->is_live;
  if (!gst_emotion_cues_add (&self->cues, result, start, &options))
    GST_LOG_OBJECT (self,
        "window %" G_GUINT64_FORMAT " has no cue: skipped by "
        "skip-silence, skip-unknown or only-changes",
        window->id);
  else if (self->cues.held)
    GST_LOG_OBJECT (self,
        "window %" G_GUINT64_FORMAT ": its cue waits for the next window",
        window->id);
}

static void
hear (GstEmotionText *self, GstClockTime start, GstClockTime duration)
{
  /* In reverse playback there are no results; but sinks wait for text or a gap.
   */
  if (self->segment.rate < 0) {
    if (GST_CLOCK_TIME_IS_VALID (start) && negotiate (self))
      gst_pad_push_event (self->srcpad, gst_event_new_gap (start, duration));
    return;
  }
  if (!GST_CLOCK_TIME_IS_VALID (start))
    start = self->audio_end;
  if (GST_CLOCK_TIME_IS_VALID (start))
    self->audio_end =
        start + (GST_CLOCK_TIME_IS_VALID (duration) ? duration : 0);
  if (GST_CLOCK_TIME_IS_VALID (self->audio_end))
    gst_emotion_cues_advance (&self->cues, self->audio_end);
  push_cues (self);
  push_gaps (self);
}

static GstFlowReturn
chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstEmotionText *self = GST_EMOTION_TEXT (parent);
  GstFlowReturn flow;

  GST_TRACE_OBJECT (self, "%" GST_PTR_FORMAT, buffer);
  gst_emotion_reader_read_buffer (&self->reader, buffer, take_result, self);
  hear (self, GST_BUFFER_PTS (buffer), GST_BUFFER_DURATION (buffer));
  gst_buffer_unref (buffer);
  if (self->flow == GST_FLOW_NOT_NEGOTIATED)
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
        ("The downstream element does not accept text."), (NULL));
  /* Most buffers push no text, and a newly linked element accepts it again. */
  flow = self->flow;
  self->flow = GST_FLOW_OK;
  return flow;
}

/* There are no windows other than those so far. */
static void
finish (GstEmotionText *self)
{
  gst_emotion_cues_finish (&self->cues);
  push_cues (self);
}

static void
reset (GstEmotionText *self)
{
  gst_emotion_reader_reset (&self->reader);
  gst_emotion_cues_clear (&self->cues);
  gst_segment_init (&self->segment, GST_FORMAT_TIME);
  self->audio_end = GST_CLOCK_TIME_NONE;
  self->text_end = 0;
  self->flow = GST_FLOW_OK;
}

/* Events */

/* A stream of its own in the same group. Takes event. */
static GstEvent *
stream_start_new (GstEvent *event)
{
  g_autofree char *id = NULL;
  const gchar *upstream;
  GstEvent *start;
  guint group;

  gst_event_parse_stream_start (event, &upstream);
  id = g_strconcat (upstream, "/emotion-text", NULL);
  start = gst_event_new_stream_start (id);
  gst_event_set_stream_flags (start, GST_STREAM_FLAG_SPARSE);
  if (gst_event_parse_group_id (event, &group))
    gst_event_set_group_id (start, group);
  gst_event_set_seqnum (start, gst_event_get_seqnum (event));
  gst_event_unref (event);
  return start;
}

/* Caps are sent first. Takes event. */
static gboolean
push_segment (GstEmotionText *self, GstEvent *event)
{
  const guint32 seqnum = gst_event_get_seqnum (event);

  finish (self);
  gst_event_copy_segment (event, &self->segment);
  gst_event_unref (event);
  if (self->segment.format != GST_FORMAT_TIME)
    gst_segment_init (&self->segment, GST_FORMAT_TIME);
  self->audio_end = GST_CLOCK_TIME_NONE;
  self->text_end = self->segment.start;
  GST_DEBUG_OBJECT (self, "%" GST_SEGMENT_FORMAT, &self->segment);
  negotiate (self);
  event = gst_event_new_segment (&self->segment);
  gst_event_set_seqnum (event, seqnum);
  if (!gst_pad_push_event (self->srcpad, event))
    return FALSE;
  /* The first text is a window late: without a gap, a sink going to PAUSED
   * would wait for it and block the audio beside it. */
  if (self->has_caps && self->segment.rate > 0)
    push_gap (self, self->text_end);
  return TRUE;
}

static gboolean
take_gap (GstEmotionText *self, GstEvent *event)
{
  GstClockTime start, duration;

  gst_event_parse_gap (event, &start, &duration);
  gst_event_unref (event);
  GST_DEBUG_OBJECT (self, "gap at %" GST_TIME_FORMAT " of %" GST_TIME_FORMAT,
      GST_TIME_ARGS (start), GST_TIME_ARGS (duration));
  hear (self, start, duration);
  return TRUE;
}

/* Stream tags describe the audio, not the text; global tags describe both. */
static gboolean
take_tags (GstEmotionText *self, GstEvent *event)
{
  GstTagList *tags;

  gst_event_parse_tag (event, &tags);
  if (gst_tag_list_get_scope (tags) == GST_TAG_SCOPE_GLOBAL)
    return gst_pad_push_event (self->srcpad, event);
  gst_event_unref (event);
  return TRUE;
}

static gboolean
sink_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstEmotionText *self = GST_EMOTION_TEXT (parent);

  if (gst_emotion_reader_read_event (&self->reader, event, take_result, self)) {
    push_cues (self);
    gst_event_unref (event);
    return TRUE;
  }
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      finish (self);
      return gst_pad_push_event (self->srcpad, stream_start_new (event));
    case GST_EVENT_CAPS: /* of the sound */
      gst_event_unref (event);
      return TRUE;
    case GST_EVENT_SEGMENT:
      return push_segment (self, event);
    case GST_EVENT_GAP:
      return take_gap (self, event);
    case GST_EVENT_TAG:
      return take_tags (self, event);
    case GST_EVENT_FLUSH_STOP:
      GST_DEBUG_OBJECT (self, "flush");
      reset (self);
      break;
    case GST_EVENT_SEGMENT_DONE:
    case GST_EVENT_EOS:
      finish (self);
      break;
    default:
      break;
  }
  return gst_pad_event_default (pad, parent, event);
}

static gboolean
src_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstEmotionText *self = GST_EMOTION_TEXT (parent);
  GstClockTime min, max, ours = LATENCY_MARGIN;
  gboolean is_live;

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return gst_pad_query_default (pad, parent, query);
  if (!gst_pad_peer_query (self->sinkpad, query))
    return FALSE;
  gst_query_parse_latency (query, &is_live, &min, &max);
  GST_OBJECT_LOCK (self);
  if (self->settings.align == GST_EMOTION_TEXT_ALIGN_WINDOW)
    ours += self->window_length;
  GST_OBJECT_UNLOCK (self);
  if (is_live)
    gst_query_set_latency (query, TRUE, min + ours,
        GST_CLOCK_TIME_IS_VALID (max) ? max + ours : max);
  return TRUE;
}

/* The audio is not passed on, so downstream does not take part in allocation.
 */
static gboolean
sink_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  if (GST_QUERY_TYPE (query) == GST_QUERY_ALLOCATION)
    return FALSE;
  return gst_pad_query_default (pad, parent, query);
}

/* The object */

static gboolean
check_format (GstEmotionText *self)
{
  g_autofree char *format = NULL;
  g_autoptr (GError) error = NULL;

  g_object_get (self, "format", &format, NULL);
  if (gst_emotion_template_check (format, &error))
    return TRUE;
  GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("%s", error->message),
      ("property format of %s", GST_OBJECT_NAME (self)));
  return FALSE;
}

static GstStateChangeReturn
change_state (GstElement *element, GstStateChange transition)
{
  GstEmotionText *self = GST_EMOTION_TEXT (element);
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    if (!check_format (self))
      return GST_STATE_CHANGE_FAILURE;
    reset (self);
    self->has_caps = self->knows_live = self->is_live = FALSE;
  }
  result = GST_ELEMENT_CLASS (gst_emotion_text_parent_class)
               ->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    reset (self);
  return result;
}

/* Before it plays, the format is only stored. */
static gboolean
check_new_format (GstEmotionText *self, const char *format)
{
  g_autoptr (GError) error = NULL;

  if (GST_STATE (self) < GST_STATE_PAUSED || !format
      || gst_emotion_template_check (format, &error))
    return TRUE;
  GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS, ("%s", error->message),
      ("the format is unchanged"));
  return FALSE;
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstEmotionText *self = GST_EMOTION_TEXT (object);
  gboolean is_known;

  if (id == GST_EMOTION_TEXT_PROP_FORMAT
      && !check_new_format (self, g_value_get_string (value)))
    return;
  GST_OBJECT_LOCK (self);
  is_known = gst_emotion_text_settings_set (&self->settings, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!is_known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  if (id == GST_EMOTION_TEXT_PROP_ALIGN)
    gst_element_post_message (
        GST_ELEMENT (self), gst_message_new_latency (GST_OBJECT (self)));
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstEmotionText *self = GST_EMOTION_TEXT (object);
  gboolean is_known;

  GST_OBJECT_LOCK (self);
  is_known = gst_emotion_text_settings_get (&self->settings, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!is_known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
finalize (GObject *object)
{
  GstEmotionText *self = GST_EMOTION_TEXT (object);

  gst_emotion_cues_clear (&self->cues);
  gst_emotion_text_settings_clear (&self->settings);
  G_OBJECT_CLASS (gst_emotion_text_parent_class)->finalize (object);
}

static void
gst_emotion_text_class_init (GstEmotionTextClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  element_class->change_state = change_state;
  gst_emotion_text_settings_install (object_class);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Emotions as text",
      "Filter/Analyzer/Audio/Subtitle",
      "Turns the results of emotiondetect into subtitles",
      "The gst-emotiondetect authors");
  gst_emotion_meta_register ();
}

static void
gst_emotion_text_init (GstEmotionText *self)
{
  gst_emotion_text_settings_init (&self->settings);
  self->window_length =
      DSP_RECIPE_DEFAULT_WINDOW_LEN * GST_SECOND / DSP_RECIPE_DEFAULT_RATE;
  gst_emotion_cues_init (&self->cues);
  reset (self);

  self->sinkpad = gst_pad_new_from_static_template (&sink_template, "sink");
  gst_pad_set_chain_function (self->sinkpad, chain);
  gst_pad_set_event_function (self->sinkpad, sink_event);
  gst_pad_set_query_function (self->sinkpad, sink_query);
  gst_element_add_pad (GST_ELEMENT (self), self->sinkpad);
  self->srcpad = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_query_function (self->srcpad, src_query);
  gst_element_add_pad (GST_ELEMENT (self), self->srcpad);
}
