/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/quick.h"

#include <glib/gstdio.h>
#include <gst/base/gsttypefindhelper.h>
#include <string.h>

#include "gst/media/coverage.h"
#include "gst/tools/pipeline.h"

/* Bytes used to find the type of a file. */
#define HEAD_SIZE (64 * 1024)

/* The elements of one media type, linked, in READY between two files. */
typedef struct {
  GPtrArray *elements; /* GstElement, from the file on */
  GstPad *in, *out;    /* of the first and of the last one */
} Chain;

struct _ToolQuick {
  GHashTable *chains; /* caps as text -> Chain, or NULL: not supported */
  Chain *chain;       /* that is linked to detect; borrowed, or NULL */
  GstElement *detect; /* in PAUSED */
  GstPad *detect_in;
  GstPad *feed; /* the source pad, linked to a chain */
  GstPad *sink; /* after detect */
  GstBus *bus;

  /* Of the current file. */
  GPtrArray *windows;
  gsize size;
  gboolean is_odd; /* an element posted an error or warning */
  gboolean has_ended;
};

/* Without a template, a pad would only accept its previous caps. */
static GstStaticPadTemplate feed_template = GST_STATIC_PAD_TEMPLATE (
    "feed", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

/* Messages of the elements, in this thread. */

static GstBusSyncReply
take_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  ToolQuick *self = user_data;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:
      if (self->windows && gst_message_has_name (message, "emotion"))
        g_ptr_array_add (self->windows,
            gst_structure_copy (gst_message_get_structure (message)));
      break;
    case GST_MESSAGE_WARNING:
    case GST_MESSAGE_ERROR:
      self->is_odd = TRUE;
      break;
    default:
      break;
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static GstFlowReturn
drop_buffer (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static gboolean
take_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  ToolQuick *self = gst_pad_get_element_private (pad);

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    self->has_ended = TRUE;
  gst_event_unref (event);
  return TRUE;
}

/* Parsers query the size. */
static gboolean
answer (GstPad *pad, GstObject *parent, GstQuery *query)
{
  const ToolQuick *self = gst_pad_get_element_private (pad);
  GstFormat format;

  if (GST_QUERY_TYPE (query) != GST_QUERY_DURATION)
    return gst_pad_query_default (pad, parent, query);
  gst_query_parse_duration (query, &format, NULL);
  if (format != GST_FORMAT_BYTES)
    return FALSE;
  gst_query_set_duration (query, format, (gint64) self->size);
  return TRUE;
}

/* Chains */

static void
chain_free (Chain *chain)
{
  if (!chain)
    return;
  for (guint i = 0; i < chain->elements->len; i++)
    gst_element_set_state (
        g_ptr_array_index (chain->elements, i), GST_STATE_NULL);
  gst_clear_object (&chain->in);
  gst_clear_object (&chain->out);
  g_ptr_array_unref (chain->elements);
  g_free (chain);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Chain, chain_free)

static gboolean
chain_add (Chain *chain, GstElement *element)
{
  g_autoptr (GstPad) in = gst_element_get_static_pad (element, "sink");
  g_autoptr (GstPad) out = gst_element_get_static_pad (element, "src");

  if (!in || !out
      || (chain->out
          && !GST_PAD_LINK_SUCCESSFUL (gst_pad_link (chain->out, in))))
    return FALSE;
  if (!chain->in)
    chain->in = gst_object_ref (in);
  gst_object_replace ((GstObject **) &chain->out, GST_OBJECT (out));
  return TRUE;
}

/* NULL if an element does not have exactly one sink and one source pad, always
 * present. */
static Chain *
chain_new (GPtrArray *decoders, GstBus *bus)
{
  g_autoptr (Chain) chain = g_new0 (Chain, 1);

  chain->elements = g_ptr_array_new_with_free_func (gst_object_unref);
  for (guint i = 0; i < decoders->len; i++) {
    GstElement *element =
        gst_element_factory_create (g_ptr_array_index (decoders, i), NULL);

    if (!element)
      return NULL;
    g_ptr_array_add (chain->elements, gst_object_ref_sink (element));
    gst_element_set_bus (element, bus);
    if (!chain_add (chain, element)
        || gst_element_set_state (element, GST_STATE_READY)
            == GST_STATE_CHANGE_FAILURE)
      return NULL;
  }
  return chain->in ? g_steal_pointer (&chain) : NULL;
}

/* From the last to the first, so that elements downstream are ready for data.
 */
static gboolean
chain_set_state (Chain *chain, GstState state)
{
  for (guint i = chain->elements->len; i-- > 0;)
    if (gst_element_set_state (g_ptr_array_index (chain->elements, i), state)
        != GST_STATE_CHANGE_SUCCESS)
      return FALSE;
  return TRUE;
}

static void
unplug (ToolQuick *self)
{
  if (!self->chain)
    return;
  gst_pad_unlink (self->feed, self->chain->in);
  gst_pad_unlink (self->chain->out, self->detect_in);
  self->chain = NULL;
}

static gboolean
plug (ToolQuick *self, Chain *chain)
{
  if (self->chain == chain)
    return TRUE;
  unplug (self);
  if (!GST_PAD_LINK_SUCCESSFUL (gst_pad_link (self->feed, chain->in)))
    return FALSE;
  if (!GST_PAD_LINK_SUCCESSFUL (gst_pad_link (chain->out, self->detect_in))) {
    gst_pad_unlink (self->feed, chain->in);
    return FALSE;
  }
  self->chain = chain;
  return TRUE;
}

/* Files */

/* With the file name, type finding succeeds at the first guess. */
static GstCaps *
find_type (const char *path, const guint8 *data, gsize size)
{
  const char *dot = strrchr (path, '.');
  GstTypeFindProbability certainty = GST_TYPE_FIND_NONE;
  GstCaps *type = gst_type_find_helper_for_data_with_extension (
      NULL, data, MIN (size, HEAD_SIZE), dot ? dot + 1 : NULL, &certainty);

  if (certainty < GST_TYPE_FIND_MAXIMUM)
    gst_clear_caps (&type);
  return type;
}

gboolean
tool_quick_file_read (ToolQuickFile *file, const char *path)
{
  GStatBuf info;
  char *data;
  gsize size;

  *file = (ToolQuickFile){ .path = path };
  if (g_stat (path, &info) != 0 || !S_ISREG (info.st_mode) || info.st_size <= 0
      || info.st_size > TOOL_QUICK_MAX_SIZE
      || !g_file_get_contents (path, &data, &size, NULL))
    return FALSE;
  file->bytes = g_bytes_new_take (data, size);
  file->type = find_type (path, (guint8 *) data, size);
  if (file->type)
    return TRUE;
  tool_quick_file_clear (file);
  return FALSE;
}

void
tool_quick_file_clear (ToolQuickFile *file)
{
  g_clear_pointer (&file->bytes, g_bytes_unref);
  gst_clear_caps (&file->type);
}

static gboolean
push_file (ToolQuick *self, const ToolQuickFile *file)
{
  GstSegment segment;
  GstFlowReturn flow;

  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_pad_push_event (self->feed, gst_event_new_stream_start ("file"));
  gst_pad_push_event (self->feed, gst_event_new_caps (file->type));
  gst_pad_push_event (self->feed, gst_event_new_segment (&segment));
  flow = gst_pad_push (self->feed, gst_buffer_new_wrapped_bytes (file->bytes));
  if (flow != GST_FLOW_OK && flow != GST_FLOW_EOS) /* knows its own end */
    return FALSE;
  gst_pad_push_event (self->feed, gst_event_new_eos ());
  return self->has_ended && !self->is_odd;
}

/* Resets the last chain and the element. */
static void
begin_anew (ToolQuick *self)
{
  gst_pad_set_active (self->feed, FALSE);
  gst_pad_set_active (self->feed, TRUE);
  gst_pad_send_event (self->detect_in, gst_event_new_flush_start ());
  gst_pad_send_event (self->detect_in, gst_event_new_flush_stop (TRUE));
}

/* The whole file, completely decoded. */
static gboolean
run_chain (ToolQuick *self, Chain *chain, const ToolQuickFile *file)
{
  g_autofree char *uri = gst_filename_to_uri (file->path, NULL);
  g_autofree char *loss = NULL;
  GstEmotionCoverage coverage;
  gboolean is_done;

  gst_emotion_coverage_begin (&coverage, self->detect_in);
  for (guint i = 0; i < chain->elements->len; i++)
    gst_emotion_coverage_add (
        &coverage, g_ptr_array_index (chain->elements, i));
  is_done = chain_set_state (chain, GST_STATE_PAUSED) && push_file (self, file);
  if (is_done) {
    gst_emotion_coverage_end (&coverage, self->detect_in);
    loss = gst_emotion_coverage_loss (&coverage, uri);
  }
  chain_set_state (chain, GST_STATE_READY);
  gst_emotion_coverage_clear (&coverage);
  return is_done && !loss;
}

static Chain *
find_chain (
    const ToolQuick *self, const ToolQuickFile *file, gboolean *is_known)
{
  g_autofree char *type = gst_caps_to_string (file->type);
  gpointer chain = NULL;

  *is_known = g_hash_table_lookup_extended (self->chains, type, NULL, &chain);
  return chain;
}

gboolean
tool_quick_run (ToolQuick *self, const ToolQuickFile *file, GPtrArray *windows)
{
  gboolean is_known, is_done;
  Chain *chain = find_chain (self, file, &is_known);

  if (!chain)
    return FALSE;
  begin_anew (self);
  if (!plug (self, chain))
    return FALSE;
  self->windows = windows;
  self->is_odd = self->has_ended = FALSE;
  self->size = g_bytes_get_size (file->bytes);
  is_done = run_chain (self, chain, file);
  self->windows = NULL;
  if (is_done && windows->len > 0)
    return TRUE;
  g_ptr_array_set_size (windows, 0);
  return FALSE;
}

gboolean
tool_quick_knows (const ToolQuick *self, const ToolQuickFile *file)
{
  gboolean is_known;

  find_chain (self, file, &is_known);
  return is_known;
}

void
tool_quick_learn (
    ToolQuick *self, const ToolQuickFile *file, GPtrArray *decoders)
{
  g_hash_table_insert (self->chains, gst_caps_to_string (file->type),
      chain_new (decoders, self->bus));
}

ToolQuick *
tool_quick_new (const ToolAnalyzerOptions *options)
{
  g_autoptr (ToolQuick) self = g_new0 (ToolQuick, 1);
  g_autoptr (GstPad) out = NULL;

  self->chains = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify) chain_free);
  /* Messages are handled synchronously when they are posted. */
  self->bus = g_object_new (GST_TYPE_BUS, "enable-async", FALSE, NULL);
  gst_bus_set_sync_handler (self->bus, take_message, self, NULL);
  self->feed = gst_object_ref_sink (
      gst_pad_new_from_static_template (&feed_template, "feed"));
  self->sink = gst_object_ref_sink (
      gst_pad_new_from_static_template (&sink_template, "sink"));
  gst_pad_set_element_private (self->sink, self);
  gst_pad_set_element_private (self->feed, self);
  gst_pad_set_query_function (self->feed, answer);
  gst_pad_set_chain_function (self->sink, drop_buffer);
  gst_pad_set_event_function (self->sink, take_event);
  self->detect = tool_pipeline_element_new (options);
  gst_util_set_object_arg (G_OBJECT (self->detect), "inference", "sync");
  gst_element_set_bus (self->detect, self->bus);
  self->detect_in = gst_element_get_static_pad (self->detect, "sink");
  out = gst_element_get_static_pad (self->detect, "src");
  gst_pad_set_active (self->feed, TRUE);
  gst_pad_set_active (self->sink, TRUE);
  if (!GST_PAD_LINK_SUCCESSFUL (gst_pad_link (out, self->sink))
      || gst_element_set_state (self->detect, GST_STATE_PAUSED)
          != GST_STATE_CHANGE_SUCCESS)
    return NULL;
  return g_steal_pointer (&self);
}

void
tool_quick_free (ToolQuick *self)
{
  if (!self)
    return;
  unplug (self);
  gst_pad_set_active (self->feed, FALSE);
  gst_element_set_state (self->detect, GST_STATE_NULL);
  gst_pad_set_active (self->sink, FALSE);
  g_hash_table_unref (self->chains);
  gst_object_unref (self->detect_in);
  gst_object_unref (self->detect);
  gst_object_unref (self->feed);
  gst_object_unref (self->sink);
  gst_bus_set_sync_handler (self->bus, NULL, NULL, NULL);
  gst_object_unref (self->bus);
  g_free (self);
}
