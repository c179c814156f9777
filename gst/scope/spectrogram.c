/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/scope/spectrogram.h"

#include <string.h>

#include "dsp/db.h"
#include "dsp/mel.h"
#include "dsp/recipe.h"
#include "dsp/stft.h"

/* Power of a band that is never drawn brighter than this far below 1: about
 * what a voice of -60 dBFS has in its loudest band. */
#define MIN_REFERENCE 1e-2f

struct _GstEmotionSpectrogram {
  DspRecipe recipe;
  DspStft *stft;
  DspMel *mel;
  float *samples; /* [n_fft], the newest last */
  gsize n_new;    /* of them since the newest column */
  float *power;   /* [n_fft / 2 + 1] */
  float *columns; /* [n_columns][n_mels], a ring */
  gsize n_columns;
  gsize n_filled;
  gsize next; /* index of the oldest */
};

static DspRecipe
recipe (void)
{
  return DSP_RECIPE_DEFAULT;
}

double
gst_emotion_spectrogram_rate (void)
{
  return recipe ().rate;
}

double
gst_emotion_spectrogram_f_max (void)
{
  return recipe ().f_max;
}

gsize
gst_emotion_spectrogram_hop (void)
{
  return recipe ().hop_length;
}

GstEmotionSpectrogram *
gst_emotion_spectrogram_new (gsize n_columns, GError **error)
{
  g_autoptr (GstEmotionSpectrogram) self = g_new0 (GstEmotionSpectrogram, 1);
  const DspRecipe r = recipe ();
  const DspMelConfig mel = { .rate = r.rate,
    .n_fft = r.n_fft,
    .n_mels = r.n_mels,
    .f_min = r.f_min,
    .f_max = r.f_max };

  self->recipe = r;
  self->n_columns = n_columns;
  self->stft = dsp_stft_new (
      &(DspStftConfig){ .n_fft = r.n_fft, .hop_length = r.hop_length }, error);
  if (!self->stft)
    return NULL;
  self->mel = dsp_mel_new (&mel, error);
  if (!self->mel)
    return NULL;
  self->samples = g_new0 (float, r.n_fft);
  self->power = g_new0 (float, dsp_stft_n_bins (self->stft));
  self->columns = g_new0 (float, n_columns *r.n_mels);
  return g_steal_pointer (&self);
}

void
gst_emotion_spectrogram_free (GstEmotionSpectrogram *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->stft, dsp_stft_free);
  g_clear_pointer (&self->mel, dsp_mel_free);
  g_clear_pointer (&self->samples, g_free);
  g_clear_pointer (&self->power, g_free);
  g_clear_pointer (&self->columns, g_free);
  g_free (self);
}

gsize
gst_emotion_spectrogram_n_bands (const GstEmotionSpectrogram *self)
{
  return self->recipe.n_mels;
}

gsize
gst_emotion_spectrogram_n_columns (const GstEmotionSpectrogram *self)
{
  return self->n_columns;
}

gsize
gst_emotion_spectrogram_n_filled (const GstEmotionSpectrogram *self)
{
  return self->n_filled;
}

gsize
gst_emotion_spectrogram_delay (const GstEmotionSpectrogram *self)
{
  return self->n_new + self->recipe.n_fft / 2;
}

void
gst_emotion_spectrogram_clear (GstEmotionSpectrogram *self)
{
  memset (self->samples, 0, self->recipe.n_fft * sizeof (float));
  memset (
      self->columns, 0, self->n_columns * self->recipe.n_mels * sizeof (float));
  self->n_new = 0;
  self->n_filled = 0;
  self->next = 0;
}

/* The frame that is centred in the samples, and so covers all of them. */
static void
add_column (GstEmotionSpectrogram *self)
{
  const gsize n_fft = self->recipe.n_fft;

  dsp_stft_power (self->stft, self->samples, n_fft,
      n_fft / 2 / self->recipe.hop_length, self->power);
  dsp_mel_apply (
      self->mel, self->power, self->columns + self->next * self->recipe.n_mels);
  self->next = (self->next + 1) % self->n_columns;
  self->n_filled = MIN (self->n_filled + 1, self->n_columns);
  self->n_new = 0;
}

void
gst_emotion_spectrogram_push (
    GstEmotionSpectrogram *self, const float *samples, gsize n)
{
  const gsize n_fft = self->recipe.n_fft;

  while (n > 0) {
    const gsize len = MIN (n, self->recipe.hop_length - self->n_new);

    memmove (
        self->samples, self->samples + len, (n_fft - len) * sizeof (float));
    memcpy (self->samples + n_fft - len, samples, len * sizeof (float));
    self->n_new += len;
    samples += len;
    n -= len;
    if (self->n_new == self->recipe.hop_length)
      add_column (self);
  }
}

void
gst_emotion_spectrogram_levels (
    const GstEmotionSpectrogram *self, float *levels)
{
  const gsize n_mels = self->recipe.n_mels;
  float max = MIN_REFERENCE;

  for (gsize c = 0; c < self->n_columns; c++) {
    const float *column =
        self->columns + (self->next + c) % self->n_columns * n_mels;

    for (gsize b = 0; b < n_mels; b++) {
      levels[b * self->n_columns + c] = column[b];
      max = MAX (max, column[b]);
    }
  }
  dsp_power_to_db (levels, n_mels * self->n_columns, max,
      (float) self->recipe.amin, 2 * GST_EMOTION_SPECTROGRAM_DB);
  for (gsize i = 0; i < n_mels * self->n_columns; i++)
    levels[i] = MAX (0, 1 + levels[i] / GST_EMOTION_SPECTROGRAM_DB);
}
