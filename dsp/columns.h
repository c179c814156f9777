/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first half of a feature recipe: what each frame of a window gives by
 * itself.
 *   samples [window_len]  ->  columns [n_frames][len]
 * A frame that two windows of a stream share is computed once, for it has the
 * same column in both: a stream keeps its columns in a DspFrames, and many
 * streams may share a DspColumns, which computes them. One thread at a time. */
#pragma once

#include <glib.h>
#include <stdint.h>
#include "dsp/frames.h"

/* Where the sections of a column begin. One that the recipe does not need is
 * empty: it begins where the next does. */
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

/* Moves frames, which are of the same recipe, on to the window of these
 * samples, zero-padded; position is the stream's index of samples[0]. Columns
 * of the previous window are kept where their distance is a multiple of
 * hop_length and their frame lies within both windows, without padding. Never
 * fails, never allocates. */
void dsp_columns_move (DspColumns *self, DspFrames *frames, uint64_t position,
    const float *samples, size_t n_samples);

/* The column of a frame of the window, until the next move. */
const float *dsp_frames_at (const DspFrames *self, size_t frame);

/* Columns computed so far. */
uint64_t dsp_columns_n_computed (const DspColumns *self);
