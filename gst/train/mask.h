/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SpecAugment (Park et al. 2019) without its warping: bands and runs of frames
 * of a feature matrix are replaced by the matrix' mean. */
#pragma once

#include <glib.h>

typedef struct {
  guint n_band_masks, n_frame_masks;
  guint max_bands, max_frames; /* widths are drawn from 0 to these */
} TrainMaskConfig;

/* features [n_bands][n_frames], changed in place. */
void train_mask_apply (const TrainMaskConfig *config, GRand *rand,
    float *features, gsize n_bands, gsize n_frames);
