/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/show-model.h"

#include <stdio.h>
#include "dsp/recipe.h"
#include "gst/model/builtin.h"
#include "nn/model.h"

/* An axis that the file leaves open is shown as long as the frames of the
 * default recipe. */
static NnModel *
load_file (const char *path, GError **error)
{
  const DspRecipe recipe = DSP_RECIPE_DEFAULT;
  g_autofree NnShape *shapes = NULL;
  size_t n;

  shapes = nn_model_file_inputs (path, &n, error);
  if (!shapes)
    return NULL;
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < shapes[i].rank; k++)
      if (shapes[i].dim[k] == NN_DIM_UNKNOWN)
        shapes[i].dim[k] = dsp_recipe_n_columns (&recipe);
  return nn_model_load (path, shapes, n, error);
}

static NnModel *
load (const char *nick_or_path, GError **error)
{
  GstEmotionBuiltin builtin;
  g_autoptr (GBytes) bytes = NULL;

  if (!gst_emotion_builtin_find (nick_or_path, &builtin))
    return load_file (nick_or_path, error);
  bytes = gst_emotion_builtin_bytes (builtin, error);
  return bytes ? nn_model_load_bytes (nick_or_path, bytes, NULL, 0, error)
               : NULL;
}

bool
tool_show_model (const char *nick_or_path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NnModel) model = load (nick_or_path, &error);
  g_autofree char *text = NULL;

  if (!model) {
    fprintf (stderr, "emotion-analyze: %s\n", error->message);
    return false;
  }
  text = nn_model_describe (model);
  fputs (text, stdout);
  return true;
}
