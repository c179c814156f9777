/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/analysis.h"

#include <unistd.h>

#include "gst/media/diagnosis.h"
#include "gst/gstemotiondetect.h"
#include "gst/media/source-uri.h"
#include "gst/media/stall.h"
#include "gst/tools/device.h"

/* Name of the message that says that enough was heard. */
#define ENOUGH "emotion-enough"

typedef struct {
  const char *uri;
  const char *played; /* the same, maybe in other words */
  const ToolAnalysisOptions *options;
  const ToolAnalysisCallbacks *callbacks;
  gpointer user_data;
  GstElement *pipeline;
  GstElement *detect; /* borrowed from pipeline */
  GstEmotionStall stall;
  gint has_audio; /* atomic */
  gboolean has_windows;
  gboolean is_empty;  /* its end came, and nothing before */
  gboolean is_ending; /* a live source was told to */
  char *missing;      /* what there is no plugin for */
  GError *refusal;    /* by a device; a later error may only say “none” */
  GPtrArray *decoders;
  GstClockTime begin; /* the streaming thread's: of the first buffer */
} Analysis;

GstElement *
tool_analysis_element_new (const ToolAnalysisOptions *options)
{
  /* Not by the registry: this program has the element in it. */
  GstElement *element = g_object_new (GST_TYPE_EMOTION_DETECT, NULL);

  g_object_set (element, "model-file", options->model_file, "labels",
      options->labels, "recipe", options->recipe, "quantize", options->quantize,
      "interval", options->interval, "attach-meta", FALSE, NULL);
  if (options->model)
    gst_util_set_object_arg (G_OBJECT (element), "model", options->model);
  return gst_object_ref_sink (element);
}

/* The source */

static void
link_pad (GstElement *source, GstPad *pad, gpointer user_data)
{
  Analysis *self = user_data;
  g_autoptr (GstPad) sink = gst_element_get_static_pad (self->detect, "sink");

  if (!gst_pad_is_linked (sink)
      && GST_PAD_LINK_SUCCESSFUL (gst_pad_link (pad, sink)))
    g_atomic_int_set (&self->has_audio, TRUE);
}

/* A file with pictures only would never get anywhere. */
static void
check_pads (GstElement *source, gpointer user_data)
{
  Analysis *self = user_data;

  if (!g_atomic_int_get (&self->has_audio))
    GST_ELEMENT_ERROR (
        self->pipeline, STREAM, FORMAT, ("there is no sound in it"), (NULL));
}

/* Demuxers, parsers and decoders, as they are plugged; not the bins that plug
 * them. */
static void
note_element (
    GstBin *bin, GstBin *sub_bin, GstElement *element, gpointer user_data)
{
  GPtrArray *decoders = user_data;
  GstElementFactory *factory = gst_element_get_factory (element);

  if (factory && !GST_IS_BIN (element)
      && gst_element_factory_list_is_type (
          factory, GST_ELEMENT_FACTORY_TYPE_DECODABLE))
    g_ptr_array_add (decoders, gst_object_ref (factory));
}

static GstElement *
file_source_new (Analysis *self, GError **error)
{
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple ("audio/x-raw");
  GstElement *source = gst_element_factory_make ("uridecodebin", NULL);

  if (!source) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "GStreamer's base plugins are not installed (Debian: apt install "
        "gstreamer1.0-plugins-base)");
    return NULL;
  }
  gst_caps_set_features_simple (caps, NULL);
  g_object_set (source, "uri", self->played, "caps", caps, "expose-all-streams",
      FALSE, NULL);
  g_signal_connect (source, "pad-added", G_CALLBACK (link_pad), self);
  g_signal_connect (source, "no-more-pads", G_CALLBACK (check_pads), self);
  if (self->decoders)
    g_signal_connect (source, "deep-element-added", G_CALLBACK (note_element),
        self->decoders);
  return source;
}

/* The streaming thread */

/* Lets pass what begins before the end of the recording. */
static gboolean
is_past_end (Analysis *self, GstBuffer *buffer)
{
  const GstClockTime pts = GST_BUFFER_PTS (buffer);
  const gdouble record_s = self->options->record_s;

  if (record_s <= 0 || !GST_CLOCK_TIME_IS_VALID (pts))
    return FALSE;
  if (!GST_CLOCK_TIME_IS_VALID (self->begin))
    self->begin = pts;
  return pts >= self->begin + record_s * GST_SECOND;
}

static GstPadProbeReturn
hear (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Analysis *self = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);

  if (gst_emotion_stall_takes (&self->stall, buffer)) {
    g_autoptr (GError) error = gst_emotion_stall_error ();

    gst_element_post_message (self->pipeline,
        gst_message_new_error (GST_OBJECT (self->pipeline), error, NULL));
  }
  if (!self->uri && is_past_end (self, buffer)) {
    gst_element_post_message (self->pipeline,
        gst_message_new_application (
            GST_OBJECT (self->pipeline), gst_structure_new_empty (ENOUGH)));
    return GST_PAD_PROBE_DROP;
  }
  if (self->callbacks->sound) {
    g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

    self->callbacks->sound (buffer, caps, self->user_data);
  }
  return GST_PAD_PROBE_OK;
}

/* The bus */

static void
tell_progress (Analysis *self)
{
  gint64 position, duration;

  if (self->callbacks->progress
      && gst_element_query_position (self->pipeline, GST_FORMAT_TIME, &position)
      && gst_element_query_duration (self->pipeline, GST_FORMAT_TIME, &duration)
      && duration > 0)
    self->callbacks->progress (
        CLAMP ((gdouble) position / duration, 0, 1), self->user_data);
}

static void
take_element_message (Analysis *self, GstMessage *message)
{
  if (gst_message_has_name (message, "emotion")) {
    self->has_windows = TRUE;
    self->callbacks->window (
        gst_message_get_structure (message), self->user_data);
  } else if (gst_emotion_diagnosis_is_missing_plugin (message)
      && !self->missing)
    self->missing = gst_emotion_diagnosis_missing_plugin (message);
}

static void
take_warning (Analysis *self, GstMessage *message)
{
  g_autoptr (GError) warning = NULL;

  gst_message_parse_warning (message, &warning, NULL);
  if (gst_emotion_diagnosis_misses_plugin (warning))
    return;
  if (!self->uri && !self->refusal && warning->domain == GST_RESOURCE_ERROR)
    self->refusal = g_steal_pointer (&warning);
  else
    self->callbacks->warning (warning->message, self->user_data);
}

static void
take_end (Analysis *self, GError **error)
{
  g_autofree char *text =
      self->missing ? gst_emotion_diagnosis_passed_over (self->missing) : NULL;

  if (text)
    self->callbacks->warning (text, self->user_data);
  if (self->refusal)
    self->callbacks->warning (self->refusal->message, self->user_data);
  self->is_empty = !self->has_windows;
  if (self->is_empty)
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE,
        "there is not a single sample in it");
}

static void
end_listening (Analysis *self)
{
  if (!self->is_ending)
    gst_element_send_event (self->pipeline, gst_event_new_eos ());
  self->is_ending = TRUE;
}

/* FALSE at the end, with an error where it is a bad one. */
static gboolean
take_message (Analysis *self, GstMessage *message, GError **error)
{
  g_autoptr (GError) failure = NULL;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:
      take_element_message (self, message);
      return TRUE;
    case GST_MESSAGE_APPLICATION:
      end_listening (self);
      return TRUE;
    case GST_MESSAGE_WARNING:
      take_warning (self, message);
      return TRUE;
    case GST_MESSAGE_ERROR:
      gst_message_parse_error (message, &failure, NULL);
      g_propagate_error (error,
          gst_emotion_diagnosis_of (self->uri,
              self->refusal ? self->refusal : failure, self->missing));
      return FALSE;
    case GST_MESSAGE_EOS:
      take_end (self, error);
      return FALSE;
    default:
      return TRUE;
  }
}

/* A live source ends in good order; a file is given up. FALSE: at once. */
static gboolean
stop_if_asked (Analysis *self, GError **error)
{
  if (!self->options->stop || !g_atomic_int_get (self->options->stop))
    return TRUE;
  if (!self->uri) {
    end_listening (self);
    return TRUE;
  }
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_FAILED, "interrupted");
  return FALSE;
}

/* Nothing was said for a while: FALSE, with an error, where nothing will be. */
static gboolean
take_silence (Analysis *self, GError **error)
{
  tell_progress (self);
  if (!self->uri
      || !gst_emotion_stall_is_reached (
          &self->stall, self->pipeline, self->uri))
    return TRUE;
  g_propagate_error (error, gst_emotion_stall_error ());
  return FALSE;
}

static void
follow_bus (Analysis *self, GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  gboolean goes_on = TRUE;

  while (goes_on) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop (bus, GST_EMOTION_PULSE);

    goes_on = message ? take_message (self, message, error)
                      : take_silence (self, error);
    goes_on = goes_on && stop_if_asked (self, error);
  }
}

static gboolean
build (Analysis *self, GError **error)
{
  GstElement *source = self->uri
      ? file_source_new (self, error)
      : tool_device_source_new (self->options->device, error);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstPad) pad = NULL;

  if (!source || !sink) {
    if (source)
      g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
          "GStreamer's core elements are not installed");
    gst_clear_object (&source);
    gst_clear_object (&sink);
    return FALSE;
  }
  g_object_set (sink, "sync", FALSE, NULL);
  gst_bin_add_many (GST_BIN (self->pipeline), source, sink, NULL);
  gst_element_link (self->detect, sink);
  if (!self->uri)
    gst_element_link (source, self->detect);
  pad = gst_element_get_static_pad (self->detect, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, hear, self, NULL);
  return TRUE;
}

static void
run (Analysis *self, GError **error)
{
  GAsyncQueue *noted;

  self->stall = (GstEmotionStall){ 0 };
  g_atomic_int_set (&self->has_audio, FALSE);
  self->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  noted = gst_emotion_note_elements (self->pipeline);
  self->detect = tool_analysis_element_new (self->options);
  gst_bin_add (GST_BIN (self->pipeline), self->detect);
  gst_object_unref (self->detect);
  if (build (self, error)) {
    gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
    follow_bus (self, error);
  }
  gst_emotion_stall_stop (self->pipeline, noted);
  gst_clear_object (&self->pipeline);
}

/* Where nothing was found: once more, the other way. What is wrong then counts
 * only if there was something. */
static void
run_pushed (Analysis *self, GError **failure)
{
  int fd;
  g_autofree char *uri = gst_emotion_source_pushed (self->uri, &fd);
  g_autoptr (GError) error = NULL;

  if (!uri)
    return;
  self->played = uri;
  run (self, &error);
  close (fd);
  if (!self->has_windows)
    return;
  g_clear_error (failure);
  *failure = g_steal_pointer (&error);
}

gboolean
tool_analysis_run (const char *uri, const ToolAnalysisOptions *options,
    const ToolAnalysisCallbacks *callbacks, gpointer user_data,
    GPtrArray *decoders, GError **error)
{
  Analysis self = { .uri = uri,
    .played = uri,
    .options = options,
    .callbacks = callbacks,
    .user_data = user_data,
    .decoders = decoders,
    .begin = GST_CLOCK_TIME_NONE };
  g_autoptr (GError) failure = NULL;

  for (guint i = 0; i < GST_EMOTION_MAX_TRIES; i++) {
    if (decoders)
      g_ptr_array_set_size (decoders, 0);
    g_clear_error (&failure);
    run (&self, &failure);
    if (!failure || !uri || self.has_windows
        || !gst_emotion_stall_may_be_chance (failure))
      break;
  }
  if (failure && uri && self.is_empty)
    run_pushed (&self, &failure);
  g_free (self.missing);
  g_clear_error (&self.refusal);
  if (!failure)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}
