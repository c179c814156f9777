/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A DspRecipe as JSON, both ways, in model files, reports and feature files:
 *
 *   { "rate": 16000, "window_len": 48000, ..., "features": "mfcc,delta",
 *     "tuning": "estimate", "normalization": "none", "statistics": "mean,std" }
 *
 * The keys are the fields of dsp/recipe.h: numbers as numbers, named values as
 * strings. */
#pragma once

#include "dsp/recipe.h"
#include "nn/json-writer.h"
#include "nn/config.h"

/* name: of the object's member; NULL inside arrays and outermost. */
void gst_emotion_recipe_write (
    NnJson *json, const char *name, const DspRecipe *recipe);

/* Fields that config lacks keep their value. A value that is not an object,
 * unknown keys, values of another kind or out of range, and contradictory
 * values are failures of config that name the key. */
void gst_emotion_recipe_read (const NnConfig *config, DspRecipe *recipe);
