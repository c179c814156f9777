/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plays a sound file through emotiondetect and prints the classifications that
 * it attaches for GStreamer's analytics library (1.24): time, label,
 * probability.
 *
 *   classes FILE MODEL
 *
 *   cc classes.c $(pkg-config --cflags --libs gstreamer-analytics-1.0) */
#include <gst/analytics/analytics.h>

static GstPadProbeReturn
look_at_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstAnalyticsRelationMeta *meta =
      gst_buffer_get_analytics_relation_meta (buffer);
  gpointer state = NULL;
  GstAnalyticsClsMtd classes;

  /* Index 0 is the most probable label. */
  while (meta
      && gst_analytics_relation_meta_iterate (meta, &state,
          gst_analytics_cls_mtd_get_mtd_type (), (GstAnalyticsMtd *) &classes))
    g_print ("%.1f s: %s %.3f\n", GST_BUFFER_PTS (buffer) / 1e9,
        g_quark_to_string (gst_analytics_cls_mtd_get_quark (&classes, 0)),
        gst_analytics_cls_mtd_get_level (&classes, 0));
  return GST_PAD_PROBE_OK;
}

int
main (int argc, char **argv)
{
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstElement) source = NULL;
  g_autoptr (GstElement) detect = NULL;
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_init (&argc, &argv);
  if (argc != 3) {
    g_printerr ("Usage: %s FILE MODEL\n", argv[0]);
    return 2;
  }
  pipeline = gst_parse_launch (
      "filesrc name=source ! decodebin ! emotiondetect name=detect "
      "attach-analytics=true ! fakesink name=sink",
      &error);
  if (!pipeline || error) {
    g_printerr ("%s\n", error->message);
    return 1;
  }
  source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  detect = gst_bin_get_by_name (GST_BIN (pipeline), "detect");
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_object_set (source, "location", argv[1], NULL);
  g_object_set (detect, "model-file", argv[2], NULL);
  pad = gst_element_get_static_pad (sink, "sink");
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BUFFER, look_at_buffer, NULL, NULL);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    return 0;
  gst_message_parse_error (message, &error, NULL);
  g_printerr ("%s\n", error->message);
  return 1;
}
