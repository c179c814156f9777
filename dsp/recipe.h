/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The feature recipe: the one value that says how samples become the numbers
 * that a network sees. Training, tools and playback share it; model files carry
 * it. Field names and meanings are librosa's. */
#pragma once

#include <stddef.h>

typedef struct {
  double rate;       /* Hz, of the samples that the recipe takes */
  size_t window_len; /* samples in one window, > 0 */
  size_t n_fft;      /* samples, even */
  size_t hop_length; /* samples */
  size_t n_mels;     /* bands */
  double f_min;      /* Hz */
  double f_max;      /* Hz, f_min < f_max <= rate / 2 */
  double amin;       /* power_to_db: smallest power, > 0 */
  double top_db;     /* dB below the window's maximum, > 0 */
} DspRecipe;

/* 3 s at 16 kHz -> 64 mel bands x 94 frames: the recipe of the Python system,
 * and of every model file that names no other. */
#define DSP_RECIPE_DEFAULT                                                     \
  ((DspRecipe){ .rate = 16000,                                                 \
      .window_len = 48000,                                                     \
      .n_fft = 2048,                                                           \
      .hop_length = 512,                                                       \
      .n_mels = 64,                                                            \
      .f_min = 0,                                                              \
      .f_max = 8000,                                                           \
      .amin = 1e-10,                                                           \
      .top_db = 80 })
