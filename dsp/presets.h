/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recipes by name: the features that public speech-emotion models were trained
 * on, as their code computes them with librosa. */
#pragma once

#include <stddef.h>

typedef struct {
  const char *name;
  const char *shape;  /* of one sample, as Keras writes it */
  const char *recipe; /* for dsp_recipe_change, of the default recipe */
  const char *blurb;
} DspPreset;

const DspPreset *dsp_presets (size_t *n_presets);
/* NULL if there is no preset of that name. */
const DspPreset *dsp_preset_find (const char *name);
/* "mean-40, mean-180, ...": for messages. Free with g_free. */
char *dsp_preset_list (void);
