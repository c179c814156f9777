/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The feature recipe: the one value that says how samples become the numbers
 * that a network sees. Training, tools and playback share it; model files carry
 * it. Field names and meanings are librosa's. */
#pragma once

#include <glib.h>
#include <stdbool.h>
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

typedef enum {
  DSP_FIELD_SIZE,   /* size_t */
  DSP_FIELD_DOUBLE, /* double, finite */
} DspFieldType;

/* One field of the recipe. Whoever checks, reads or writes recipes walks this
 * table, so a new field is one line in recipe.c. */
typedef struct {
  const char *name;
  DspFieldType type;
  size_t offset; /* into DspRecipe */
  double min, max;
} DspRecipeField;

const DspRecipeField *dsp_recipe_fields (size_t *n_fields);

/* The value of a field as a number, whatever its type; set refuses what is not
 * a value of its type, and does not look at the range. */
double dsp_recipe_get (const DspRecipe *recipe, const DspRecipeField *field);
bool dsp_recipe_set (
    DspRecipe *recipe, const DspRecipeField *field, double value);

/* False and DSP_ERROR_CONFIG, naming the field, where a value is out of its
 * range or the values do not go together. */
bool dsp_recipe_check (const DspRecipe *recipe, GError **error);
