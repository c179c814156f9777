/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/convert.h"

#include "dsp/resampler.h"

#define BLOCK_LEN 1024 /* frames converted at once */
/* Frames that wait for the resampler at most, see
 * gst_emotion_convert_set_waits: 0.17 s at 48 kHz. */
#define WAITING_MAX 8192
/* GstAudioConverter supports no more channels. */
#define MIX_MAX 63
/* Caps may state more, but no memory holds them. */
#define CHANNELS_MAX 65536
/* Each mapped plane takes one of the 255 locks of its memory. */
#define PLANES_MAX 128

/* The mean of the channels of n frames at self->planes, up to BLOCK_LEN. */
typedef void (*MixFunc) (const GstEmotionConvert *self, gsize n, float *mono);

struct _GstEmotionConvert {
  GstAudioInfo info;
  MixFunc mix;
  GstAudioConverter *converter; /* NULL if mix does without */
  DspResampler *resampler;
  gpointer *planes; /* [planes of the layout] */
  GstEmotionSamplesFunc func;
  gpointer user_data;

  gsize n_waiting;
  gsize waiting_max; /* frames; BLOCK_LEN: none waits after a push */
  float *waiting;    /* [waiting_max], mixed but not resampled yet */
};

/* Bytes from one sample of a channel to the next. GST_AUDIO_INFO_BPS counts
 * the bytes that are used: 2 of 3 in S18, 3 of 4 in S24_32. */
static gsize
sample_size (const GstAudioInfo *info)
{
  return GST_AUDIO_INFO_BPF (info) / GST_AUDIO_INFO_CHANNELS (info);
}

/* n frames of as many planes as the converter takes. */
static void
convert (
    const GstEmotionConvert *self, gpointer *planes, gsize n, float *samples)
{
  gpointer out[] = { samples };

  gst_audio_converter_samples (
      self->converter, GST_AUDIO_CONVERTER_FLAG_NONE, planes, n, out, n);
}

/* Interleaved: the sums continue from block to block. */
static void
mix_frames (const GstEmotionConvert *self, gsize n, float *mono)
{
  const gint channels = self->info.channels;
  const gsize stride = sample_size (&self->info);
  gpointer data = self->planes[0];
  float wide[BLOCK_LEN];
  double sum = 0;
  gint c = 0;

  for (gsize todo = n * channels; todo > 0;) {
    const gsize len = MIN (todo, BLOCK_LEN);

    convert (self, &data, len, wide);
    for (gsize i = 0; i < len; i++) {
      sum += wide[i];
      if (++c == channels) {
        *mono++ = (float) (sum / channels);
        sum = 0;
        c = 0;
      }
    }
    data = (guint8 *) data + len * stride;
    todo -= len;
  }
}

static void
mix_planes (const GstEmotionConvert *self, gsize n, float *mono)
{
  double sums[BLOCK_LEN] = { 0 };
  float wide[BLOCK_LEN];

  for (gint p = 0; p < self->info.channels; p++) {
    convert (self, &self->planes[p], n, wide);
    for (gsize i = 0; i < n; i++)
      sums[i] += wide[i];
  }
  for (gsize i = 0; i < n; i++)
    mono[i] = (float) (sums[i] / self->info.channels);
}

/* Everything else that GstAudioConverter supports. */
static void
mix_any (const GstEmotionConvert *self, gsize n, float *mono)
{
  convert (self, self->planes, n, mono);
}

/* What most streams are, interleaved stereo: the same bits as mix_any, in a
 * tenth of its time. Frames need not be aligned. Floats, or 16 bits. */
static inline void
mix_stereo (
    const GstEmotionConvert *self, gsize n, gboolean is_float, float *mono)
{
  const guint8 *const data = self->planes[0];
  const float weight = is_float ? 0.5f : 1 / 65536.0f;

  for (gsize i = 0; i < n; i++) {
    float f32[2];
    gint16 s16[2];

    if (is_float) {
      memcpy (f32, data + i * sizeof f32, sizeof f32);
    } else {
      memcpy (s16, data + i * sizeof s16, sizeof s16);
      f32[0] = s16[0];
      f32[1] = s16[1];
    }
    mono[i] = weight * f32[0] + weight * f32[1];
  }
}

static void
mix_s16_stereo (const GstEmotionConvert *self, gsize n, float *mono)
{
  mix_stereo (self, n, FALSE, mono);
}

static void
mix_f32_stereo (const GstEmotionConvert *self, gsize n, float *mono)
{
  mix_stereo (self, n, TRUE, mono);
}

/* Of those two; NULL: the mean needs the converter. */
static MixFunc
stereo_mix (const GstAudioInfo *info)
{
  if (info->channels != 2
      || GST_AUDIO_INFO_LAYOUT (info) != GST_AUDIO_LAYOUT_INTERLEAVED)
    return NULL;
  switch (GST_AUDIO_INFO_FORMAT (info)) {
    case GST_AUDIO_FORMAT_S16:
      return mix_s16_stereo;
    case GST_AUDIO_FORMAT_F32:
      return mix_f32_stereo;
    default:
      return NULL;
  }
}

void
gst_emotion_convert_catch_up (GstEmotionConvert *self)
{
  const float *in = self->waiting;
  gsize n = self->n_waiting;
  float out[BLOCK_LEN];
  gsize made;

  if (n == 0)
    return;
  self->n_waiting = 0;
  do {
    gsize used = 0;

    made = dsp_resampler_push (self->resampler, in, n, &used, out, BLOCK_LEN);
    in += used;
    n -= used;
    if (made > 0)
      self->func (out, made, self->user_data);
  } while (n > 0 || made == BLOCK_LEN);
}

void
gst_emotion_convert_set_waits (GstEmotionConvert *self, gboolean waits)
{
  gst_emotion_convert_catch_up (self);
  self->waiting_max =
      waits && dsp_resampler_prefers_long_pushes (self->resampler) ? WAITING_MAX
                                                                   : BLOCK_LEN;
  self->waiting = g_renew (float, self->waiting, self->waiting_max);
}

/* Room for up to *n more frames, at least one. */
static float *
make_room (GstEmotionConvert *self, gsize *n)
{
  if (self->n_waiting == self->waiting_max)
    gst_emotion_convert_catch_up (self);
  *n = MIN (MIN (*n, BLOCK_LEN), self->waiting_max - self->n_waiting);
  return self->waiting + self->n_waiting;
}

/* One row, [channels] of 1 / channels. */
static void
set_mean_matrix (GstStructure *config, gint channels)
{
  GValue matrix = G_VALUE_INIT, row = G_VALUE_INIT, weight = G_VALUE_INIT;

  g_value_init (&matrix, GST_TYPE_ARRAY);
  g_value_init (&row, GST_TYPE_ARRAY);
  g_value_init (&weight, G_TYPE_FLOAT);
  g_value_set_float (&weight, 1.0f / channels);
  for (gint c = 0; c < channels; c++)
    gst_value_array_append_value (&row, &weight);
  gst_value_array_append_and_take_value (&matrix, &row);
  gst_structure_take_value (
      config, GST_AUDIO_CONVERTER_OPT_MIX_MATRIX, &matrix);
}

static GstAudioConverter *
converter_new (const GstAudioInfo *info, gboolean is_wide)
{
  GstAudioInfo in = *info, out;
  GstStructure *config = gst_structure_new ("config",
      GST_AUDIO_CONVERTER_OPT_DITHER_METHOD, GST_TYPE_AUDIO_DITHER_METHOD,
      GST_AUDIO_DITHER_NONE, GST_AUDIO_CONVERTER_OPT_NOISE_SHAPING_METHOD,
      GST_TYPE_AUDIO_NOISE_SHAPING_METHOD, GST_AUDIO_NOISE_SHAPING_NONE, NULL);

  gst_audio_info_set_format (&out, GST_AUDIO_FORMAT_F32, info->rate, 1, NULL);
  if (is_wide)
    gst_audio_info_set_format (
        &in, GST_AUDIO_INFO_FORMAT (info), info->rate, 1, NULL);
  else if (info->channels > 1)
    set_mean_matrix (config, info->channels);
  return gst_audio_converter_new (
      GST_AUDIO_CONVERTER_FLAG_NONE, &in, &out, config);
}

static gboolean
add_converter (GstEmotionConvert *self, GError **error)
{
  const GstAudioInfo *const info = &self->info;
  const gboolean is_interleaved =
      GST_AUDIO_INFO_LAYOUT (info) == GST_AUDIO_LAYOUT_INTERLEAVED;
  const gboolean is_wide = info->channels > MIX_MAX;

  if (info->channels <= (is_interleaved ? CHANNELS_MAX : PLANES_MAX))
    self->converter = converter_new (info, is_wide);
  if (!self->converter) {
    g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "cannot convert %s with %d channels",
        gst_audio_format_to_string (GST_AUDIO_INFO_FORMAT (info)),
        info->channels);
    return FALSE;
  }
  if (!is_wide)
    self->mix = mix_any;
  else
    self->mix = is_interleaved ? mix_frames : mix_planes;
  return TRUE;
}

GstEmotionConvert *
gst_emotion_convert_new (const GstAudioInfo *info, double rate_out,
    GstEmotionSamplesFunc func, gpointer user_data, GError **error)
{
  g_autoptr (GstEmotionConvert) self = g_new0 (GstEmotionConvert, 1);

  self->info = *info;
  self->func = func;
  self->user_data = user_data;
  self->resampler = dsp_resampler_new (info->rate, rate_out, error);
  if (!self->resampler)
    return NULL;
  self->mix = stereo_mix (info);
  if (!self->mix && !add_converter (self, error))
    return NULL;
  self->planes = g_new0 (gpointer, info->channels);
  gst_emotion_convert_set_waits (self, FALSE);
  return g_steal_pointer (&self);
}

void
gst_emotion_convert_free (GstEmotionConvert *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->converter, gst_audio_converter_free);
  g_clear_pointer (&self->resampler, dsp_resampler_free);
  g_clear_pointer (&self->planes, g_free);
  g_clear_pointer (&self->waiting, g_free);
  g_free (self);
}

void
gst_emotion_convert_push (
    GstEmotionConvert *self, const GstAudioBuffer *audio, gsize first, gsize n)
{
  /* Bytes from one frame to the next in each plane. */
  const gsize stride = GST_AUDIO_BUFFER_PLANE_SIZE (audio) == 0
      ? 0
      : (gsize) (GST_AUDIO_INFO_LAYOUT (&self->info)
                  == GST_AUDIO_LAYOUT_INTERLEAVED
              ? (gsize) GST_AUDIO_INFO_BPF (&self->info)
              : sample_size (&self->info));

  while (n > 0) {
    gsize len = n;
    float *const mono = make_room (self, &len);

    for (gint p = 0; p < GST_AUDIO_BUFFER_N_PLANES (audio); p++)
      self->planes[p] =
          (guint8 *) GST_AUDIO_BUFFER_PLANE_DATA (audio, p) + first * stride;
    self->mix (self, len, mono);
    self->n_waiting += len;
    first += len;
    n -= len;
  }
  if (self->waiting_max == BLOCK_LEN)
    gst_emotion_convert_catch_up (self);
}

gboolean
gst_emotion_convert_count (
    const GstAudioInfo *info, GstBuffer *buffer, gsize *n)
{
  const GstAudioMeta *meta = gst_buffer_get_audio_meta (buffer);
  const gsize max = gst_buffer_get_size (buffer) / GST_AUDIO_INFO_BPF (info);

  *n = meta ? meta->samples : max;
  if (!meta)
    return *n == 0
        || GST_AUDIO_INFO_LAYOUT (info) == GST_AUDIO_LAYOUT_INTERLEAVED;
  return *n <= max
      && GST_AUDIO_INFO_LAYOUT (&meta->info) == GST_AUDIO_INFO_LAYOUT (info)
      && GST_AUDIO_INFO_FORMAT (&meta->info) == GST_AUDIO_INFO_FORMAT (info)
      && GST_AUDIO_INFO_CHANNELS (&meta->info)
      == GST_AUDIO_INFO_CHANNELS (info);
}

/* The second reference makes the buffer read-only, so that mapping does not
 * merge its memories permanently. */
gboolean
gst_emotion_convert_push_buffer (
    GstEmotionConvert *self, GstBuffer *buffer, gsize first, gsize n)
{
  const GstAudioMeta *meta = gst_buffer_get_audio_meta (buffer);
  GstAudioBuffer audio;
  gboolean mapped;

  gst_buffer_ref (buffer);
  /* Rate and positions may differ, but mapping requires those of the meta. */
  mapped = gst_audio_buffer_map (
      &audio, meta ? &meta->info : &self->info, buffer, GST_MAP_READ);
  if (mapped) {
    gst_emotion_convert_push (self, &audio, first, n);
    gst_audio_buffer_unmap (&audio);
  }
  gst_buffer_unref (buffer);
  return mapped;
}

void
gst_emotion_convert_push_silence (GstEmotionConvert *self, gsize n)
{
  while (n > 0) {
    gsize len = n;
    float *const mono = make_room (self, &len);

    memset (mono, 0, len * sizeof *mono);
    self->n_waiting += len;
    n -= len;
  }
  if (self->waiting_max == BLOCK_LEN)
    gst_emotion_convert_catch_up (self);
}

void
gst_emotion_convert_drain (GstEmotionConvert *self)
{
  float out[BLOCK_LEN];
  gsize made;

  gst_emotion_convert_catch_up (self);
  while ((made = dsp_resampler_drain (self->resampler, out, BLOCK_LEN)) > 0)
    self->func (out, made, self->user_data);
  dsp_resampler_reset (self->resampler);
}

void
gst_emotion_convert_reset (GstEmotionConvert *self)
{
  self->n_waiting = 0;
  dsp_resampler_reset (self->resampler);
}
