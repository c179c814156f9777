/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/media/wave.h"

#include <fcntl.h>
#include <gst/app/gstappsrc.h>
#include <gst/audio/audio.h>
#include <gst/riff/riff-media.h>
#include <gst/riff/riff-read.h>
#include <string.h>
#include <unistd.h>

#include "gst/media/file-bytes.h"

#define MAX_CHUNKS 10000 /* maximum that is examined */
#define MAX_FORMAT 65536 /* bytes of a chunk “fmt ” */
#define BLOCK 65536      /* approximate bytes at a time */

guint64 gst_emotion_wave_limit = G_MAXINT32;

/* The signature of a kind of file, and the form of its chunks. */
typedef struct {
  const char *magic;
  guint begin;  /* of the first chunk */
  guint id_len; /* of a chunk; its first four bytes identify it */
  guint size_len;
  guint align;
  gboolean includes_head; /* a chunk's size does */
} Kind;

static const Kind kinds[] = {
  { "RIFF", 12, 4, 4, 2, FALSE },
  { "RF64", 12, 4, 4, 2, FALSE },
  { "BW64", 12, 4, 4, 2, FALSE },
  { "riff\x2e\x91\xcf\x11", 40, 16, 8, 8, TRUE },
};

typedef GstEmotionFileBytes File;

static const Kind *
find_kind (const File *file)
{
  char head[40];

  if (!gst_emotion_file_bytes_read (file, 0, head, sizeof head))
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (memcmp (head, kinds[i].magic, strlen (kinds[i].magic)) == 0
        && memcmp (head + kinds[i].begin - (kinds[i].id_len),
               kinds[i].id_len == 4 ? "WAVE" : "wave", 4)
            == 0)
      return &kinds[i];
  return NULL;
}

static gboolean
read_format (GstEmotionWave *self, const File *file, guint64 at, guint64 size)
{
  g_autofree guint8 *bytes = NULL;

  if (self->format || size < 16 || size > MAX_FORMAT)
    return FALSE;
  bytes = g_malloc (size);
  if (!gst_emotion_file_bytes_read (file, at, bytes, size))
    return FALSE;
  self->format = g_bytes_new_take (g_steal_pointer (&bytes), size);
  return TRUE;
}

/* size: of the chunk; large: in ds64, or 0. */
static void
take_data (GstEmotionWave *self, const File *file, const Kind *kind, guint64 at,
    guint64 size, guint64 large)
{
  const guint64 present = file->size - at;

  self->offset = at;
  self->size = present;
  if (size == G_MAXUINT32 && large > 0)
    self->stated = large;
  else if (kind->size_len == 4 && present > size
      && (present - size) % (G_GUINT64_CONSTANT (1) << 32) == 0)
    self->stated = present; /* the size overflowed */
  else if (kind->size_len == 8 || !gst_emotion_file_bytes_is_placeholder (size)
      || (size > 0 && size <= present))
    self->stated = size;
  if (self->stated > 0)
    self->size = MIN (self->size, self->stated);
}

static gboolean
read_chunks (GstEmotionWave *self, const File *file, const Kind *kind)
{
  const guint head_len = kind->id_len + kind->size_len;
  guint64 at = kind->begin, large = 0;
  guint8 head[24], sizes[16];

  for (guint i = 0;
       i < MAX_CHUNKS && gst_emotion_file_bytes_read (file, at, head, head_len);
       i++) {
    guint64 size = kind->size_len == 4 ? GST_READ_UINT32_LE (head + 4)
                                       : GST_READ_UINT64_LE (head + 16);

    if (kind->includes_head)
      size = size >= head_len ? size - head_len : 0;
    at += head_len;
    if (memcmp (head, "data", 4) == 0) {
      take_data (self, file, kind, at, size, large);
      return self->format != NULL;
    }
    if (memcmp (head, "ds64", 4) == 0
        && gst_emotion_file_bytes_read (file, at, sizes, 16))
      large = GST_READ_UINT64_LE (sizes + 8);
    if (memcmp (head, "fmt ", 4) == 0 && !read_format (self, file, at, size))
      return FALSE;
    if (size > file->size - at) {
      self->is_cut_early = TRUE;
      return FALSE;
    }
    at += size + (kind->align - size % kind->align) % kind->align;
  }
  self->is_cut_early = at + head_len > file->size;
  return FALSE;
}

gboolean
gst_emotion_wave_read (GstEmotionWave *wave, const char *path)
{
  File file;
  const Kind *kind;
  gboolean ok;

  *wave = (GstEmotionWave){ 0 };
  if (!gst_emotion_file_bytes_open (&file, path))
    return FALSE;
  kind = find_kind (&file);
  ok = kind && read_chunks (wave, &file, kind);
  gst_emotion_file_bytes_close (&file);
  if (!ok)
    gst_emotion_wave_clear (wave);
  return ok;
}

void
gst_emotion_wave_clear (GstEmotionWave *wave)
{
  g_clear_pointer (&wave->format, g_bytes_unref);
}

gboolean
gst_emotion_wave_is_large (const GstEmotionWave *wave)
{
  return wave->size
      > gst_emotion_wave_limit - MIN (gst_emotion_wave_limit, wave->offset);
}

/* The samples, block by block, in the thread of the appsrc */

typedef struct {
  int fd;
  guint64 at, end;
  gsize block;    /* bytes at a time */
  guint bpf;      /* bytes of a frame of raw audio; 0: it is encoded */
  guint rate;     /* Hz */
  guint64 offset; /* where the sound begins */
} Feed;

static void
feed_free (gpointer data)
{
  Feed *self = data;

  close (self->fd);
  g_free (self);
}

/* If reading fails, the sound ends, and is found to be too short. */
static void
feed (GstAppSrc *source, guint length, gpointer user_data)
{
  Feed *self = user_data;
  const gsize wanted = MIN (self->block, self->end - self->at);
  guint8 *bytes = g_malloc (wanted + 1);
  gssize n = pread (self->fd, bytes, wanted, (off_t) self->at);
  GstBuffer *buffer;

  /* An incomplete frame is dropped. */
  if (n > 0 && self->bpf > 0)
    n -= n % self->bpf;
  if (n <= 0) {
    g_free (bytes);
    gst_app_src_end_of_stream (source);
    return;
  }
  buffer = gst_buffer_new_wrapped_full (
      0, bytes, wanted + 1, 0, (gsize) n, bytes, g_free);
  if (self->bpf > 0) {
    const guint64 frame = (self->at - self->offset) / self->bpf;

    GST_BUFFER_PTS (buffer) =
        gst_util_uint64_scale (frame, GST_SECOND, self->rate);
    GST_BUFFER_DURATION (buffer) =
        gst_util_uint64_scale (frame + n / self->bpf, GST_SECOND, self->rate)
        - GST_BUFFER_PTS (buffer);
  } else if (self->at == self->offset)
    GST_BUFFER_PTS (buffer) = 0; /* from here on, decoders count */
  self->at += n;
  gst_app_src_push_buffer (source, buffer);
}

static GstCaps *
make_caps (const GstEmotionWave *wave, gst_riff_strf_auds *format)
{
  gsize len;
  const guint8 *const bytes = g_bytes_get_data (wave->format, &len);
  g_autoptr (GstBuffer) extra = NULL;
  gst_riff_strf_auds *parsed = NULL;
  GstCaps *caps = NULL;
  gint reorder[18];

  gst_riff_init ();
  if (!gst_riff_parse_strf_auds (
          NULL, gst_buffer_new_memdup (bytes, len), &parsed, &extra))
    return NULL;
  *format = *parsed;
  g_free (parsed);
  caps = gst_riff_create_audio_caps (
      format->format, NULL, format, extra, NULL, NULL, reorder);
  return caps;
}

gboolean
gst_emotion_wave_feed (
    const GstEmotionWave *wave, const char *path, GstElement *appsrc)
{
  GstAppSrcCallbacks callbacks = { .need_data = feed };
  gst_riff_strf_auds format = { 0 };
  g_autoptr (GstCaps) caps = make_caps (wave, &format);
  GstAudioInfo info;
  const int fd = caps ? open (path, O_RDONLY | O_CLOEXEC) : -1;
  Feed *self;
  guint unit;

  if (fd < 0)
    return FALSE;
  self = g_new0 (Feed, 1);
  *self = (Feed){ .fd = fd,
    .at = wave->offset,
    .offset = wave->offset,
    .end = wave->offset + wave->size };
  if (gst_structure_has_name (gst_caps_get_structure (caps, 0), "audio/x-raw")
      && gst_audio_info_from_caps (&info, caps)) {
    self->bpf = info.bpf;
    self->rate = info.rate;
  }
  unit = self->bpf > 0 ? self->bpf : MAX (format.blockalign, 1);
  self->block = MAX (BLOCK / unit, 1) * (gsize) unit;
  g_object_set (appsrc, "caps", caps, "format", GST_FORMAT_TIME, "block", TRUE,
      "duration",
      format.av_bps > 0
          ? gst_util_uint64_scale (wave->size, GST_SECOND, format.av_bps)
          : GST_CLOCK_TIME_NONE,
      NULL);
  gst_app_src_set_callbacks (GST_APP_SRC (appsrc), &callbacks, self, feed_free);
  return TRUE;
}
