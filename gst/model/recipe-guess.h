/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recipes that fit a network's input, if the file states none. */
#pragma once

#include "dsp/recipe.h"
#include "nn/model.h"

/* The default recipe with the bands and frames of a network's input (bands,
 * frames[, 1]), or (frames, bands[, 1]) with the default's frames: mel bands,
 * or MFCC if there are less than 40 of them. Other numbers of frames mean a
 * window of the roundest length with as many. Unchanged for other inputs. */
DspRecipe gst_emotion_recipe_for_input (const NnShape *input);

/* Texts for the property recipe that fit the input of a file, the likeliest
 * first, each on a line " --recipe ..."; "" if there is none. Free with g_free.
 */
char *gst_emotion_recipes_that_fit (const NnModelFile *file);

/* The main fields, and those that differ from the default, as text for the
 * property. Free with g_free. */
char *gst_emotion_recipe_text (const DspRecipe *recipe);
