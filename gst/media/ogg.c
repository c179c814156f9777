/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* memmem */
#include "gst/media/ogg.h"

#include <gst/base/gstadapter.h>
#include <string.h>

#include "gst/media/byte-order.h"
#include "gst/media/file-bytes.h"

GST_DEBUG_CATEGORY_EXTERN (gst_emotion_play_debug);
#define GST_CAT_DEFAULT gst_emotion_play_debug

#define MAGIC "OggS"
#define MAGIC_LEN 4
#define HEAD_LEN 27 /* without the lengths of the segments */
#define FLAGS_AT 5
#define SERIAL_AT 14
#define CRC_AT 22
#define N_SEGMENTS_AT 26
#define IS_FIRST 2 /* flag: the first page of a stream */
#define BLOCK (1 << 18)

/* Pages */

/* Of the polynomial 0x04c11db7, not reflected, from 0 on, its own field being
 * 0. */
static guint32
page_crc (const guint8 *page, gsize len)
{
  static const guint32 of_half[16] = { 0, 0x04c11db7, 0x09823b6e, 0x0d4326d9,
    0x130476dc, 0x17c56b6b, 0x1a864db2, 0x1e475005, 0x2608edb8, 0x22c9f00f,
    0x2f8ad6d6, 0x2b4bcb61, 0x350c9b64, 0x31cd86d3, 0x3c8ea00a, 0x384fbdbd };
  guint32 crc = 0;

  for (gsize i = 0; i < len; i++) {
    const guint8 byte = i - CRC_AT < 4 ? 0 : page[i];

    crc = crc << 4 ^ of_half[(crc >> 28) ^ (byte >> 4)];
    crc = crc << 4 ^ of_half[(crc >> 28) ^ (byte & 15)];
  }
  return crc;
}

/* By its head; 0: not even that is complete. */
static gsize
page_len (const guint8 *bytes, gsize n)
{
  gsize len = HEAD_LEN;

  if (n < HEAD_LEN || n < HEAD_LEN + (gsize) bytes[N_SEGMENTS_AT])
    return 0;
  len += bytes[N_SEGMENTS_AT];
  for (guint i = 0; i < bytes[N_SEGMENTS_AT]; i++)
    len += bytes[HEAD_LEN + i];
  return len;
}

/* The length of the next undamaged page, from *at on; 0: there is none, or more
 * bytes have to follow those from *at on. */
static gsize
find_page (const guint8 *bytes, gsize n, gboolean is_last, gsize *at)
{
  const guint8 *found;

  for (; (found = memmem (bytes + *at, n - *at, MAGIC, MAGIC_LEN)); ++*at) {
    gsize len;

    *at = (gsize) (found - bytes);
    len = page_len (found, n - *at);
    if (len > 0 && len <= n - *at) {
      if (gst_emotion_read_le32 (found + CRC_AT) == page_crc (found, len))
        return len;
    } else if (!is_last)
      return 0;
  }
  *at = MAX (*at, n - MIN (n, MAGIC_LEN - 1));
  return 0;
}

/* Numbers */

typedef struct {
  guint32 number; /* that the stream gets */
  gboolean has_data;
} Stream;

typedef struct {
  GHashTable *streams; /* serial number in the file -> Stream, the latest */
  GHashTable *taken;   /* numbers given */
} Numbers;

static void
numbers_init (Numbers *self)
{
  self->streams = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->taken = g_hash_table_new (NULL, NULL);
}

static void
numbers_clear (Numbers *self)
{
  g_hash_table_unref (self->streams);
  g_hash_table_unref (self->taken);
}

/* The first page of a stream. */
static void
begin_stream (Numbers *self, guint32 serial)
{
  Stream *const before =
      g_hash_table_lookup (self->streams, GUINT_TO_POINTER (serial));
  Stream *stream;
  guint32 number = serial;

  if (before && !before->has_data)
    return; /* the same page twice */
  while (g_hash_table_contains (self->taken, GUINT_TO_POINTER (number)))
    number++;
  if (number != serial)
    GST_INFO (
        "another Ogg stream with serial number %08x: %08x", serial, number);
  stream = g_new0 (Stream, 1);
  stream->number = number;
  g_hash_table_replace (self->streams, GUINT_TO_POINTER (serial), stream);
  g_hash_table_add (self->taken, GUINT_TO_POINTER (number));
}

/* Changes a page, in the order of the file. FALSE: it stays as it is. */
static gboolean
number_page (Numbers *self, guint8 *page, gsize len)
{
  const guint32 serial = gst_emotion_read_le32 (page + SERIAL_AT);
  const gboolean is_first = page[FLAGS_AT] & IS_FIRST;
  Stream *stream;

  if (is_first)
    begin_stream (self, serial);
  stream = g_hash_table_lookup (self->streams, GUINT_TO_POINTER (serial));
  if (!stream)
    return FALSE;
  stream->has_data |= !is_first;
  if (stream->number == serial)
    return FALSE;
  gst_emotion_write_le32 (page + SERIAL_AT, stream->number);
  gst_emotion_write_le32 (page + CRC_AT, page_crc (page, len));
  return TRUE;
}

/* From a file that can be read anywhere: what to change is found beforehand. */

/* The number, and the checksum 4 bytes behind it. */
typedef struct {
  guint64 at; /* of the page */
  guint8 serial[4], crc[4];
} Patch;

static void
find_patches (GArray *patches, const GstEmotionFileBytes *file)
{
  g_autofree guint8 *bytes = g_malloc (BLOCK);
  guint64 begin = 0; /* of the bytes, in the file */
  Numbers numbers;

  numbers_init (&numbers);
  while (begin < file->size) {
    const gsize n = MIN (BLOCK, file->size - begin);
    const gboolean is_last = n == file->size - begin;
    gsize at = 0, len;

    if (!gst_emotion_file_bytes_read (file, begin, bytes, n))
      break;
    for (; (len = find_page (bytes, n, is_last, &at)) > 0; at += len) {
      Patch patch = { .at = begin + at };

      if (!number_page (&numbers, bytes + at, len))
        continue;
      memcpy (patch.serial, bytes + at + SERIAL_AT, 4);
      memcpy (patch.crc, bytes + at + CRC_AT, 4);
      g_array_append_val (patches, patch);
    }
    begin = is_last ? file->size : begin + at;
  }
  numbers_clear (&numbers);
}

/* The part of 4 bytes that lies within n bytes from `begin` in the file. */
static void
put (guint8 *bytes, gsize n, guint64 begin, guint64 at, const guint8 value[4])
{
  for (guint i = 0; i < 4; i++)
    if (at + i >= begin && at + i - begin < n)
      bytes[at + i - begin] = value[i];
}

/* The first patch of a page that may reach `at`. */
static guint
first_patch (const GArray *patches, guint64 at)
{
  guint low = 0, high = patches->len;

  while (low < high) {
    const guint middle = low + (high - low) / 2;

    if (g_array_index (patches, Patch, middle).at + HEAD_LEN <= at)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static GstBuffer *
patch_buffer (const GArray *patches, GstBuffer *buffer, guint64 begin)
{
  GstMapInfo map;

  buffer = gst_buffer_make_writable (buffer);
  if (!gst_buffer_map (buffer, &map, GST_MAP_WRITE))
    return buffer;
  for (guint i = first_patch (patches, begin); i < patches->len; i++) {
    const Patch *const patch = &g_array_index (patches, Patch, i);

    if (patch->at >= begin + map.size)
      break;
    put (map.data, map.size, begin, patch->at + SERIAL_AT, patch->serial);
    put (map.data, map.size, begin, patch->at + CRC_AT, patch->crc);
  }
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

/* From anything else: page by page as it comes. */

typedef struct {
  GArray *patches; /* Patch, in their order */
  Numbers numbers;
  GstAdapter *pending; /* a page that is not complete */
  gboolean is_rest;    /* what passes now, at the end, is no page */
  gint is_pushed;      /* atomic: Ogg comes page by page */
} Links;

static void
links_free (gpointer data)
{
  Links *self = data;

  g_array_unref (self->patches);
  numbers_clear (&self->numbers);
  g_object_unref (self->pending);
  g_free (self);
}

/* The whole pages so far, transferred; NULL: none. */
static GstBuffer *
take_pages (Links *self, GstBuffer *buffer)
{
  gsize n, at = 0, len;
  g_autofree guint8 *bytes = NULL;

  gst_adapter_push (self->pending, buffer);
  n = gst_adapter_available (self->pending);
  bytes = gst_adapter_take (self->pending, n);
  for (; (len = find_page (bytes, n, FALSE, &at)) > 0; at += len)
    number_page (&self->numbers, bytes + at, len);
  if (at < n)
    gst_adapter_push (
        self->pending, gst_buffer_new_memdup (bytes + at, n - at));
  return at > 0 ? gst_buffer_new_wrapped (g_steal_pointer (&bytes), at) : NULL;
}

static GstPadProbeReturn
take_pushed (Links *self, GstPadProbeInfo *info)
{
  GstBuffer *const buffer = GST_PAD_PROBE_INFO_BUFFER (info);

  if (self->is_rest)
    return GST_PAD_PROBE_OK;
  if (!self->is_pushed && gst_buffer_get_size (buffer) >= MAGIC_LEN
      && gst_buffer_memcmp (buffer, 0, MAGIC, MAGIC_LEN) != 0)
    return GST_PAD_PROBE_REMOVE; /* not Ogg */
  g_atomic_int_set (&self->is_pushed, TRUE);
  info->data = take_pages (self, buffer);
  return info->data ? GST_PAD_PROBE_OK : GST_PAD_PROBE_HANDLED;
}

static void
take_event (Links *self, GstPad *pad, GstEvent *event)
{
  const gsize n = gst_adapter_available (self->pending);

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS && n > 0) {
    self->is_rest = TRUE;
    gst_pad_push (pad, gst_adapter_take_buffer (self->pending, n));
    self->is_rest = FALSE;
  } else if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP) {
    gst_adapter_clear (self->pending);
    numbers_clear (&self->numbers);
    numbers_init (&self->numbers);
  }
}

/* To find the duration, oggdemux would jump to the end of a source that pushes
 * and back, and forget links on the way. */
static GstPadProbeReturn
take_query (Links *self, GstQuery *query)
{
  GstFormat format;

  if (GST_QUERY_TYPE (query) != GST_QUERY_SEEKING
      || !g_atomic_int_get (&self->is_pushed))
    return GST_PAD_PROBE_OK;
  gst_query_parse_seeking (query, &format, NULL, NULL, NULL);
  gst_query_set_seeking (query, format, FALSE, 0, -1);
  return GST_PAD_PROBE_HANDLED;
}

/* In the streaming thread, except for queries. */
static GstPadProbeReturn
take (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Links *self = user_data;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_QUERY_UPSTREAM)
    return take_query (self, GST_PAD_PROBE_INFO_QUERY (info));
  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_EVENT_BOTH) {
    take_event (self, pad, GST_PAD_PROBE_INFO_EVENT (info));
    return GST_PAD_PROBE_OK;
  }
  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_PUSH)
    return take_pushed (self, info);
  if (self->patches->len > 0)
    info->data = patch_buffer (self->patches, GST_PAD_PROBE_INFO_BUFFER (info),
        GST_PAD_PROBE_INFO_OFFSET (info));
  return GST_PAD_PROBE_OK;
}

void
gst_emotion_ogg_number_links (GstElement *source, const char *path)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (source, "src");
  GstEmotionFileBytes file;
  char magic[MAGIC_LEN];
  Links *self;

  if (!pad)
    return;
  self = g_new0 (Links, 1);
  self->patches = g_array_new (FALSE, FALSE, sizeof (Patch));
  self->pending = gst_adapter_new ();
  numbers_init (&self->numbers);
  if (path && gst_emotion_file_bytes_open (&file, path)) {
    if (gst_emotion_file_bytes_read (&file, 0, magic, MAGIC_LEN)
        && memcmp (magic, MAGIC, MAGIC_LEN) == 0)
      find_patches (self->patches, &file);
    gst_emotion_file_bytes_close (&file);
  }
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_PULL
          | GST_PAD_PROBE_TYPE_PUSH | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM
          | GST_PAD_PROBE_TYPE_EVENT_FLUSH | GST_PAD_PROBE_TYPE_QUERY_UPSTREAM,
      take, self, links_free);
}
