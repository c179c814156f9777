/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gst/decode.h"

typedef struct {
  GstAudioInfo info;
  GstBuffer *buffer;
} Decoded;

static void
take_buffer (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer data)
{
  Decoded *decoded = data;

  if (!GST_AUDIO_INFO_IS_VALID (&decoded->info)) {
    g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

    g_assert_true (gst_audio_info_from_caps (&decoded->info, caps));
  }
  gst_buffer_copy_into (decoded->buffer, buffer, GST_BUFFER_COPY_MEMORY, 0, -1);
}

GstBuffer *
decode_file (const char *path, GstAudioInfo *info)
{
  GstElement *pipeline = gst_parse_launch (
      "filesrc name=src ! decodebin ! fakesink name=sink sync=false "
      "signal-handoffs=true",
      NULL);
  g_autoptr (GstElement) src = gst_bin_get_by_name (GST_BIN (pipeline), "src");
  g_autoptr (GstElement) sink =
      gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) end = NULL;
  Decoded decoded = { .buffer = gst_buffer_new () };

  gst_audio_info_init (&decoded.info);
  g_object_set (src, "location", path, NULL);
  g_signal_connect (sink, "handoff", G_CALLBACK (take_buffer), &decoded);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  end = gst_bus_timed_pop_filtered (
      bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (GST_MESSAGE_TYPE (end) == GST_MESSAGE_ERROR)
    g_error ("%s cannot be decoded", path);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  *info = decoded.info;
  return decoded.buffer;
}
