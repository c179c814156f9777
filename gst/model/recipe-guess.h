/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which recipes a network's input could be for, where the file does not say. */
#pragma once

#include "dsp/recipe.h"
#include "nn/model.h"

/* The default recipe with the bands and frames of a network's input
 * (bands, frames[, 1]), or (frames, bands[, 1]) with the default's frames: mel
 * bands, or MFCC if there are less than 40 of them. Frames other than the
 * default's mean a window of the roundest length that has so many. As it is for
 * other inputs. */
DspRecipe gst_emotion_recipe_for_input (const NnShape *input);

/* Whether the features of a recipe go into a network's input: [bands][frames]
 * or [frames][bands], with or without a last axis of 1; or all in a row. Axes
 * of NN_DIM_UNKNOWN fit anything. turned: [frames][bands]; may be NULL. row: in
 * a row; may be NULL. */
gboolean gst_emotion_recipe_fits (const DspRecipe *recipe, const NnShape *input,
    gboolean *turned, gboolean *row);

/* Texts for the property recipe that fit the input of a file, the likeliest
 * first, one in a line of "  --recipe ..."; "" if there is none. g_free. */
char *gst_emotion_recipes_that_fit (const NnModelFile *file);

/* What differs from the default, and what people want to know anyway, as text
 * for the property. g_free. */
char *gst_emotion_recipe_text (const DspRecipe *recipe);
