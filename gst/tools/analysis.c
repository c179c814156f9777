/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/analysis.h"

#include "gst/gstemotiondetect.h"

struct _Analysis {
  GstElement *pipeline;
  GstElement *detect; /* borrowed from pipeline */
  guint watch;
  gint has_audio; /* atomic */
  AnalysisCallbacks callbacks;
  gpointer user_data;
};

GstElement *
analysis_element_new (const AnalysisOptions *options)
{
  /* Not by the registry: this program has the element in it. */
  GstElement *element = g_object_new (GST_TYPE_EMOTION_DETECT, NULL);

  g_object_set (element, "model-file", options->model_file, "labels",
      options->labels, "interval", options->interval, "attach-meta", FALSE,
      NULL);
  if (options->model)
    gst_util_set_object_arg (G_OBJECT (element), "model", options->model);
  return gst_object_ref_sink (element);
}

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
        self->pipeline, STREAM, FORMAT, ("No sound in it."), (NULL));
}

static gboolean
take_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  Analysis *self = user_data;
  g_autoptr (GError) error = NULL;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:
      if (gst_message_has_name (message, "emotion"))
        self->callbacks.window (
            gst_message_get_structure (message), self->user_data);
      return G_SOURCE_CONTINUE;
    case GST_MESSAGE_WARNING:
      gst_message_parse_warning (message, &error, NULL);
      self->callbacks.warning (error->message, self->user_data);
      return G_SOURCE_CONTINUE;
    case GST_MESSAGE_ERROR:
      gst_message_parse_error (message, &error, NULL);
      break;
    case GST_MESSAGE_EOS:
      break;
    default:
      return G_SOURCE_CONTINUE;
  }
  self->watch = 0;
  self->callbacks.done (error ? error->message : NULL, self->user_data);
  return G_SOURCE_REMOVE;
}

static GstElement *
source_new (Analysis *self, const char *uri)
{
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple ("audio/x-raw");
  GstElement *source;

  if (!uri)
    return gst_element_factory_make ("autoaudiosrc", NULL);
  source = gst_element_factory_make ("uridecodebin", NULL);
  if (!source)
    return NULL;
  gst_caps_set_features_simple (caps, NULL);
  g_object_set (
      source, "uri", uri, "caps", caps, "expose-all-streams", FALSE, NULL);
  g_signal_connect (source, "pad-added", G_CALLBACK (link_pad), self);
  g_signal_connect (source, "no-more-pads", G_CALLBACK (check_pads), self);
  return source;
}

/* Reports an error as if the pipeline had. */
static void
fail_later (Analysis *self, const char *text)
{
  GST_ELEMENT_ERROR (
      self->pipeline, CORE, MISSING_PLUGIN, ("%s", text), (NULL));
}

Analysis *
analysis_new (const char *uri, const AnalysisOptions *options,
    const AnalysisCallbacks *callbacks, gpointer user_data)
{
  Analysis *self = g_new0 (Analysis, 1);
  g_autoptr (GstBus) bus = NULL;
  GstElement *source, *sink;

  self->callbacks = *callbacks;
  self->user_data = user_data;
  self->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  self->detect = analysis_element_new (options);
  bus = gst_element_get_bus (self->pipeline);
  self->watch = gst_bus_add_watch (bus, take_message, self);
  gst_bin_add (GST_BIN (self->pipeline), self->detect);
  gst_object_unref (self->detect);
  source = source_new (self, uri);
  sink = gst_element_factory_make ("fakesink", NULL);
  if (!source || !sink) {
    fail_later (self, "GStreamer's base plugins are not installed.");
    g_clear_pointer (&source, gst_object_unref);
    g_clear_pointer (&sink, gst_object_unref);
    return self;
  }
  g_object_set (sink, "sync", FALSE, NULL);
  gst_bin_add_many (GST_BIN (self->pipeline), source, sink, NULL);
  gst_element_link (self->detect, sink);
  if (!uri)
    gst_element_link (source, self->detect);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  return self;
}

void
analysis_free (Analysis *self)
{
  if (!self)
    return;
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  if (self->watch)
    g_source_remove (self->watch);
  gst_object_unref (self->pipeline);
  g_free (self);
}

void
analysis_finish (Analysis *self)
{
  gst_element_send_event (self->pipeline, gst_event_new_eos ());
}

gdouble
analysis_progress (Analysis *self)
{
  gint64 position, duration;

  if (!gst_element_query_position (self->pipeline, GST_FORMAT_TIME, &position)
      || !gst_element_query_duration (
          self->pipeline, GST_FORMAT_TIME, &duration)
      || duration <= 0)
    return -1;
  return CLAMP ((gdouble) position / duration, 0, 1);
}
