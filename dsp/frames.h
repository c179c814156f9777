/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a stream keeps of its last window, so that the next does not compute it
 * again: the columns of its frames (dsp/columns.h). */
#pragma once

#include <glib.h>
#include "dsp/recipe.h"

typedef struct _DspFrames DspFrames;

/* Of no window yet. The recipe must have passed dsp_recipe_check. Free with
 * dsp_frames_free. NULL and DSP_ERROR_MEMORY. */
DspFrames *dsp_frames_new (const DspRecipe *recipe, GError **error);
void dsp_frames_free (DspFrames *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DspFrames, dsp_frames_free)

/* Makes the next window share nothing with the last. */
void dsp_frames_forget (DspFrames *self);
