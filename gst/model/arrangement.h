/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a network takes the features of a recipe, [bands][columns]: the element
 * and training turn them alike. */
#pragma once

#include "dsp/recipe.h"
#include "nn/model.h"

typedef enum {
  GST_EMOTION_AS_THEY_ARE,
  GST_EMOTION_COLUMNS_FIRST, /* [columns][bands] */
  GST_EMOTION_BLOCKS_TURNED, /* in a row, [columns][rows] of each feature */
} GstEmotionArrangement;

/* The arrangement for a network's input: [bands][columns] or [columns][bands],
 * with or without a last axis of 1; or all in a row. Axes of NN_DIM_UNKNOWN fit
 * anything. FALSE if the features do not fit. */
gboolean gst_emotion_arrangement_find (const DspRecipe *recipe,
    const NnShape *input, GstEmotionArrangement *arrangement);

/* features, turned [bands * columns], which must not overlap. */
void gst_emotion_arrange (GstEmotionArrangement arrangement,
    const DspRecipe *recipe, const float *features, float *turned);

/* Loads a network for the features of a recipe. Most files state the shape of
 * their input, and get it, whatever the recipe is; open axes are those of the
 * recipe. allow_row: so may be a row, which otherwise no guess makes. NULL and
 * NN_ERROR. */
NnModel *gst_emotion_load_network (const NnModelFile *file,
    const DspRecipe *recipe, gboolean allow_row, GError **error);
