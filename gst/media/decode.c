/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/media/decode.h"

#include <gst/gst.h>
#include "gst/convert.h"
#include "gst/media/play.h"
#include "gst/media/source-uri.h"

/* Used by the streaming thread during gst_emotion_play. */
typedef struct {
  double rate;
  gsize max_len; /* 0: no limit */
  GstCaps *caps; /* for which convert was made */
  GstEmotionConvert *convert;
  GArray *samples; /* of float */
  GString *notes;
} Decoder;

static void
on_samples (const float *samples, gsize n, gpointer user_data)
{
  Decoder *self = user_data;

  if (self->max_len > 0)
    n = MIN (n, self->max_len - self->samples->len);
  g_array_append_vals (self->samples, samples, n);
}

/* Drains the converter of another format, and makes a new one. */
static gboolean
set_caps (Decoder *self, GstCaps *caps, GError **error)
{
  GstAudioInfo info;

  if (self->caps && caps && gst_caps_is_equal (self->caps, caps))
    return TRUE;
  if (self->convert)
    gst_emotion_convert_drain (self->convert);
  g_clear_pointer (&self->convert, gst_emotion_convert_free);
  gst_caps_replace (&self->caps, caps);
  if (!caps || !gst_audio_info_from_caps (&info, caps)) {
    g_set_error (
        error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "no raw audio");
    return FALSE;
  }
  self->convert =
      gst_emotion_convert_new (&info, self->rate, on_samples, self, error);
  return self->convert != NULL;
}

static gboolean
take_buffer (
    GstBuffer *buffer, GstCaps *caps, gpointer user_data, GError **error)
{
  Decoder *self = user_data;
  GstAudioInfo info;
  GstAudioBuffer audio;

  if (self->max_len > 0 && self->samples->len >= self->max_len)
    return FALSE;
  if (!set_caps (self, caps, error))
    return FALSE;
  if (!gst_audio_info_from_caps (&info, caps)
      || !gst_audio_buffer_map (&audio, &info, buffer, GST_MAP_READ)) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED,
        "a buffer cannot be read");
    return FALSE;
  }
  gst_emotion_convert_push (
      self->convert, &audio, 0, GST_AUDIO_BUFFER_N_SAMPLES (&audio));
  gst_audio_buffer_unmap (&audio);
  return self->max_len == 0 || self->samples->len < self->max_len;
}

static GstElement *
add_sink (GstBin *pipeline, gpointer user_data)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);

  if (!sink)
    return NULL;
  g_object_set (sink, "sync", FALSE, NULL);
  gst_bin_add (pipeline, sink);
  return sink;
}

static void
take_warning (const char *text, gpointer user_data)
{
  Decoder *self = user_data;

  if (self->notes->len > 0)
    g_string_append (self->notes, "; ");
  g_string_append (self->notes, text);
}

void
gst_emotion_sound_clear (GstEmotionSound *sound)
{
  g_clear_pointer (&sound->samples, g_free);
  g_clear_pointer (&sound->note, g_free);
  g_clear_pointer (&sound->loss, g_free);
  sound->n_samples = 0;
}

gboolean
gst_emotion_decode (const char *source, const GstEmotionDecodeOptions *options,
    GstEmotionSound *sound, GError **error)
{
  g_autofree char *uri = gst_emotion_source_uri (source, error);
  const GstEmotionPlay play = { .uri = uri,
    .track = options->track,
    .add_sink = add_sink,
    .take = take_buffer,
    .warning = take_warning };
  Decoder self = { .rate = options->rate, .max_len = options->max_len };
  gboolean ok;

  *sound = (GstEmotionSound){ 0 };
  if (!uri)
    return FALSE;
  self.samples = g_array_new (FALSE, FALSE, sizeof (float));
  self.notes = g_string_new (NULL);
  ok = gst_emotion_play (&play, &self, &sound->loss, error);
  if (self.convert)
    gst_emotion_convert_drain (self.convert);
  if (ok && self.samples->len == 0) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE,
        "it contains an audio stream without a single sample");
    ok = FALSE;
  }
  gst_clear_caps (&self.caps);
  g_clear_pointer (&self.convert, gst_emotion_convert_free);
  sound->note = g_string_free (self.notes, self.notes->len == 0);
  sound->n_samples = self.samples->len;
  sound->samples = (float *) g_array_free (self.samples, FALSE);
  if (!ok)
    gst_emotion_sound_clear (sound);
  return ok;
}

float *
gst_emotion_decode_file (
    const char *source, double rate, gsize max_len, gsize *n, GError **error)
{
  GstEmotionSound sound;
  float *samples;

  gst_emotion_decode (source,
      &(GstEmotionDecodeOptions){ .rate = rate, .max_len = max_len }, &sound,
      error);
  samples = g_steal_pointer (&sound.samples);
  *n = sound.n_samples;
  gst_emotion_sound_clear (&sound);
  return samples;
}
