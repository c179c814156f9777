/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/features.h"

#include "dsp/db.h"
#include "dsp/error.h"
#include "dsp/fft.h"
#include "dsp/mel.h"
#include "dsp/stft.h"

struct _DspFeatures {
  DspRecipe recipe;
  size_t n_frames;
  DspStft *stft;
  DspMel *mel;
  float *power; /* [n_fft / 2 + 1], of one frame */
};

DspFeatures *
dsp_features_new (const DspRecipe *recipe, GError **error)
{
  if (!dsp_recipe_check (recipe, error))
    return NULL;

  const DspMelConfig mel_config = { .rate = recipe->rate,
    .n_fft = recipe->n_fft,
    .n_mels = recipe->n_mels,
    .f_min = recipe->f_min,
    .f_max = recipe->f_max };
  g_autoptr (DspFeatures) self = g_new0 (DspFeatures, 1);

  self->recipe = *recipe;
  self->stft = dsp_stft_new (recipe->n_fft, recipe->hop_length, error);
  if (!self->stft)
    return NULL;
  self->mel = dsp_mel_new (&mel_config, error);
  if (!self->mel)
    return NULL;
  self->n_frames = dsp_stft_n_frames (self->stft, recipe->window_len);
  self->power = dsp_fft_alloc (dsp_stft_n_bins (self->stft) * sizeof (float));
  if (!self->power) {
    g_set_error (error, DSP_ERROR, DSP_ERROR_MEMORY,
        "no memory for a spectrum of %zu samples", recipe->n_fft);
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
dsp_features_free (DspFeatures *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->stft, dsp_stft_free);
  g_clear_pointer (&self->mel, dsp_mel_free);
  g_clear_pointer (&self->power, dsp_fft_buffer_free);
  g_free (self);
}

size_t
dsp_features_n_bands (const DspFeatures *self)
{
  return self->recipe.n_mels;
}

size_t
dsp_features_n_frames (const DspFeatures *self)
{
  return self->n_frames;
}

bool
dsp_features_compute (
    DspFeatures *self, const float *samples, size_t n_samples, float *out)
{
  const DspRecipe *recipe = &self->recipe;
  const size_t n = recipe->n_mels * self->n_frames;

  g_return_val_if_fail (n_samples <= recipe->window_len, false);

  for (size_t f = 0; f < self->n_frames; f++) {
    dsp_stft_power (self->stft, samples, n_samples, f, self->power);
    dsp_mel_apply (self->mel, self->power, out + f, self->n_frames);
  }
  dsp_power_to_db (
      out, n, DSP_DB_REF_MAX, (float) recipe->amin, (float) recipe->top_db);
  return dsp_min_max (out, n);
}
