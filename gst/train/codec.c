/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/codec.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <string.h>

/* All of it at once, so that there is one thing to wait for: the end. */
static void
push (GstElement *pipeline, const float *samples, gsize n)
{
  g_autoptr (GstElement) source =
      gst_bin_get_by_name (GST_BIN (pipeline), "source");
  const gsize size = n * sizeof *samples;
  GstBuffer *const buffer =
      gst_buffer_new_wrapped (g_memdup2 (samples, size), size);

  GST_BUFFER_PTS (buffer) = 0;
  gst_app_src_push_buffer (GST_APP_SRC (source), buffer);
  gst_app_src_end_of_stream (GST_APP_SRC (source));
}

/* Up to n samples; how many there were. */
static gsize
pull (GstElement *pipeline, float *samples, gsize n)
{
  g_autoptr (GstElement) sink =
      gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  GstSample *sample;
  gsize n_read = 0;

  while ((sample = gst_app_sink_pull_sample (GST_APP_SINK (sink)))) {
    const gsize size = MIN (n - n_read,
                           gst_buffer_get_size (gst_sample_get_buffer (sample))
                               / sizeof *samples)
        * sizeof *samples;

    gst_buffer_extract (
        gst_sample_get_buffer (sample), 0, samples + n_read, size);
    n_read += size / sizeof *samples;
    gst_sample_unref (sample);
  }
  return n_read;
}

/* The first error on the bus, or FALSE where there is none. */
static gboolean
take_error (GstElement *pipeline, GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message =
      gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);

  if (message)
    gst_message_parse_error (message, error, NULL);
  return message != NULL;
}

gboolean
train_codec_opus (
    float *samples, gsize n, double rate, guint bitrate, GError **error)
{
  g_autofree char *text = g_strdup_printf (
      "appsrc name=source format=time max-bytes=0 "
      "caps=audio/x-raw,format=F32LE,rate=%u,channels=1,layout=interleaved ! "
      "audioconvert ! audioresample ! opusenc bitrate=%u ! opusdec ! "
      "audioconvert ! audioresample ! "
      "audio/x-raw,format=F32LE,rate=%u,channels=1 ! "
      "appsink name=sink sync=false",
      (guint) rate, bitrate, (guint) rate);
  g_autoptr (GstElement) pipeline =
      gst_parse_launch_full (text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  g_autofree float *decoded = NULL;
  gsize n_decoded;

  if (!pipeline)
    return FALSE;
  gst_object_ref_sink (pipeline);
  decoded = g_new0 (float, n);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  push (pipeline, samples, n);
  n_decoded = pull (pipeline, decoded, n);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  if (take_error (pipeline, error))
    return FALSE;
  if (n_decoded == 0) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_CODEC_NOT_FOUND,
        "Opus gave nothing back for %" G_GSIZE_FORMAT " samples at %g Hz", n,
        rate);
    return FALSE;
  }
  memcpy (samples, decoded, n * sizeof *samples);
  return TRUE;
}
