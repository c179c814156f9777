/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The features of one whole sound, or of its windows:
 *   samples [n_samples] -> values [n_windows][n_rows][n_columns]
 * (rows and columns: dsp/recipe.h). */
#pragma once

#include <glib.h>
#include "dsp/recipe.h"

typedef struct {
  DspRecipe recipe; /* of this sound: a whole one is one window of its length */
  gboolean is_whole;
  gsize n_samples; /* of the sound */
  gsize n_windows;
  gsize n_rows, n_columns;
  float *values;
  float *voice; /* [n_windows]: s of speech (gst/voice.h) */
} ToolSoundFeatures;

/* samples: n > 0 of them, mono, at recipe->rate. is_whole: recipe->window_len
 * is ignored; else the windows are those of dsp_recipe_n_windows. NULL and
 * DSP_ERROR_CONFIG if the recipe cannot be used for so many samples. */
ToolSoundFeatures *tool_sound_features_new (const float *samples, gsize n,
    const DspRecipe *recipe, gboolean is_whole, GError **error);
void tool_sound_features_free (ToolSoundFeatures *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolSoundFeatures, tool_sound_features_free)

/* As bytes, for this kind of processor, and the reverse, with the same recipe
 * and is_whole. NULL if the bytes do not match. */
GBytes *tool_sound_features_pack (const ToolSoundFeatures *self);
ToolSoundFeatures *tool_sound_features_unpack (
    const char *bytes, gsize len, const DspRecipe *recipe, gboolean is_whole);

/* One row of one window. */
const float *tool_sound_features_row (
    const ToolSoundFeatures *self, gsize window, gsize row);
