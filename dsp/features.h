/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples in, network input out, by a recipe (dsp/recipe.h). The default one:
 *   samples [window_len], -1..1, mono, at recipe.rate
 *     -> STFT (periodic Hann, centred, zero padding) -> power
 *     -> Slaney mel bank -> power_to_db (ref = max) -> min-max
 *     -> features [n_mels][n_frames], 0..1, band-major
 * Same numbers as librosa 0.11 (melspectrogram, power_to_db, mfcc, delta,
 * chroma_stft, ...); tests/dsp/test-features.c has the tolerances.
 * A DspFeatures is for one thread at a time; streams may share it, one after
 * the other. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include "dsp/frames.h"
#include "dsp/recipe.h"

typedef struct _DspFeatures DspFeatures;

/* Free with dsp_features_free. NULL and DSP_ERROR_CONFIG if a value of the
 * recipe is out of range. Takes the FFTW planner's lock. */
DspFeatures *dsp_features_new (const DspRecipe *recipe, GError **error);
/* The same for dsp_recipe_check_long. */
DspFeatures *dsp_features_new_long (const DspRecipe *recipe, GError **error);
void dsp_features_free (DspFeatures *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DspFeatures, dsp_features_free)

/* Rows (bands, coefficients ...) and columns (frames, or statistics) of what
 * dsp_features_compute writes. */
size_t dsp_features_n_bands (const DspFeatures *self);
size_t dsp_features_n_frames (const DspFeatures *self);

/* Features of one window. samples: n_samples <= window_len of them; padded with
 * zeros at the end. out: [n_bands][n_frames]. Returns false if the window has
 * no contrast (digital silence): a normalised out is then all zeros, and one
 * that is not normalised has the features of silence. Non-finite samples count
 * as zero. Never fails, never allocates. */
bool dsp_features_compute (
    DspFeatures *self, const float *samples, size_t n_samples, float *out);

/* The same for a window of a stream, which keeps its frames (of the same
 * recipe): position is the stream's index of samples[0]. Frames that this
 * window shares with the one before (their distance is a multiple of
 * hop_length, and they lie within both without padding) are not computed again;
 * the result is the same, bit for bit. The samples at a position must not have
 * changed since: call dsp_frames_forget at a jump. */
bool dsp_features_compute_at (DspFeatures *self, DspFrames *frames,
    uint64_t position, const float *samples, size_t n_samples, float *out);

/* Frames computed so far, for tests and statistics. */
uint64_t dsp_features_frames_computed (const DspFeatures *self);
