/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/media/extent.h"

#include <string.h>

#include "gst/media/byte-order.h"
#include "gst/media/file-bytes.h"
#include "gst/media/last-frame.h"
#include "gst/media/wave.h"

#define MAX_CHUNKS 10000 /* maximum that is examined */
#define OGG_MAX_PAGE 65307

typedef GstEmotionFileBytes File;

#define le32 gst_emotion_read_le32
#define be32 gst_emotion_read_be32

static guint64
le64 (const guint8 *at)
{
  return le32 (at) | (guint64) le32 (at + 4) << 32;
}

static guint64
be64 (const guint8 *at)
{
  return GUINT64_SWAP_LE_BE (le64 (at));
}

static gboolean
has_tag (const guint8 *at, const char *tag)
{
  return memcmp (at, tag, strlen (tag)) == 0;
}

static gboolean
state (GstEmotionExtent *self, guint64 head, guint64 length)
{
  self->head = head;
  if (length > G_MAXINT64 - head)
    return FALSE;
  self->stated = head + length;
  return TRUE;
}

/* Files that were put together as if they were text: GStreamer reads up to the
 * end of the first, and would not say that there are others. */
static void
look_behind (
    GstEmotionExtent *self, const File *file, guint64 end, const char *magic)
{
  guint8 head[8];

  if (gst_emotion_file_bytes_read (file, end, head, sizeof head)
      && has_tag (head, magic))
    self->behind = file->size - end;
}

static gboolean
read_wave (GstEmotionExtent *self, const File *file, const guint8 *head)
{
  GstEmotionWave wave;

  if (!gst_emotion_wave_read (&wave, file->path))
    return FALSE;
  gst_emotion_wave_clear (&wave);
  self->basis = GST_EMOTION_EXTENT_EVEN;
  if (has_tag (head, "RIFF"))
    look_behind (self, file, 8 + (le32 (head + 4) + 1ull) / 2 * 2, "RIFF");
  return wave.stated > 0 && state (self, wave.offset, wave.stated);
}

/* The duration of the shortest sound of an AVI, by the heads of its streams;
 * its demuxer counts the frames that it finds. 0: none is stated. */
static guint64
avi_duration (const File *file)
{
  guint8 head[4096];
  const gsize n = MIN (file->size, sizeof head);
  guint64 duration = 0;

  if (!gst_emotion_file_bytes_read (file, 0, head, n))
    return 0;
  for (gsize i = 0; i + 44 <= n; i += 2)
    if (has_tag (head + i, "strh") && has_tag (head + i + 8, "auds")) {
      const guint32 scale = le32 (head + i + 28), rate = le32 (head + i + 32);
      const guint64 sound = rate > 0
          ? le32 (head + i + 40) * (guint64) scale / rate * 1000000000
          : 0;

      duration = duration > 0 ? MIN (duration, sound) : sound;
    }
  return duration;
}

static gboolean
read_riff (GstEmotionExtent *self, const File *file, const guint8 *head)
{
  if (has_tag (head + 8, "WAVE"))
    return read_wave (self, file, head);
  self->duration = avi_duration (file);
  self->is_of_sound = TRUE;
  return !gst_emotion_file_bytes_is_placeholder (le32 (head + 4))
      && state (self, 8, le32 (head + 4));
}

static gboolean
read_aiff (GstEmotionExtent *self, const File *file, const guint8 *head)
{
  look_behind (self, file, 8 + (be32 (head + 4) + 1ull) / 2 * 2, "FORM");
  return !gst_emotion_file_bytes_is_placeholder (be32 (head + 4))
      && state (self, 8, be32 (head + 4));
}

static gboolean
read_au (GstEmotionExtent *self, const File *file, const guint8 *head)
{
  return !gst_emotion_file_bytes_is_placeholder (be32 (head + 8))
      && state (self, be32 (head + 4), be32 (head + 8));
}

/* The boxes at the top level. */
static gboolean
read_mp4 (GstEmotionExtent *self, const File *file, const guint8 *head)
{
  guint64 at = 0;
  guint8 box[16];
  gboolean is_fragmented = FALSE;

  self->lacks_index = TRUE;
  for (guint i = 0;
       i < MAX_CHUNKS && gst_emotion_file_bytes_read (file, at, box, 8); i++) {
    guint64 size = be32 (box);

    if (size == 1 && gst_emotion_file_bytes_read (file, at, box, 16))
      size = be64 (box + 8);
    if (size < 8 || size > G_MAXINT64 - at) /* 0: up to the end */
      return FALSE;
    if (has_tag (box + 4, "moov") && at + size <= file->size)
      self->lacks_index = FALSE;
    is_fragmented |= has_tag (box + 4, "moof");
    /* Of fragmented ones, GStreamer reads all. */
    if (has_tag (box + 4, "ftyp") && at > 0 && !is_fragmented
        && self->behind == 0)
      self->behind = file->size - at;
    at += size;
  }
  return at > 0 && state (self, 0, at);
}

/* The length of an EBML number by its first byte, 0: none. */
static guint
ebml_length (guint8 first)
{
  guint length = 1;

  for (; length <= 8 && !(first & (0x80 >> (length - 1))); length++)
    ;
  return length <= 8 ? length : 0;
}

/* FALSE if the size is unknown. Moves *at past it. */
static gboolean
ebml_size (const File *file, guint64 *at, guint64 *size)
{
  guint8 bytes[8];
  guint length;

  if (!gst_emotion_file_bytes_read (file, *at, bytes, 1)
      || !(length = ebml_length (*bytes))
      || !gst_emotion_file_bytes_read (file, *at, bytes, length))
    return FALSE;
  *size = bytes[0] & (0xff >> length);
  for (guint i = 1; i < length; i++)
    *size = *size << 8 | bytes[i];
  *at += length;
  return *size != (G_GUINT64_CONSTANT (1) << (7 * length)) - 1;
}

/* The header, and the segment after it. */
static gboolean
read_matroska (GstEmotionExtent *self, const File *file, const guint8 *head)
{
  guint64 at = 4, size;
  guint8 id[4];

  if (!ebml_size (file, &at, &size) || size > file->size)
    return FALSE;
  at += size;
  if (!gst_emotion_file_bytes_read (file, at, id, 4)
      || !has_tag (id, "\x18\x53\x80\x67"))
    return FALSE;
  at += 4;
  if (!ebml_size (file, &at, &size) || !state (self, at, size))
    return FALSE;
  look_behind (self, file, self->stated, "\x1a\x45\xdf\xa3");
  return TRUE;
}

/* Where the last page ends. */
static gboolean
read_ogg (GstEmotionExtent *self, const File *file, const guint8 *head)
{
  const gsize n = MIN (file->size, 2 * OGG_MAX_PAGE);
  g_autofree guint8 *tail = g_malloc (n);

  if (!gst_emotion_file_bytes_read (file, file->size - n, tail, n))
    return FALSE;
  for (gsize i = n - 4 + 1; i-- > 0;) {
    guint64 length = 27;

    if (!has_tag (tail + i, "OggS"))
      continue;
    if (n - i > 26 && n - i > 26 + (gsize) tail[i + 26]) {
      length += tail[i + 26];
      for (guint k = 0; k < tail[i + 26]; k++)
        length += tail[i + 27 + k];
    } else /* not even its header is complete */
      length = n - i + 1;
    return state (self, 0, file->size - n + i + length);
  }
  return FALSE;
}

/* The size in the file properties, except for broadcasts. */
static gboolean
read_asf (GstEmotionExtent *self, const File *file, const guint8 *head)
{
  static const guint8 properties[16] = { 0xa1, 0xdc, 0xab, 0x8c, 0x47, 0xa9,
    0xcf, 0x11, 0x8e, 0xe4, 0x00, 0xc0, 0x0c, 0x20, 0x53, 0x65 };
  guint64 at = 30;
  guint8 object[92];

  for (guint i = 0;
       i < MAX_CHUNKS && gst_emotion_file_bytes_read (file, at, object, 24);
       i++) {
    const guint64 size = le64 (object + 16);

    if (memcmp (object, properties, 16) == 0)
      return gst_emotion_file_bytes_read (file, at, object, 92)
          && !(object[88] & 1) && state (self, 0, le64 (object + 40));
    if (size < 24 || size > file->size)
      return FALSE;
    at += size;
  }
  return FALSE;
}

/* The Xing header: a frame of an MP3 file with the numbers of frames and bytes
 * instead of sound. at: its position. */
static gboolean
read_xing (GstEmotionExtent *self, const File *file, guint64 at)
{
  static const guint rates[] = { 44100, 48000, 32000 };
  guint8 frame[4 + 32 + 16];

  if (!gst_emotion_file_bytes_read (file, at, frame, sizeof frame)
      || frame[0] != 0xff || (frame[1] & 0xe6) != 0xe2
      || (frame[2] & 0x0c) == 0x0c)
    return FALSE;

  const guint version = frame[1] >> 3 & 3; /* 3: 1, 2: 2, 0: 2.5 */
  const gboolean is_mono = frame[3] >> 6 == 3;
  const guint side = version == 3 ? (is_mono ? 17 : 32) : (is_mono ? 9 : 17);
  const guint rate = rates[frame[2] >> 2 & 3] >> (version == 3 ? 0
                             : version == 2                    ? 1
                                                               : 2);
  const guint8 *const xing = frame + 4 + side;

  if (!(has_tag (xing, "Xing") || has_tag (xing, "Info")) || (xing[7] & 3) != 3)
    return FALSE;
  self->duration = (guint64) be32 (xing + 8) * (version == 3 ? 1152 : 576)
      * 1000000000 / rate;
  self->is_of_sound = TRUE;
  return state (self, at, be32 (xing + 12));
}

/* What states no length otherwise. */
static gboolean
read_frames (GstEmotionExtent *self, const File *file, guint64 at)
{
  self->basis = GST_EMOTION_EXTENT_UNTIMED;
  return state (
      self, at, file->size - at + gst_emotion_last_frame_lacks (file, at));
}

static gboolean
read_plain (GstEmotionExtent *self, const File *file, const guint8 *head)
{
  return read_frames (self, file, 0);
}

/* After an ID3v2 tag. */
static gboolean
read_id3 (GstEmotionExtent *self, const File *file, const guint8 *head)
{
  const guint64 size = 10 + (head[5] & 0x10 ? 10 : 0)
      + (guint64) ((guint32) head[6] << 21 | head[7] << 14 | head[8] << 7
          | head[9]);

  return size < file->size
      && (read_xing (self, file, size) || read_frames (self, file, size));
}

static gboolean
read_mp3 (GstEmotionExtent *self, const File *file, const guint8 *head)
{
  return read_xing (self, file, 0) || read_frames (self, file, 0);
}

/* A number in the script tag at the beginning of FLV; 0: none. */
static double
flv_number (const guint8 *script, gsize len, const char *name)
{
  const gsize n = strlen (name);

  for (gsize i = 2; i + n + 9 <= len; i++)
    if (script[i - 1] == n && memcmp (script + i, name, n) == 0
        && script[i + n] == 0) {
      const guint64 bits = be64 (script + i + n + 1);
      double value;

      memcpy (&value, &bits, sizeof value);
      return value > 0 && value < 1e12 ? value : 0;
    }
  return 0;
}

static gboolean
read_flv (GstEmotionExtent *self, const File *file, const guint8 *head)
{
  guint8 script[1024];
  const gsize n = MIN (file->size, sizeof script);

  if (!gst_emotion_file_bytes_read (file, 0, script, n))
    return FALSE;
  self->is_of_sound = !(head[4] & 1); /* no video */
  /* A muxer that does not know it writes a far too large value. */
  if (flv_number (script, n, "duration") < 1e8)
    self->duration = (guint64) (flv_number (script, n, "duration") * 1e9);
  if (!state (self, 0, (guint64) flv_number (script, n, "filesize")))
    return FALSE;
  look_behind (self, file, self->stated, "FLV\1");
  return TRUE;
}

static const struct {
  const char *magic;
  guint at;
  gboolean (*read) (
      GstEmotionExtent *self, const File *file, const guint8 *head);
  GstEmotionExtentBasis basis;
} kinds[] = {
  { "RIFF", 0, read_riff, GST_EMOTION_EXTENT_UNTIMED },
  { "RF64", 0, read_wave, GST_EMOTION_EXTENT_EVEN },
  { "BW64", 0, read_wave, GST_EMOTION_EXTENT_EVEN },
  { "riff\x2e\x91\xcf\x11", 0, read_wave, GST_EMOTION_EXTENT_EVEN },
  { "FORM", 0, read_aiff, GST_EMOTION_EXTENT_EVEN },
  { ".snd", 0, read_au, GST_EMOTION_EXTENT_EVEN },
  { "ftyp", 4, read_mp4 },
  { "moov", 4, read_mp4 },
  { "mdat", 4, read_mp4 },
  { "wide", 4, read_mp4 },
  { "free", 4, read_mp4 },
  { "skip", 4, read_mp4 },
  { "\x1a\x45\xdf\xa3", 0, read_matroska },
  { "OggS", 0, read_ogg, GST_EMOTION_EXTENT_UNTIMED },
  { "FLV", 0, read_flv, GST_EMOTION_EXTENT_UNTIMED },
  { "ID3", 0, read_id3 },
  { "\xff", 0, read_mp3 },
  { "\x0b\x77", 0, read_plain }, /* AC-3 */
  { "#!AMR", 0, read_plain },
  { "G", 0, read_plain }, /* MPEG-TS */
  { "G", 4, read_plain },
  { "\x30\x26\xb2\x75\x8e\x66\xcf\x11", 0, read_asf },
};

gboolean
gst_emotion_extent_read (GstEmotionExtent *extent, const char *path)
{
  File file;
  guint8 head[24];
  gboolean is_known = FALSE;

  *extent = (GstEmotionExtent){ 0 };
  if (!gst_emotion_file_bytes_open (&file, path))
    return FALSE;
  if (gst_emotion_file_bytes_read (&file, 0, head, sizeof head))
    for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
      if (has_tag (head + kinds[i].at, kinds[i].magic)) {
        extent->basis = kinds[i].basis;
        is_known = kinds[i].read (extent, &file, head);
        break;
      }
  gst_emotion_file_bytes_close (&file);
  extent->present = file.size;
  extent->is_cut = is_known && extent->stated > extent->present;
  return is_known;
}
