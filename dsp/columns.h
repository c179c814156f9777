/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first half of a feature recipe: what is made of one frame of samples and
 * of nothing else. A frame that two windows share has the same column in both,
 * so dsp/features.c computes it once.
 *   samples, frame index  ->  column [len]: the parts below, one after another
 * One thread at a time.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include "dsp/recipe.h"

/* Where the parts of a column begin. A part that the recipe does not need has
 * no length: that of its successor. */
typedef struct {
  size_t mel;      /* [n_mels], power */
  size_t mfcc_mel; /* [mfcc_mels], power */
  size_t power;    /* [n_fft / 2 + 1], for chroma */
  size_t scalars;  /* one for each of DSP_FEATURE_RMS ... in their order */
  size_t len;
} DspColumnLayout;

typedef struct _DspColumns DspColumns;

/* The recipe must have passed dsp_recipe_check. Free with dsp_columns_free.
 * NULL and DSP_ERROR_CONFIG or _MEMORY. */
DspColumns *dsp_columns_new (const DspRecipe *recipe, GError **error);
void dsp_columns_free (DspColumns *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DspColumns, dsp_columns_free)

const DspColumnLayout *dsp_columns_layout (const DspColumns *self);

/* Whether a frame lies within n_samples, without padding on either side. */
bool dsp_columns_is_inside (
    const DspColumns *self, size_t frame, size_t n_samples);

/* The column of one frame of a window that begins with these samples and goes
 * on with zeros. Never fails, never allocates. */
void dsp_columns_compute (DspColumns *self, const float *samples,
    size_t n_samples, size_t frame, float *column);
