/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/media/extent.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_CHUNKS 10000 /* that are looked at, of whatever a file claims */
#define OGG_MAX_PAGE 65307

typedef struct {
  int fd;
  guint64 size;
} File;

static gboolean
read_at (const File *file, guint64 at, gpointer data, gsize n)
{
  return at <= file->size && file->size - at >= n
      && pread (file->fd, data, n, (off_t) at) == (gssize) n;
}

static guint32
le32 (const guint8 *at)
{
  return at[0] | at[1] << 8 | at[2] << 16 | (guint32) at[3] << 24;
}

static guint64
le64 (const guint8 *at)
{
  return le32 (at) | (guint64) le32 (at + 4) << 32;
}

static guint32
be32 (const guint8 *at)
{
  return GUINT32_SWAP_LE_BE (le32 (at));
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

/* What programs write that cannot go back to the head: 0, -1, or the largest
 * signed number, some of it rounded down or with heads counted in. */
static gboolean
is_placeholder (guint32 size)
{
  return size == 0 || size >= 0xfffff000
      || (size >= 0x7ffff000 && size <= 0x80001000);
}

/* RIFF (WAV, AVI), RF64 and BW64, whose sizes of 64 bits are in ds64. */
static gboolean
read_riff (GstEmotionExtent *self, const File *file, const guint8 *head)
{
  guint64 large = 0, at = 12;
  guint8 chunk[8], sizes[16];

  if (!has_tag (head + 8, "WAVE"))
    return !is_placeholder (le32 (head + 4))
        && state (self, 8, le32 (head + 4));
  for (guint i = 0; i < MAX_CHUNKS && read_at (file, at, chunk, 8); i++) {
    const guint32 size = le32 (chunk + 4);

    if (has_tag (chunk, "ds64") && read_at (file, at + 8, sizes, 16))
      large = le64 (sizes + 8);
    if (has_tag (chunk, "data")) {
      if (size == G_MAXUINT32 && large > 0)
        return state (self, at + 8, large);
      return (!is_placeholder (size) || at + 8 + size <= file->size)
          && state (self, at + 8, size);
    }
    at += 8 + (guint64) size + (size & 1);
  }
  return FALSE;
}

static gboolean
read_wave64 (GstEmotionExtent *self, const File *file, const guint8 *head)
{
  return state (self, 0, le64 (head + 16));
}

static gboolean
read_aiff (GstEmotionExtent *self, const File *file, const guint8 *head)
{
  return !is_placeholder (be32 (head + 4)) && state (self, 8, be32 (head + 4));
}

static gboolean
read_au (GstEmotionExtent *self, const File *file, const guint8 *head)
{
  return !is_placeholder (be32 (head + 8))
      && state (self, be32 (head + 4), be32 (head + 8));
}

/* The boxes of the outermost level. */
static gboolean
read_mp4 (GstEmotionExtent *self, const File *file, const guint8 *head)
{
  guint64 at = 0;
  guint8 box[16];

  for (guint i = 0; i < MAX_CHUNKS && read_at (file, at, box, 8); i++) {
    guint64 size = be32 (box);

    if (size == 1 && read_at (file, at, box, 16))
      size = be64 (box + 8);
    if (size < 8 || size > G_MAXINT64 - at) /* 0: up to the end */
      return FALSE;
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

/* FALSE where the size is not known. *at moves behind it. */
static gboolean
ebml_size (const File *file, guint64 *at, guint64 *size)
{
  guint8 bytes[8];
  guint length;

  if (!read_at (file, *at, bytes, 1) || !(length = ebml_length (*bytes))
      || !read_at (file, *at, bytes, length))
    return FALSE;
  *size = bytes[0] & (0xff >> length);
  for (guint i = 1; i < length; i++)
    *size = *size << 8 | bytes[i];
  *at += length;
  return *size != (G_GUINT64_CONSTANT (1) << (7 * length)) - 1;
}

/* The head, and the segment behind it. */
static gboolean
read_matroska (GstEmotionExtent *self, const File *file, const guint8 *head)
{
  guint64 at = 4, size;
  guint8 id[4];

  if (!ebml_size (file, &at, &size) || size > file->size)
    return FALSE;
  at += size;
  if (!read_at (file, at, id, 4) || !has_tag (id, "\x18\x53\x80\x67"))
    return FALSE;
  at += 4;
  return ebml_size (file, &at, &size) && state (self, at, size);
}

/* Where the last page ends. */
static gboolean
read_ogg (GstEmotionExtent *self, const File *file, const guint8 *head)
{
  const gsize n = MIN (file->size, 2 * OGG_MAX_PAGE);
  g_autofree guint8 *tail = g_malloc (n);

  if (!read_at (file, file->size - n, tail, n))
    return FALSE;
  for (gsize i = n - 4 + 1; i-- > 0;) {
    guint64 length = 27;

    if (!has_tag (tail + i, "OggS"))
      continue;
    if (n - i > 26 && n - i > 26 + (gsize) tail[i + 26]) {
      length += tail[i + 26];
      for (guint k = 0; k < tail[i + 26]; k++)
        length += tail[i + 27 + k];
    } else /* not even its head is whole */
      length = n - i + 1;
    return state (self, 0, file->size - n + i + length);
  }
  return FALSE;
}

/* The size that is in the file properties, but for broadcasts. */
static gboolean
read_asf (GstEmotionExtent *self, const File *file, const guint8 *head)
{
  static const guint8 properties[16] = { 0xa1, 0xdc, 0xab, 0x8c, 0x47, 0xa9,
    0xcf, 0x11, 0x8e, 0xe4, 0x00, 0xc0, 0x0c, 0x20, 0x53, 0x65 };
  guint64 at = 30;
  guint8 object[92];

  for (guint i = 0; i < MAX_CHUNKS && read_at (file, at, object, 24); i++) {
    const guint64 size = le64 (object + 16);

    if (memcmp (object, properties, 16) == 0)
      return read_at (file, at, object, 92) && !(object[88] & 1)
          && state (self, 0, le64 (object + 40));
    if (size < 24 || size > file->size)
      return FALSE;
    at += size;
  }
  return FALSE;
}

/* The frame of an MP3 file that holds no sound but the number of those that do,
 * and of their bytes. at: where it begins. */
static gboolean
read_xing (GstEmotionExtent *self, const File *file, guint64 at)
{
  static const guint rates[] = { 44100, 48000, 32000 };
  guint8 frame[4 + 32 + 16];

  if (!read_at (file, at, frame, sizeof frame) || frame[0] != 0xff
      || (frame[1] & 0xe6) != 0xe2 || (frame[2] & 0x0c) == 0x0c)
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
  return state (self, at, be32 (xing + 12));
}

/* Behind an ID3v2 tag. */
static gboolean
read_id3 (GstEmotionExtent *self, const File *file, const guint8 *head)
{
  const guint64 size = 10 + (head[5] & 0x10 ? 10 : 0)
      + (guint64) ((guint32) head[6] << 21 | head[7] << 14 | head[8] << 7
          | head[9]);

  return read_xing (self, file, size);
}

static gboolean
read_mp3 (GstEmotionExtent *self, const File *file, const guint8 *head)
{
  return read_xing (self, file, 0);
}

static const struct {
  const char *magic;
  guint at;
  gboolean (*read) (
      GstEmotionExtent *self, const File *file, const guint8 *head);
  GstEmotionExtentBasis basis;
} kinds[] = {
  { "RIFF", 0, read_riff, GST_EMOTION_EXTENT_EVEN },
  { "RF64", 0, read_riff, GST_EMOTION_EXTENT_EVEN },
  { "BW64", 0, read_riff, GST_EMOTION_EXTENT_EVEN },
  { "riff\x2e\x91\xcf\x11", 0, read_wave64, GST_EMOTION_EXTENT_EVEN },
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
  { "ID3", 0, read_id3 },
  { "\xff", 0, read_mp3 },
  { "\x30\x26\xb2\x75\x8e\x66\xcf\x11", 0, read_asf },
};

gboolean
gst_emotion_extent_read (GstEmotionExtent *extent, const char *path)
{
  File file = { .fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) };
  struct stat info;
  guint8 head[24];
  gboolean is_known = FALSE;

  *extent = (GstEmotionExtent){ 0 };
  if (file.fd < 0)
    return FALSE;
  if (fstat (file.fd, &info) == 0 && S_ISREG (info.st_mode)) {
    file.size = (guint64) info.st_size;
    if (read_at (&file, 0, head, sizeof head))
      for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
        if (has_tag (head + kinds[i].at, kinds[i].magic)) {
          is_known = kinds[i].read (extent, &file, head);
          extent->basis = has_tag (head + 8, "AVI ")
              ? GST_EMOTION_EXTENT_UNTIMED
              : kinds[i].basis;
          break;
        }
  }
  close (file.fd);
  extent->present = file.size;
  extent->is_cut = is_known && extent->stated > extent->present;
  return is_known;
}
