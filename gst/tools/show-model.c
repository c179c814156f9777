/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/show-model.h"

#include <stdio.h>
#include <string.h>
#include "gst/model/builtin.h"
#include "gst/model/model.h"
#include "gst/model/recipe-guess.h"
#include "nn/layer.h"
#include "nn/model.h"

#define PROGRAM "emotion-analyze: "

/* Extra length of open axes in the second model, which reveals them. */
#define LONGER 8

static NnModelFile *
open_file (const char *nick_or_path, GError **error)
{
  GstEmotionBuiltin builtin;
  g_autoptr (GBytes) bytes = NULL;

  if (!gst_emotion_builtin_find (nick_or_path, &builtin))
    return nn_model_file_open (nick_or_path, error);
  bytes = gst_emotion_builtin_bytes (builtin, error);
  return bytes ? nn_model_file_new (nick_or_path, bytes) : NULL;
}

/* The model as it is used here, or NULL. */
static GstEmotionModel *
load_here (const char *nick_or_path, const char *recipe, GError **error)
{
  const GstEmotionModelOptions options = { .recipe = recipe };
  GstEmotionBuiltin builtin;
  g_autoptr (GBytes) bytes = NULL;

  if (!gst_emotion_builtin_find (nick_or_path, &builtin))
    return gst_emotion_model_load (nick_or_path, &options, error);
  bytes = gst_emotion_builtin_bytes (builtin, error);
  return bytes
      ? gst_emotion_model_load_bytes (nick_or_path, bytes, &options, error)
      : NULL;
}

/* Whether any axis is open; open ones get the length of as, or the default
 * recipe's frames, plus longer. */
static bool
fill (NnShape *shapes, size_t n, const NnModel *as, size_t longer)
{
  const DspRecipe recipe = DSP_RECIPE_DEFAULT;
  bool is_open = false;

  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < shapes[i].rank; k++) {
      if (shapes[i].dim[k] != NN_DIM_UNKNOWN)
        continue;
      is_open = true;
      shapes[i].dim[k] = longer
          + (as ? nn_model_input_shape (as, i)->dim[k]
                : dsp_recipe_n_columns (&recipe));
    }
  return is_open;
}

/* For axes of a given length, if here is NULL. */
static NnModel *
load_filled (const NnModelFile *file, const NnModel *as, size_t longer,
    bool *is_open, GError **error)
{
  g_autofree NnShape *shapes = NULL;
  size_t n;

  if (!nn_model_file_inputs (file, &shapes, &n, error))
    return NULL;
  *is_open = fill (shapes, n, as, longer);
  return nn_model_file_load (file, shapes, n, error);
}

static void
print_features (const GstEmotionModel *here, const char *asked)
{
  const DspRecipe *const recipe = gst_emotion_model_recipe (here);
  g_autofree char *text = gst_emotion_recipe_text (recipe);

  printf ("  features: (%" G_GSIZE_FORMAT " bands, %" G_GSIZE_FORMAT
          " frames), of %g s at %g Hz; %s\n  recipe: %s\n",
      dsp_recipe_n_bands (recipe), dsp_recipe_n_columns (recipe),
      recipe->window_len / recipe->rate, recipe->rate,
      gst_emotion_model_is_guess (here)
          ? "guessed from the input, since the file states none (--recipe)"
          : asked ? "as --recipe says"
                  : "from the file, or the default",
      text);
}

static void
print_labels (const GstEmotionModel *here, const char *asked)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstEmotionLabels) labels =
      gst_emotion_model_labels (here, asked, &error);

  printf ("  labels: ");
  for (guint i = 0; labels && i < gst_emotion_labels_count (labels); i++)
    printf ("%s%s", i > 0 ? ", " : "", gst_emotion_labels_get (labels, i));
  printf ("%s\n", labels ? "" : error->message);
}

/* Prints the features for a sound. */
static void
print_here (const GstEmotionModel *here, const char *recipe, const char *labels,
    const GError *refusal)
{
  g_autofree char *output = here ? gst_emotion_model_output (here) : NULL;

  if (!here) {
    printf ("\nhere: cannot be used: %s\n", refusal->message);
    return;
  }
  printf ("\nhere:\n");
  print_features (here, recipe);
  printf ("  output: %s\n", output);
  print_labels (here, labels);
}

bool
tool_show_model (
    const char *nick_or_path, const char *recipe, const char *labels)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) refusal = NULL;
  g_autoptr (NnModelFile) file = open_file (nick_or_path, &error);
  g_autoptr (GstEmotionModel) here =
      file ? load_here (nick_or_path, recipe, &refusal) : NULL;
  g_autoptr (NnModel) alone = NULL;
  g_autoptr (NnModel) longer = NULL;
  g_autofree char *text = NULL;
  const NnModel *model = here ? gst_emotion_model_network (here) : NULL;
  bool is_open = false;

  if (file && !model)
    model = alone = load_filled (file, NULL, 0, &is_open, &error);
  if (!model) {
    /* For a file without an input shape, suggests recipes. */
    fprintf (stderr, PROGRAM "%s\n", (refusal ? refusal : error)->message);
    return false;
  }
  longer = load_filled (file, model, LONGER, &is_open, NULL);
  text = nn_model_describe (model, is_open ? longer : NULL);
  fputs (text, stdout);
  print_here (here, recipe, labels, refusal);
  return true;
}

void
tool_list_layers (void)
{
  g_autofree char *list = nn_layer_class_list ();
  g_auto (GStrv) names = g_strsplit (list, ", ", -1);

  for (char **name = names; *name; name++)
    puts (*name);
}
