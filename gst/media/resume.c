/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/media/resume.h"

GST_DEBUG_CATEGORY_EXTERN (gst_emotion_play_debug);
#define GST_CAT_DEFAULT gst_emotion_play_debug

#define PACKET_LEN 188 /* bytes of a packet of MPEG-TS */

static gboolean
is_ts_demuxer (GstElement *element)
{
  GstElementFactory *const factory = gst_element_get_factory (element);

  return factory
      && g_str_equal (gst_plugin_feature_get_name (factory), "tsdemux");
}

/* The error is of what its streams go to. */
static gboolean
has_failed_downstream (GstElement *element)
{
  gboolean has_failed = FALSE;

  GST_OBJECT_LOCK (element);
  for (GList *item = element->srcpads; item && !has_failed; item = item->next)
    has_failed = gst_pad_get_last_flow_return (item->data) == GST_FLOW_ERROR;
  GST_OBJECT_UNLOCK (element);
  return has_failed;
}

/* The demuxer's own chain function is the pad's chaindata. It keeps packets
 * behind the damaged one: the next call, with data or none, takes them. */
static GstFlowReturn
chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  const GstPadChainFunction chain_demuxer =
      (GstPadChainFunction) pad->chaindata;
  const gsize max_errors = gst_buffer_get_size (buffer) / PACKET_LEN + 2;
  GstFlowReturn flow = chain_demuxer (pad, parent, buffer);

  for (gsize i = 0; flow == GST_FLOW_ERROR && i < max_errors
       && !has_failed_downstream (GST_ELEMENT (parent));
       i++) {
    GST_WARNING_OBJECT (parent, "damaged data is left out");
    flow = chain_demuxer (pad, parent, gst_buffer_new ());
  }
  return flow;
}

static GstPadProbeReturn
answer_scheduling (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstQuery *const query = GST_PAD_PROBE_INFO_QUERY (info);

  if (GST_QUERY_TYPE (query) != GST_QUERY_SCHEDULING)
    return GST_PAD_PROBE_OK;
  gst_query_set_scheduling (query, GST_SCHEDULING_FLAG_SEQUENTIAL, 1, -1, 0);
  gst_query_add_scheduling_mode (query, GST_PAD_MODE_PUSH);
  return GST_PAD_PROBE_HANDLED;
}

void
gst_emotion_resume_add (GstElement *element)
{
  g_autoptr (GstPad) sink = NULL;

  if (!is_ts_demuxer (element))
    return;
  sink = gst_element_get_static_pad (element, "sink");
  gst_pad_add_probe (
      sink, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM, answer_scheduling, NULL, NULL);
  gst_pad_set_chain_function_full (
      sink, chain, (gpointer) GST_PAD_CHAINFUNC (sink), NULL);
}
