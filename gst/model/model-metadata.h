/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a model file says about itself in its attribute "emotiondetect", and
 * what follows from its input where it says nothing. The JSON is
 *
 *   { "labels": ["neutral", "calm", ...],
 *     "recipe": { "rate": 16000, ... },     gst/model/recipe-json.h
 *     ... }
 *
 * both optional. Other keys are for others. */
#pragma once

#include "dsp/recipe.h"
#include "gst/model/labels.h"
#include "nn/shape.h"

/* The default recipe with the bands and frames of a network's input
 * (bands, frames[, 1]), or (frames, bands[, 1]) with the default's frames.
 * Frames other than the default's mean a window of the roundest length that has
 * so many. As it is for other inputs. */
DspRecipe gst_emotion_recipe_for_input (const NnShape *input);

/* Updates *recipe and sets *labels (owned; NULL where the file has none).
 * False and NN_ERROR, DSP_ERROR or GST_LIBRARY_ERROR where the text is not
 * valid; name stands for the file. */
gboolean gst_emotion_metadata_read (const char *name, const char *text,
    DspRecipe *recipe, GstEmotionLabels **labels, GError **error);
