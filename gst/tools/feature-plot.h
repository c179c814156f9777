/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A picture of a sound: waveform, mel spectrogram, MFCC and chroma over time,
 * by PLplot: PNG, or SVG where PLplot has no driver for that. One thread at a
 * time. Builds without PLplot make no pictures. */
#pragma once

#include <glib.h>
#include "dsp/recipe.h"

gboolean tool_feature_plot_is_available (void);

/* Writes folder/name.png; folders in name are created. samples: n > 0, at
 * recipe->rate; of the recipe only the parameters count. FALSE and
 * G_FILE_ERROR, or DSP_ERROR if the sound is too long. */
gboolean tool_feature_plot (const char *folder, const char *name,
    const float *samples, gsize n, const DspRecipe *recipe, GError **error);
