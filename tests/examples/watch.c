/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Embedding: plays a sound file through emotiondetect and prints every field of
 * its messages (from the bus) and of its meta (from a pad probe).
 *
 *   cc watch.c $(pkg-config --cflags --libs gstreamer-1.0) -o watch
 *   ./watch FILE MODEL
 */
#include <stdio.h>

#include <gst/gst.h>

static gboolean
append_probability (GQuark label, const GValue *value, gpointer line)
{
  g_string_append_printf (
      line, " %s=%.3f", g_quark_to_string (label), g_value_get_double (value));
  return TRUE;
}

/* Message and meta have the same fields. Buffers come from the streaming
 * thread, messages are read by another: each line is printed by one call, so
 * that they do not mix. */
static void
print_fields (const char *origin, const GstStructure *s)
{
  guint64 timestamp, stream_time, running_time, duration, id, processing_time;
  gdouble confidence;
  gint index;
  gboolean partial, silence;
  const GstStructure *probabilities =
      gst_value_get_structure (gst_structure_get_value (s, "probabilities"));
  g_autoptr (GString) line = g_string_new (NULL);

  gst_structure_get (s, "timestamp", G_TYPE_UINT64, &timestamp, "stream-time",
      G_TYPE_UINT64, &stream_time, "running-time", G_TYPE_UINT64, &running_time,
      "duration", G_TYPE_UINT64, &duration, "window-id", G_TYPE_UINT64, &id,
      "processing-time", G_TYPE_UINT64, &processing_time, "confidence",
      G_TYPE_DOUBLE, &confidence, "label-index", G_TYPE_INT, &index, "partial",
      G_TYPE_BOOLEAN, &partial, "silence", G_TYPE_BOOLEAN, &silence, NULL);
  g_string_printf (line,
      "%s %" G_GUINT64_FORMAT ": %" GST_TIME_FORMAT " + %" GST_TIME_FORMAT
      " (stream %" GST_TIME_FORMAT ", running %" GST_TIME_FORMAT
      ") %s [%d] %.3f%s%s, %s in %" G_GUINT64_FORMAT " us:",
      origin, id, GST_TIME_ARGS (timestamp), GST_TIME_ARGS (duration),
      GST_TIME_ARGS (stream_time), GST_TIME_ARGS (running_time),
      gst_structure_get_string (s, "emotion"), index, confidence,
      partial ? " partial" : "", silence ? " silence" : "",
      gst_structure_get_string (s, "model"), processing_time / 1000);
  gst_structure_foreach (probabilities, append_probability, line);
  g_string_append_c (line, '\n');
  fputs (line->str, stdout);
}

/* A buffer may carry several, where windows are shorter than buffers. */
static gboolean
print_meta (GstBuffer *buffer, GstMeta **meta, gpointer user_data)
{
  if (gst_meta_info_is_custom ((*meta)->info)
      && gst_custom_meta_has_name ((GstCustomMeta *) *meta, "GstEmotionMeta"))
    print_fields (
        "meta", gst_custom_meta_get_structure ((GstCustomMeta *) *meta));
  return TRUE;
}

static GstPadProbeReturn
look_at_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  gst_buffer_foreach_meta (GST_PAD_PROBE_INFO_BUFFER (info), print_meta, NULL);
  return GST_PAD_PROBE_OK;
}

/* Prints messages until the end; FALSE after an error. */
static gboolean
watch (GstBus *bus)
{
  for (;;) {
    GstMessage *message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
        GST_MESSAGE_ELEMENT | GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    const GstMessageType type = GST_MESSAGE_TYPE (message);

    if (gst_message_has_name (message, "emotion"))
      print_fields ("message", gst_message_get_structure (message));
    if (type == GST_MESSAGE_ERROR) {
      GError *error;

      gst_message_parse_error (message, &error, NULL);
      fprintf (stderr, "%s\n", error->message);
      g_error_free (error);
    }
    gst_message_unref (message);
    if (type != GST_MESSAGE_ELEMENT)
      return type == GST_MESSAGE_EOS;
  }
}

int
main (int argc, char **argv)
{
  GstElement *pipeline, *source, *detect;
  GstPad *pad;
  GstBus *bus;
  gboolean is_fine;

  gst_init (&argc, &argv);
  if (argc != 3) {
    fprintf (stderr, "usage: watch FILE MODEL\n");
    return 2;
  }
  pipeline = gst_parse_launch ("filesrc name=source ! decodebin ! "
                               "emotiondetect name=detect ! fakesink",
      NULL);
  if (!pipeline) {
    fprintf (stderr, "no emotiondetect: is GST_PLUGIN_PATH set?\n");
    return 1;
  }
  source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  detect = gst_bin_get_by_name (GST_BIN (pipeline), "detect");
  g_object_set (source, "location", argv[1], NULL);
  g_object_set (detect, "model-file", argv[2], NULL);
  pad = gst_element_get_static_pad (detect, "src");
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BUFFER, look_at_buffer, NULL, NULL);
  bus = gst_element_get_bus (pipeline);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  is_fine = watch (bus);
  gst_element_set_state (pipeline, GST_STATE_NULL);

  gst_object_unref (bus);
  gst_object_unref (pad);
  gst_object_unref (detect);
  gst_object_unref (source);
  gst_object_unref (pipeline);
  return is_fine ? 0 : 1;
}
