/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/sound-features.h"

#include <string.h>
#include "dsp/error.h"
#include "dsp/features.h"
#include "gst/voice.h"

static void
compute (ToolSoundFeatures *self, DspFeatures *features, const float *samples)
{
  const gsize len = self->recipe.window_len;

  for (gsize w = 0; w < self->n_windows; w++)
    dsp_features_compute (features, samples + w * len,
        MIN (len, self->n_samples - w * len),
        self->values + w * self->n_rows * self->n_columns);
}

static gboolean
allocate (ToolSoundFeatures *self, GError **error)
{
  gsize n = self->n_rows * self->n_columns;

  self->n_windows = dsp_recipe_n_windows (&self->recipe, self->n_samples);
  if (g_size_checked_mul (&n, n, self->n_windows))
    self->values = g_try_new (float, n);
  self->voice = g_new0 (float, self->n_windows);
  if (!self->values)
    g_set_error (error, DSP_ERROR, DSP_ERROR_CONFIG,
        "not enough memory for the features of %zu windows", self->n_windows);
  return self->values != NULL;
}

/* A sound may be too long or too short for what is asked for. */
static void
propagate (GError **error, GError *failure, const ToolSoundFeatures *self)
{
  if (self->is_whole)
    g_set_error (error, failure->domain, failure->code,
        "%.6g s in one window: %s; try another window length (--window S)",
        self->n_samples / self->recipe.rate, failure->message);
  else
    g_propagate_error (error, g_error_copy (failure));
  g_error_free (failure);
}

ToolSoundFeatures *
tool_sound_features_new (const float *samples, gsize n, const DspRecipe *recipe,
    gboolean is_whole, GError **error)
{
  g_autoptr (ToolSoundFeatures) self = g_new0 (ToolSoundFeatures, 1);
  g_autoptr (DspFeatures) features = NULL;
  g_autoptr (GError) failure = NULL;

  g_return_val_if_fail (n > 0, NULL);
  self->recipe = *recipe;
  self->n_samples = n;
  self->is_whole = is_whole;
  if (is_whole)
    self->recipe.window_len = n;
  features = is_whole ? dsp_features_new_long (&self->recipe, &failure)
                      : dsp_features_new (&self->recipe, &failure);
  if (!features) {
    propagate (error, g_steal_pointer (&failure), self);
    return NULL;
  }
  self->n_rows = dsp_features_n_bands (features);
  self->n_columns = dsp_features_n_frames (features);
  if (!allocate (self, error))
    return NULL;
  compute (self, features, samples);
  if (!gst_emotion_voice_of_windows (samples, n, recipe->rate,
          self->recipe.window_len, self->voice, self->n_windows, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
tool_sound_features_free (ToolSoundFeatures *self)
{
  if (!self)
    return;
  g_free (self->values);
  g_free (self->voice);
  g_free (self);
}

GBytes *
tool_sound_features_pack (const ToolSoundFeatures *self)
{
  const guint64 n_samples = self->n_samples;
  const gsize n = self->n_windows * self->n_rows * self->n_columns;
  GByteArray *bytes = g_byte_array_new ();

  g_byte_array_append (bytes, (const guint8 *) &n_samples, sizeof n_samples);
  g_byte_array_append (
      bytes, (const guint8 *) self->values, n * sizeof *self->values);
  g_byte_array_append (bytes, (const guint8 *) self->voice,
      self->n_windows * sizeof *self->voice);
  return g_byte_array_free_to_bytes (bytes);
}

ToolSoundFeatures *
tool_sound_features_unpack (
    const char *bytes, gsize len, const DspRecipe *recipe, gboolean is_whole)
{
  g_autoptr (ToolSoundFeatures) self = g_new0 (ToolSoundFeatures, 1);
  guint64 n_samples;
  gsize n;

  if (len < sizeof n_samples)
    return NULL;
  memcpy (&n_samples, bytes, sizeof n_samples);
  bytes += sizeof n_samples;
  len -= sizeof n_samples;
  if (n_samples == 0 || n_samples > G_MAXINT64 / 2)
    return NULL;
  self->recipe = *recipe;
  self->is_whole = is_whole;
  self->n_samples = n_samples;
  if (is_whole)
    self->recipe.window_len = n_samples;
  self->n_rows = dsp_recipe_n_bands (&self->recipe);
  self->n_columns = dsp_recipe_n_columns (&self->recipe);
  self->n_windows = dsp_recipe_n_windows (&self->recipe, n_samples);
  if (!g_size_checked_mul (&n, self->n_rows * self->n_columns, self->n_windows)
      || n > len || self->n_windows > len
      || (n + self->n_windows) * sizeof *self->values != len)
    return NULL;
  self->values = g_memdup2 (bytes, n * sizeof *self->values);
  self->voice = g_memdup2 (
      bytes + n * sizeof *self->values, self->n_windows * sizeof *self->voice);
  return g_steal_pointer (&self);
}

const float *
tool_sound_features_row (const ToolSoundFeatures *self, gsize window, gsize row)
{
  return self->values + (window * self->n_rows + row) * self->n_columns;
}
