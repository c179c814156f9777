/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/media/adts.h"

#include <string.h>

#include <gst/base/gstbaseparse.h>

GST_DEBUG_CATEGORY_EXTERN (gst_emotion_play_debug);
#define GST_CAT_DEFAULT gst_emotion_play_debug

#define HEADER_LEN 7
#define CRC_LEN 2
#define FRAME_SAMPLES 1024

#define GST_TYPE_EMOTION_ADTS (gst_emotion_adts_get_type ())
G_DECLARE_FINAL_TYPE (
    GstEmotionAdts, gst_emotion_adts, GST, EMOTION_ADTS, GstBaseParse)

typedef struct {
  gint version; /* of MPEG */
  gint rate;
  gint n_channels; /* 0: not in the header */
  gsize len;       /* of the frame, with this header */
} Header;

struct _GstEmotionAdts {
  GstBaseParse parent;

  Header current; /* that the caps are for; len: 0 */
};

G_DEFINE_TYPE (GstEmotionAdts, gst_emotion_adts, GST_TYPE_BASE_PARSE)

/* Parses HEADER_LEN bytes. FALSE: not a header. */
static gboolean
read_header (const guint8 *bytes, Header *header)
{
  static const gint rates[16] = { 96000, 88200, 64000, 48000, 44100, 32000,
    24000, 22050, 16000, 12000, 11025, 8000, 7350 };
  static const gint channels[8] = { 0, 1, 2, 3, 4, 5, 6, 8 };
  const gboolean has_crc = !(bytes[1] & 1);

  if (bytes[0] != 0xff || (bytes[1] & 0xf6) != 0xf0)
    return FALSE;
  header->version = bytes[1] & 8 ? 2 : 4;
  header->rate = rates[(bytes[2] >> 2) & 15];
  header->n_channels = channels[(bytes[2] & 1) << 2 | bytes[3] >> 6];
  header->len =
      (gsize) (bytes[3] & 3) << 11 | (gsize) bytes[4] << 3 | bytes[5] >> 5;
  return header->rate > 0
      && header->len >= HEADER_LEN + (has_crc ? CRC_LEN : 0u);
}

/* Whether two headers agree in everything that is constant in a stream. */
static gboolean
is_alike (const guint8 *a, const guint8 *b)
{
  return a[0] == b[0] && a[1] == b[1] && ((a[2] ^ b[2]) & 0xfd) == 0
      && ((a[3] ^ b[3]) & 0xc0) == 0;
}

/* A frame begins at `from`, followed by another one like it. */
static gboolean
is_sure (const guint8 *bytes, gsize n, gsize from)
{
  Header header, next;

  return n - from >= HEADER_LEN && read_header (bytes + from, &header)
      && n - from >= header.len + HEADER_LEN
      && read_header (bytes + from + header.len, &next)
      && is_alike (bytes + from, bytes + from + header.len);
}

/* The next position of a possible header, from 1 on. */
static gsize
find_candidate (const guint8 *bytes, gsize n)
{
  const guint8 *found = n > 1 ? memchr (bytes + 1, 0xff, n - 1) : NULL;

  return found ? (gsize) (found - bytes) : n;
}

/* The frame is len long by its header. Packets of it were lost if not there but
 * before its end another one begins: where, else 0. */
static gsize
find_next_within (const guint8 *bytes, gsize n, gsize len)
{
  Header next;

  if (n < len + HEADER_LEN || read_header (bytes + len, &next))
    return 0;
  for (gsize i = HEADER_LEN; i < len; i++)
    if (bytes[i] == 0xff && is_alike (bytes, bytes + i)
        && is_sure (bytes, n, i))
      return i;
  return 0;
}

static void
set_caps (GstEmotionAdts *self, const Header *header)
{
  g_autoptr (GstCaps) caps = NULL;

  if (self->current.version == header->version
      && self->current.rate == header->rate
      && self->current.n_channels == header->n_channels)
    return;
  self->current = *header;
  caps = gst_caps_new_simple ("audio/mpeg", "framed", G_TYPE_BOOLEAN, TRUE,
      "mpegversion", G_TYPE_INT, header->version, "stream-format",
      G_TYPE_STRING, "adts", "rate", G_TYPE_INT, header->rate, NULL);
  if (header->n_channels > 0)
    gst_caps_set_simple (
        caps, "channels", G_TYPE_INT, header->n_channels, NULL);
  gst_pad_set_caps (GST_BASE_PARSE_SRC_PAD (self), caps);
  gst_base_parse_set_frame_rate (
      GST_BASE_PARSE (self), header->rate, FRAME_SAMPLES, 2, 2);
}

/* How many bytes to leave out before a frame; else *len of the one at the
 * beginning, or, where that cannot be told yet, how many bytes it takes to
 * tell. */
static gsize
judge (const guint8 *bytes, gsize n, gboolean is_lost, gboolean is_last,
    Header *header, gsize *needed)
{
  gsize next;

  *needed = HEADER_LEN;
  if (n < HEADER_LEN)
    return is_last ? n : 0;
  if (!read_header (bytes, header))
    return find_candidate (bytes, n);
  *needed = header->len + (is_lost && !is_last ? HEADER_LEN : 0);
  if (n < *needed)
    return is_last ? find_candidate (bytes, n) : 0;
  if (is_lost && !is_last && !is_sure (bytes, n, 0))
    return find_candidate (bytes, n);
  next = find_next_within (bytes, n, header->len);
  if (next > 0)
    GST_DEBUG ("%" G_GSIZE_FORMAT " of a frame's %" G_GSIZE_FORMAT
               " bytes are there: left out",
        next, header->len);
  return next;
}

static GstFlowReturn
handle_frame (GstBaseParse *parse, GstBaseParseFrame *frame, gint *skip)
{
  GstEmotionAdts *const self = GST_EMOTION_ADTS (parse);
  GstMapInfo map;
  Header header;
  gsize needed, n;

  if (!gst_buffer_map (frame->buffer, &map, GST_MAP_READ))
    return GST_FLOW_ERROR;
  n = map.size;
  *skip = (gint) judge (map.data, n, GST_BASE_PARSE_LOST_SYNC (parse),
      GST_BASE_PARSE_DRAINING (parse), &header, &needed);
  gst_buffer_unmap (frame->buffer, &map);
  gst_base_parse_set_min_frame_size (
      parse, *skip > 0 ? HEADER_LEN : MAX (needed, HEADER_LEN));
  if (*skip > 0 || n < needed)
    return GST_FLOW_OK;
  set_caps (self, &header);
  gst_base_parse_set_min_frame_size (parse, HEADER_LEN);
  return gst_base_parse_finish_frame (parse, frame, (gint) header.len);
}

static gboolean
start (GstBaseParse *parse)
{
  GST_EMOTION_ADTS (parse)->current = (Header){ 0 };
  gst_base_parse_set_min_frame_size (parse, HEADER_LEN);
  return TRUE;
}

#define CAPS                                                                   \
  "audio/mpeg, mpegversion = (int) { 2, 4 }, stream-format = (string) adts"

static void
gst_emotion_adts_class_init (GstEmotionAdtsClass *klass)
{
  static GstStaticPadTemplate sink = GST_STATIC_PAD_TEMPLATE (
      "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
  static GstStaticPadTemplate src = GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC,
      GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS ", framed = (boolean) true"));
  GstElementClass *const element_class = GST_ELEMENT_CLASS (klass);
  GstBaseParseClass *const parse_class = GST_BASE_PARSE_CLASS (klass);

  gst_element_class_add_static_pad_template (element_class, &sink);
  gst_element_class_add_static_pad_template (element_class, &src);
  gst_element_class_set_static_metadata (element_class, "ADTS parser",
      "Codec/Parser/Audio", "Finds frames of AAC again after damage",
      "gst-emotiondetect");
  parse_class->start = start;
  parse_class->handle_frame = handle_frame;
}

static void
gst_emotion_adts_init (GstEmotionAdts *self)
{
}

void
gst_emotion_adts_register (void)
{
  static gsize is_done;

  if (g_once_init_enter (&is_done)) {
    /* Before aacparse. */
    gst_element_register (
        NULL, "emotionadts", GST_RANK_PRIMARY + 2, GST_TYPE_EMOTION_ADTS);
    g_once_init_leave (&is_done, 1);
  }
}
