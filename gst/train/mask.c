/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/mask.h"

/* A run inside 0..len - 1, up to max long. */
static gsize
draw_run (GRand *rand, gsize len, gsize max, gsize *first)
{
  const gsize run = g_rand_int_range (rand, 0, MIN (max, len) + 1);

  *first = g_rand_int_range (rand, 0, len - run + 1);
  return run;
}

static void
fill (float *features, gsize n_frames, gsize first_band, gsize end_band,
    gsize first_frame, gsize end_frame, float value)
{
  for (gsize band = first_band; band < end_band; band++)
    for (gsize frame = first_frame; frame < end_frame; frame++)
      features[band * n_frames + frame] = value;
}

void
train_mask_apply (const TrainMaskConfig *config, GRand *rand, float *features,
    gsize n_bands, gsize n_frames)
{
  double sum = 0;
  gsize first;

  for (gsize i = 0; i < n_bands * n_frames; i++)
    sum += features[i];

  const float mean = sum / (n_bands * n_frames);

  for (guint i = 0; i < config->n_band_masks; i++) {
    const gsize run = draw_run (rand, n_bands, config->max_bands, &first);

    fill (features, n_frames, first, first + run, 0, n_frames, mean);
  }
  for (guint i = 0; i < config->n_frame_masks; i++) {
    const gsize run = draw_run (rand, n_frames, config->max_frames, &first);

    fill (features, n_frames, 0, n_bands, first, first + run, mean);
  }
}
