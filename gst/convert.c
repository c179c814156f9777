/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/convert.h"

#include "dsp/resampler.h"

#define BLOCK_LEN 1024 /* frames converted at once */

struct _GstEmotionConvert {
  GstAudioInfo info;
  GstAudioConverter *converter;
  DspResampler *resampler;
  gpointer *planes; /* [planes of the layout] */
  float mono[BLOCK_LEN];
  float out[BLOCK_LEN];
  GstEmotionSamplesFunc func;
  gpointer user_data;
};

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
converter_new (const GstAudioInfo *info)
{
  GstAudioInfo in = *info, out;
  GstStructure *config = gst_structure_new ("config",
      GST_AUDIO_CONVERTER_OPT_DITHER_METHOD, GST_TYPE_AUDIO_DITHER_METHOD,
      GST_AUDIO_DITHER_NONE, GST_AUDIO_CONVERTER_OPT_NOISE_SHAPING_METHOD,
      GST_TYPE_AUDIO_NOISE_SHAPING_METHOD, GST_AUDIO_NOISE_SHAPING_NONE, NULL);

  gst_audio_info_set_format (&out, GST_AUDIO_FORMAT_F32, info->rate, 1, NULL);
  if (info->channels > 1)
    set_mean_matrix (config, info->channels);
  return gst_audio_converter_new (
      GST_AUDIO_CONVERTER_FLAG_NONE, &in, &out, config);
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
  self->converter = converter_new (info);
  if (!self->converter) {
    g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "no conversion from %s with %d channels",
        gst_audio_format_to_string (GST_AUDIO_INFO_FORMAT (info)),
        info->channels);
    return NULL;
  }
  self->planes = g_new0 (gpointer, info->channels);
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
  g_free (self);
}

static void
resample (GstEmotionConvert *self, const float *in, gsize n)
{
  while (n > 0) {
    gsize used = 0;
    const gsize made = dsp_resampler_push (
        self->resampler, in, n, &used, self->out, BLOCK_LEN);

    in += used;
    n -= used;
    if (made > 0)
      self->func (self->out, made, self->user_data);
  }
}

void
gst_emotion_convert_push (
    GstEmotionConvert *self, const GstAudioBuffer *audio, gsize first, gsize n)
{
  /* Bytes from one frame to the next in each plane. */
  const gsize step = GST_AUDIO_BUFFER_PLANE_SIZE (audio) == 0
      ? 0
      : (gsize) (GST_AUDIO_INFO_LAYOUT (&self->info)
                  == GST_AUDIO_LAYOUT_INTERLEAVED
              ? GST_AUDIO_INFO_BPF (&self->info)
              : GST_AUDIO_INFO_BPS (&self->info));
  gpointer out[] = { self->mono };

  while (n > 0) {
    const gsize len = MIN (n, BLOCK_LEN);

    for (gint p = 0; p < GST_AUDIO_BUFFER_N_PLANES (audio); p++)
      self->planes[p] =
          (guint8 *) GST_AUDIO_BUFFER_PLANE_DATA (audio, p) + first * step;
    gst_audio_converter_samples (self->converter, GST_AUDIO_CONVERTER_FLAG_NONE,
        self->planes, len, out, len);
    resample (self, self->mono, len);
    first += len;
    n -= len;
  }
}

void
gst_emotion_convert_push_silence (GstEmotionConvert *self, gsize n)
{
  memset (self->mono, 0, sizeof self->mono);
  while (n > 0) {
    const gsize len = MIN (n, BLOCK_LEN);

    resample (self, self->mono, len);
    n -= len;
  }
}

void
gst_emotion_convert_drain (GstEmotionConvert *self)
{
  gsize made;

  while (
      (made = dsp_resampler_drain (self->resampler, self->out, BLOCK_LEN)) > 0)
    self->func (self->out, made, self->user_data);
  dsp_resampler_reset (self->resampler);
}

void
gst_emotion_convert_reset (GstEmotionConvert *self)
{
  dsp_resampler_reset (self->resampler);
}
