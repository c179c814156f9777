/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/media/decode.h"

#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <unistd.h>
#include "gst/convert.h"
#include "gst/media/diagnosis.h"
#include "gst/media/source-uri.h"
#include "gst/media/stall.h"

/* Touched by the streaming thread until the pipeline stands still. */
typedef struct {
  const char *uri;
  GstElement *pipeline;
  GstEmotionStall stall;
  char *missing; /* what there is no plugin for */
  double rate;
  gsize max_len; /* 0: no limit */
  GstCaps *caps; /* that convert is for */
  GstEmotionConvert *convert;
  GArray *samples; /* of float */
} Decoder;

static gboolean
is_full (const Decoder *self)
{
  return self->max_len > 0 && self->samples->len >= self->max_len;
}

static void
on_samples (const float *samples, gsize n, gpointer user_data)
{
  Decoder *self = user_data;

  if (self->max_len > 0)
    n = MIN (n, self->max_len - self->samples->len);
  g_array_append_vals (self->samples, samples, n);
}

/* Ends what was of another format, and starts anew. */
static gboolean
set_caps (Decoder *self, GstCaps *caps, GError **error)
{
  GstAudioInfo info;

  if (self->caps && gst_caps_is_equal (self->caps, caps))
    return TRUE;
  if (self->convert)
    gst_emotion_convert_drain (self->convert);
  g_clear_pointer (&self->convert, gst_emotion_convert_free);
  gst_caps_replace (&self->caps, caps);
  if (!gst_audio_info_from_caps (&info, caps)) {
    g_set_error (
        error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "no raw audio");
    return FALSE;
  }
  self->convert =
      gst_emotion_convert_new (&info, self->rate, on_samples, self, error);
  return self->convert != NULL;
}

static gboolean
take_sample (Decoder *self, GstSample *sample, GError **error)
{
  GstBuffer *const buffer = gst_sample_get_buffer (sample);
  GstAudioInfo info;
  GstAudioBuffer audio;

  if (!set_caps (self, gst_sample_get_caps (sample), error))
    return FALSE;
  if (!gst_audio_info_from_caps (&info, self->caps)
      || !gst_audio_buffer_map (&audio, &info, buffer, GST_MAP_READ)) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED,
        "a buffer cannot be read");
    return FALSE;
  }
  gst_emotion_convert_push (
      self->convert, &audio, 0, GST_AUDIO_BUFFER_N_SAMPLES (&audio));
  gst_audio_buffer_unmap (&audio);
  return TRUE;
}

static GstFlowReturn
fail (Decoder *self, GstObject *source, GError *error)
{
  gst_element_post_message (
      self->pipeline, gst_message_new_error (source, error, NULL));
  return GST_FLOW_ERROR;
}

static GstFlowReturn
on_new_sample (GstAppSink *sink, gpointer user_data)
{
  Decoder *self = user_data;
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (sink);
  g_autoptr (GError) error = NULL;

  if (!sample || is_full (self))
    return GST_FLOW_EOS;
  if (gst_emotion_stall_takes (&self->stall, gst_sample_get_buffer (sample)))
    error = gst_emotion_stall_error ();
  if (error || !take_sample (self, sample, &error))
    return fail (self, GST_OBJECT (sink), error);
  if (!is_full (self))
    return GST_FLOW_OK;
  /* Not every demuxer turns GST_FLOW_EOS into the end of the stream. */
  gst_element_post_message (self->pipeline,
      gst_message_new_application (
          GST_OBJECT (sink), gst_structure_new_empty ("full")));
  return GST_FLOW_EOS;
}

static void
on_pad_added (GstElement *source, GstPad *pad, gpointer user_data)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (user_data, "sink");

  if (!gst_pad_is_linked (sink))
    gst_pad_link (pad, sink);
}

static void
on_no_more_pads (GstElement *source, gpointer user_data)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (user_data, "sink");

  if (!gst_pad_is_linked (sink))
    GST_ELEMENT_ERROR (
        source, STREAM, FORMAT, ("there is no sound in it"), (NULL));
}

static GstElement *
pipeline_new (Decoder *self, const char *uri, GError **error)
{
  GstElement *source = gst_element_factory_make ("uridecodebin", NULL);
  GstElement *sink = gst_element_factory_make ("appsink", NULL);
  g_autoptr (GstElement) pipeline =
      gst_object_ref_sink (gst_pipeline_new (NULL));
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple ("audio/x-raw");
  GstAppSinkCallbacks callbacks = { .new_sample = on_new_sample };

  if (!source || !sink) {
    gst_clear_object (&source);
    gst_clear_object (&sink);
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "GStreamer's base plugins are not installed");
    return NULL;
  }
  g_object_set (
      source, "uri", uri, "caps", caps, "expose-all-streams", FALSE, NULL);
  g_object_set (sink, "sync", FALSE, "caps", caps, NULL);
  gst_app_sink_set_callbacks (GST_APP_SINK (sink), &callbacks, self, NULL);
  gst_bin_add_many (GST_BIN (pipeline), source, sink, NULL);
  g_signal_connect (source, "pad-added", G_CALLBACK (on_pad_added), sink);
  g_signal_connect (source, "no-more-pads", G_CALLBACK (on_no_more_pads), sink);
  return g_steal_pointer (&pipeline);
}

/* Until the end of the stream, or enough of it. */
static gboolean
follow_bus (Decoder *self, GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);

  while (TRUE) {
    g_autoptr (GstMessage) message =
        gst_bus_timed_pop_filtered (bus, GST_EMOTION_PULSE,
            GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_APPLICATION
                | GST_MESSAGE_ELEMENT);

    if (!message) {
      if (!gst_emotion_stall_is_reached (
              &self->stall, self->pipeline, self->uri))
        continue;
      g_propagate_error (error, gst_emotion_stall_error ());
      return FALSE;
    }
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
      gst_message_parse_error (message, error, NULL);
      return FALSE;
    }
    if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ELEMENT)
      return TRUE;
    if (gst_emotion_diagnosis_is_missing_plugin (message) && !self->missing)
      self->missing = gst_emotion_diagnosis_missing_plugin (message);
  }
}

static gboolean
run (Decoder *self, const char *uri, GError **error)
{
  GAsyncQueue *noted;
  gboolean ok;

  self->stall = (GstEmotionStall){ 0 };
  self->pipeline = pipeline_new (self, uri, error);
  if (!self->pipeline)
    return FALSE;
  noted = gst_emotion_note_elements (self->pipeline);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  ok = follow_bus (self, error);
  gst_emotion_stall_stop (self->pipeline, noted);
  gst_clear_object (&self->pipeline);
  return ok;
}

/* Where nothing was found: once more, the other way. */
static void
run_pushed (Decoder *self, GError **error)
{
  int fd;
  g_autofree char *uri = gst_emotion_source_pushed (self->uri, &fd);
  g_autoptr (GError) failure = NULL;

  if (!uri)
    return;
  if (!run (self, uri, &failure) && self->samples->len > 0)
    g_propagate_error (error, g_steal_pointer (&failure));
  close (fd);
}

static gboolean
decode (Decoder *self, GError **error)
{
  g_autoptr (GError) failure = NULL;

  for (guint i = 0; i < GST_EMOTION_MAX_TRIES; i++) {
    g_clear_error (&failure);
    if (run (self, self->uri, &failure) || self->samples->len > 0
        || !gst_emotion_stall_may_be_chance (failure))
      break;
  }
  if (!failure && self->samples->len == 0)
    run_pushed (self, &failure);
  if (self->convert)
    gst_emotion_convert_drain (self->convert);
  if (!failure && self->samples->len == 0)
    failure = g_error_new_literal (GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE,
        "there is not a single sample in it");
  if (!failure)
    return TRUE;
  g_propagate_error (
      error, gst_emotion_diagnosis_of (self->uri, failure, self->missing));
  return FALSE;
}

float *
gst_emotion_decode_file (
    const char *path, double rate, gsize max_len, gsize *n, GError **error)
{
  Decoder self = { .rate = rate,
    .max_len = max_len,
    .samples = g_array_new (FALSE, FALSE, sizeof (float)) };
  g_autofree char *uri = gst_emotion_source_uri (path, error);
  float *samples = NULL;
  gboolean ok;

  self.uri = uri;
  ok = uri && decode (&self, error);
  *n = ok ? self.samples->len : 0;
  if (ok)
    samples = g_memdup2 (self.samples->data, *n * sizeof *samples);
  g_array_unref (self.samples);
  g_free (self.missing);
  gst_clear_caps (&self.caps);
  g_clear_pointer (&self.convert, gst_emotion_convert_free);
  return samples;
}
