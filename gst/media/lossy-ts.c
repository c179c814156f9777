/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/media/lossy-ts.h"

#include <gst/base/gstadapter.h>
#include <string.h>

#include "gst/media/byte-order.h"

GST_DEBUG_CATEGORY_EXTERN (gst_emotion_play_debug);
#define GST_CAT_DEFAULT gst_emotion_play_debug

#define PACKET_LEN 188
#define SYNC 0x47
#define N_SURE 3 /* packets in a row are no chance */
#define N_PIDS 8192
/* In units of 90 kHz: */
#define NO_CLOCK G_MAXUINT64
#define CLOCK_MASK ((G_GUINT64_CONSTANT (1) << 33) - 1)
#define HOLE 45000                 /* tsdemux takes more for a new time base */
#define STEP 36000                 /* between two clock references */
#define SURE 180000                /* from a doubtful reference to the next */
#define MAX_HOLE (10 * 60 * 90000) /* more is another recording */

/* What was seen of one demuxer's stream; used by the streaming thread. */
typedef struct {
  GstPadChainFunction chain; /* the demuxer's own */
  GstAdapter *pending;       /* what may be the beginning of a packet */
  gboolean is_locked;        /* a packet begins where the last one ended */
  gboolean is_discont;       /* what goes on next is */
  guint64 clocks[N_PIDS];    /* the latest reference; or NO_CLOCK */
  guint64 doubtful[N_PIDS]; /* behind a hole, unless it is wrong; or NO_CLOCK */
  guint8 counters[N_PIDS];  /* of continuity */
} Stream;

static void
stream_free (gpointer data)
{
  Stream *self = data;

  g_object_unref (self->pending);
  g_free (self);
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

/* The demuxer keeps packets behind one that it cannot take apart: the next
 * call, with data or none, takes them. */
static GstFlowReturn
push (Stream *self, GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  const gsize max_errors = gst_buffer_get_size (buffer) / PACKET_LEN + 2;
  GstFlowReturn flow;

  buffer = gst_buffer_make_writable (buffer);
  if (self->is_discont)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  else
    GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_DISCONT);
  self->is_discont = FALSE;
  flow = self->chain (pad, parent, buffer);

  for (gsize i = 0; flow == GST_FLOW_ERROR && i < max_errors
       && !has_failed_downstream (GST_ELEMENT (parent));
       i++) {
    GST_WARNING_OBJECT (parent, "damaged data is left out");
    flow = self->chain (pad, parent, gst_buffer_new ());
  }
  return flow;
}

/* The clock reference in a packet; NO_CLOCK: none, or it says itself that it
 * begins a new time base. */
static guint64
clock_of (const guint8 *packet)
{
  const gboolean has_field = packet[3] & 0x20;

  if (!has_field || packet[4] < 7 || !(packet[5] & 0x10) || packet[5] & 0x80)
    return NO_CLOCK;
  return (guint64) gst_emotion_read_be32 (packet + 6) << 1 | packet[10] >> 7;
}

/* Packets without payload, whose clock goes on by STEP up to `to`. */
static GstBuffer *
make_bridge (guint pid, guint8 counter, guint64 from, guint64 hole)
{
  const gsize n = (hole - 1) / STEP;
  guint8 *const bytes = g_malloc (n * PACKET_LEN);

  memset (bytes, 0xff, n * PACKET_LEN);
  for (gsize i = 0; i < n; i++) {
    guint8 *const packet = bytes + i * PACKET_LEN;
    const guint64 clock = (from + (i + 1) * STEP) & CLOCK_MASK;

    packet[0] = SYNC;
    packet[1] = (guint8) (pid >> 8);
    packet[2] = (guint8) pid;
    packet[3] = 0x20 | counter; /* not counted up: there is no payload */
    packet[4] = PACKET_LEN - 5;
    packet[5] = 0x10;
    gst_emotion_write_be32 (packet + 6, (guint32) (clock >> 1));
    packet[10] = (guint8) ((clock & 1) << 7 | 0x7e);
    packet[11] = 0;
  }
  return gst_buffer_new_wrapped (bytes, n * PACKET_LEN);
}

/* Takes note of a packet; how far its clock is ahead of the last, if that is a
 * hole, else 0. A single reference may be damaged: it is struck out until the
 * next one confirms it. */
static guint64
note_packet (Stream *self, guint pid, guint8 *packet)
{
  const guint64 clock = clock_of (packet), before = self->clocks[pid];
  const guint64 ahead = (clock - before) & CLOCK_MASK;
  const guint64 doubtful = self->doubtful[pid];

  if (clock == NO_CLOCK)
    return 0;
  self->doubtful[pid] = NO_CLOCK;
  if (before == NO_CLOCK || ahead <= HOLE || ahead > MAX_HOLE) {
    self->clocks[pid] = clock;
    return 0;
  }
  if (doubtful == NO_CLOCK || ((clock - doubtful) & CLOCK_MASK) > SURE) {
    self->doubtful[pid] = clock;
    packet[5] &= (guint8) ~0x10;
    return 0;
  }
  self->clocks[pid] = clock;
  return ahead;
}

/* Whole packets; the clock is led on before one that is behind a hole. */
static GstFlowReturn
push_packets (Stream *self, GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstFlowReturn flow = GST_FLOW_OK;
  gsize begin = 0;
  GstMapInfo map;

  buffer = gst_buffer_make_writable (buffer);
  if (!gst_buffer_map (buffer, &map, GST_MAP_READWRITE))
    return push (self, pad, parent, buffer);
  for (gsize at = 0; flow == GST_FLOW_OK && at + PACKET_LEN <= map.size;
       at += PACKET_LEN) {
    guint8 *const packet = map.data + at;
    const guint pid = (packet[1] << 8 | packet[2]) & (N_PIDS - 1);
    const guint64 before = self->clocks[pid];
    const guint64 hole = note_packet (self, pid, packet);

    if (hole > 0) {
      GST_INFO_OBJECT (parent, "%.3f s are missing", hole / 90000.0);
      if (at > begin)
        flow = push (self, pad, parent,
            gst_buffer_new_memdup (map.data + begin, at - begin));
      begin = at;
      if (flow == GST_FLOW_OK)
        flow = push (self, pad, parent,
            make_bridge (pid, self->counters[pid], before, hole));
    }
    self->counters[pid] = packet[3] & 0x0f;
  }
  gst_buffer_unmap (buffer, &map);
  if (flow != GST_FLOW_OK) {
    gst_buffer_unref (buffer);
    return flow;
  }
  gst_buffer_resize (buffer, begin, -1);
  return push (self, pad, parent, buffer);
}

/* How many of the bytes go on: are whole packets (is_locked), or, while their
 * beginning is sought, in no packet that can be told. 0: more are needed. */
static gsize
count_bytes (Stream *self, const guint8 *bytes, gsize n)
{
  gsize len = 0;

  while (self->is_locked && len + PACKET_LEN <= n && bytes[len] == SYNC)
    len += PACKET_LEN;
  if (len > 0)
    return len;
  self->is_locked = FALSE;
  for (; len + N_SURE * PACKET_LEN <= n; len++) {
    guint k = 0;

    while (k < N_SURE && bytes[len + k * PACKET_LEN] == SYNC)
      k++;
    self->is_locked = len == 0 && k == N_SURE;
    if (self->is_locked)
      return N_SURE * PACKET_LEN;
    if (k == N_SURE)
      break;
  }
  return len;
}

static GstFlowReturn
chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  Stream *const self = pad->chaindata;
  GstFlowReturn flow = GST_FLOW_OK;
  gsize n;

  if (GST_BUFFER_IS_DISCONT (buffer)) {
    gst_adapter_clear (self->pending);
    self->is_locked = FALSE;
    self->is_discont = TRUE;
  }
  gst_adapter_push (self->pending, buffer);
  while (flow == GST_FLOW_OK
      && (n = gst_adapter_available (self->pending)) >= PACKET_LEN) {
    const gsize len = count_bytes (self, gst_adapter_map (self->pending, n), n);
    GstBuffer *next;

    gst_adapter_unmap (self->pending);
    if (len == 0)
      break;
    next = gst_adapter_take_buffer (self->pending, len);
    flow = self->is_locked ? push_packets (self, pad, parent, next)
                           : push (self, pad, parent, next);
  }
  return flow;
}

static GstPadProbeReturn
take_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Stream *const self = user_data;
  const gsize n = gst_adapter_available (self->pending);

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS
      && n > 0)
    push (self, pad, GST_OBJECT_PARENT (pad),
        gst_adapter_take_buffer (self->pending, n));
  return GST_PAD_PROBE_OK;
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
gst_emotion_lossy_ts_add (GstElement *element)
{
  GstElementFactory *const factory = gst_element_get_factory (element);
  g_autoptr (GstPad) sink = NULL;
  Stream *self;

  if (!factory
      || !g_str_equal (gst_plugin_feature_get_name (factory), "tsdemux"))
    return;
  sink = gst_element_get_static_pad (element, "sink");
  gst_pad_add_probe (
      sink, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM, answer_scheduling, NULL, NULL);
  self = g_new0 (Stream, 1);
  self->chain = GST_PAD_CHAINFUNC (sink);
  self->pending = gst_adapter_new ();
  for (guint i = 0; i < N_PIDS; i++)
    self->clocks[i] = self->doubtful[i] = NO_CLOCK;
  gst_pad_add_probe (
      sink, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, take_event, self, NULL);
  gst_pad_set_chain_function_full (sink, chain, self, stream_free);
}
