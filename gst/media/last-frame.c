/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/media/last-frame.h"

#include <string.h>

#define HEAD 6      /* bytes that tell a frame's length */
#define TAIL 32768  /* bytes examined; more than N_SURE frames */
#define N_SURE 3    /* frames in a row are no chance */
#define BLOCK 65536 /* bytes at a time */

/* The length of the frame that begins there; 0: none does. */
typedef gsize (*FrameLen) (const guint8 *at);

/* ISO/IEC 11172-3, 13818-3; not “free format”. */
static gsize
mpeg_audio_len (const guint8 *at)
{
  static const guint16 kbps[5][16] = {
    { 0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448 },
    { 0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384 },
    { 0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320 },
    { 0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256 },
    { 0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160 },
  };
  static const guint rates[] = { 44100, 48000, 32000 };
  const guint version = at[1] >> 3 & 3; /* 3: 1, 2: 2, 0: 2.5 */
  const guint layer = 4 - (at[1] >> 1 & 3);
  const guint padding = at[2] >> 1 & 1;

  if (at[0] != 0xff || (at[1] & 0xe0) != 0xe0 || version == 1 || layer == 4
      || (at[2] & 0x0c) == 0x0c)
    return 0;

  const guint rate = rates[at[2] >> 2 & 3] >> (version == 3 ? 0
                             : version == 2                 ? 1
                                                            : 2);
  const guint row = version == 3 ? layer - 1 : layer == 1 ? 3 : 4;
  const guint bps = kbps[row][at[2] >> 4] * 1000u;

  if (bps == 0)
    return 0;
  if (layer == 1)
    return (12 * bps / rate + padding) * 4;
  return (layer == 3 && version != 3 ? 72 : 144) * bps / rate + padding;
}

/* ISO/IEC 13818-7, 6.2 */
static gsize
adts_len (const guint8 *at)
{
  const gsize len = (gsize) (at[3] & 3) << 11 | (gsize) at[4] << 3 | at[5] >> 5;

  return at[0] == 0xff && (at[1] & 0xf6) == 0xf0 && len > 7 ? len : 0;
}

/* ETSI TS 102 366, and its annex E. */
static gsize
ac3_len (const guint8 *at)
{
  static const guint16 kbps[] = { 32, 40, 48, 56, 64, 80, 96, 112, 128, 160,
    192, 224, 256, 320, 384, 448, 512, 576, 640 };
  const guint rate = at[4] >> 6, size = at[4] & 63, id = at[5] >> 3;

  if (at[0] != 0x0b || at[1] != 0x77)
    return 0;
  if (id > 10)
    return id <= 16 ? ((gsize) (at[2] & 7) << 8 | at[3]) * 2 + 2 : 0;
  if (size / 2 >= G_N_ELEMENTS (kbps))
    return 0;
  if (rate == 0)
    return kbps[size / 2] * 4;
  if (rate == 1)
    return (kbps[size / 2] * 320 / 147 + size % 2) * 2;
  return rate == 2 ? kbps[size / 2] * 6 : 0;
}

/* The same coding throughout. */
static gboolean
is_alike (const guint8 *a, const guint8 *b)
{
  return a[0] == b[0] && a[1] == b[1];
}

/* By the first frames in a row within the last n bytes. */
static gsize
tail_lacks (const guint8 *bytes, gsize n, FrameLen frame_len)
{
  for (gsize begin = 0; begin + HEAD <= n; begin++) {
    gsize at = begin, len;
    guint n_frames = 0;

    for (; at + HEAD <= n && (len = frame_len (bytes + at)) > 0
         && is_alike (bytes + begin, bytes + at);
         at += len)
      n_frames++;
    if (n_frames >= N_SURE)
      return at > n ? at - n : 0;
  }
  return 0;
}

static guint64
plain_lacks (const GstEmotionFileBytes *file, guint64 at, FrameLen frame_len)
{
  const gsize n = MIN (TAIL, file->size - at);
  g_autofree guint8 *tail = g_malloc (n);

  return gst_emotion_file_bytes_read (file, file->size - n, tail, n)
      ? tail_lacks (tail, n, frame_len)
      : 0;
}

/* RFC 4867, 5.3: there is nothing to find a frame by but the one before it. */
static guint64
amr_lacks (const GstEmotionFileBytes *file, guint64 at, gboolean is_wide)
{
  static const guint8 narrow[16] = { 13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1,
    1, 1, 1, 1 };
  static const guint8 wide[16] = { 18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 1, 1,
    1, 1, 1, 1 };
  g_autofree guint8 *bytes = g_malloc (BLOCK);

  while (at < file->size) {
    const gsize n = MIN (BLOCK, file->size - at);
    gsize i = 0;

    if (!gst_emotion_file_bytes_read (file, at, bytes, n))
      return 0;
    for (; i < n; i += (is_wide ? wide : narrow)[bytes[i] >> 3 & 15])
      if (bytes[i] & 0x83)
        return 0; /* not a frame */
    at += i;
  }
  return at - file->size;
}

/* Packets of 188 bytes, with 4 bytes before or 16 behind them or not. */
static guint64
ts_lacks (const GstEmotionFileBytes *file, guint64 at)
{
  static const struct {
    guint len, before;
  } kinds[] = { { 188, 0 }, { 192, 4 }, { 204, 0 } };
  guint8 bytes[3 * 204];

  if (!gst_emotion_file_bytes_read (file, at, bytes, sizeof bytes))
    return 0;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    const guint64 rest = (file->size - at) % kinds[i].len;
    guint8 sync = 0;

    for (guint k = 0; k < 3; k++)
      if (bytes[kinds[i].before + k * kinds[i].len] != 0x47)
        break;
      else
        sync++;
    /* Whole packets up to the rest. */
    if (sync < 3 || rest <= kinds[i].before
        || !gst_emotion_file_bytes_read (
            file, file->size - rest + kinds[i].before, &sync, 1)
        || sync != 0x47)
      continue;
    return kinds[i].len - rest;
  }
  return 0;
}

guint64
gst_emotion_last_frame_lacks (const GstEmotionFileBytes *file, guint64 at)
{
  static const FrameLen kinds[] = { adts_len, mpeg_audio_len, ac3_len };
  guint8 head[9];

  if (!gst_emotion_file_bytes_read (file, at, head, sizeof head))
    return 0;
  if (memcmp (head, "#!AMR\n", 6) == 0)
    return amr_lacks (file, at + 6, FALSE);
  if (memcmp (head, "#!AMR-WB\n", 9) == 0)
    return amr_lacks (file, at + 9, TRUE);
  if (head[0] == 0x47 || head[4] == 0x47)
    return ts_lacks (file, at);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (kinds[i](head) > 0)
      return plain_lacks (file, at, kinds[i]);
  return 0;
}
