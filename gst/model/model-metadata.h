/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metadata of a model file, in its attribute "emotiondetect". The JSON is
 *
 *   { "labels": ["neutral", "calm", ...],
 *     "recipe": { "rate": 16000, ... },     gst/model/recipe-json.h
 *     ... }
 *
 * both optional. Other keys are ignored. */
#pragma once

#include "dsp/recipe.h"
#include "gst/model/labels.h"

/* Updates *recipe, sets *has_recipe if the file has one, and sets *labels
 * (owned; NULL if the file has none). False and NN_ERROR, DSP_ERROR or
 * GST_LIBRARY_ERROR if the text is invalid; name is the file in messages. */
gboolean gst_emotion_metadata_read (const char *name, const char *text,
    DspRecipe *recipe, gboolean *has_recipe, GstEmotionLabels **labels,
    GError **error);
