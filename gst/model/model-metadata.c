/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/model/model-metadata.h"

#include "gst/model/recipe-json.h"
#include "nn/config.h"

/* The shortest length with n_frames frames, made longer to the roundest number
 * of samples that still has so many. */
static size_t
window_len_for (const DspRecipe *recipe, size_t n_frames)
{
  const size_t shortest = (n_frames - 1) * recipe->hop_length;
  const size_t longest = shortest + recipe->hop_length - 1;
  const size_t rate = recipe->rate;
  const size_t steps[] = { rate, rate / 2, rate / 4, rate / 10, rate / 20 };

  for (size_t i = 0; i < G_N_ELEMENTS (steps); i++) {
    const size_t len = longest / steps[i] * steps[i];

    if (len >= shortest && len > 0)
      return len;
  }
  return MAX (shortest, 1);
}

/* A matrix of at least two rows and columns, perhaps as one channel: one column
 * is of something else, such as the mean of MFCC. */
static gboolean
is_spectrogram (const NnShape *input)
{
  return (input->rank == 2 || (input->rank == 3 && input->dim[2] == 1))
      && input->dim[0] > 1 && input->dim[1] > 1;
}

DspRecipe
gst_emotion_recipe_for_input (const NnShape *input)
{
  DspRecipe recipe = DSP_RECIPE_DEFAULT;

  const size_t n_frames = dsp_recipe_n_frames (&recipe);
  size_t frames_axis = 1;

  if (!is_spectrogram (input))
    return recipe;
  /* (frames, bands) shows itself by the frames of the usual window. */
  if (input->dim[0] == n_frames && input->dim[1] != n_frames)
    frames_axis = 0;
  if (input->dim[frames_axis] > G_MAXUINT32)
    return recipe;
  recipe.n_mels = input->dim[1 - frames_axis];
  if (input->dim[frames_axis] != n_frames)
    recipe.window_len = window_len_for (&recipe, input->dim[frames_axis]);
  return recipe;
}

static GstEmotionLabels *
read_labels (const NnConfig *config, GError **error)
{
  const size_t n = nn_config_length (config);

  if (!nn_config_is_list (config)) {
    nn_config_fail (config, NN_ERROR_FORMAT, "“labels” is not a list of names");
    return NULL;
  }
  if (n > GST_EMOTION_MAX_LABELS) {
    nn_config_fail (config, NN_ERROR_LIMIT, "%zu labels; at most %d", n,
        GST_EMOTION_MAX_LABELS);
    return NULL;
  }

  g_autofree const char **names = g_new0 (const char *, n + 1);

  for (size_t i = 0; i < n; i++) {
    const NnConfig item = nn_config_at (config, i);

    names[i] = nn_config_as_string (&item, "");
  }
  return nn_config_ok (config) ? gst_emotion_labels_new (names, error) : NULL;
}

gboolean
gst_emotion_metadata_read (const char *name, const char *text,
    DspRecipe *recipe, GstEmotionLabels **labels, GError **error)
{
  g_autofree char *where = g_strdup_printf ("%s: “emotiondetect”", name);
  g_autoptr (GError) failure = NULL;
  g_autoptr (NnDocument) document =
      nn_document_parse (where, text, strlen (text), &failure);

  *labels = NULL;
  if (document) {
    const NnConfig root = nn_document_root (document, where, 3, &failure);
    const NnConfig recipe_config = nn_config_get (&root, "recipe");
    const NnConfig label_config = nn_config_get (&root, "labels");

    if (nn_config_is_set (&recipe_config))
      gst_emotion_recipe_read (&recipe_config, recipe);
    if (nn_config_is_set (&label_config) && nn_config_ok (&root))
      *labels = read_labels (&label_config, &failure);
  }
  if (!failure)
    dsp_recipe_check (recipe, &failure);
  if (!failure)
    return TRUE;
  g_clear_pointer (labels, gst_emotion_labels_unref);
  g_propagate_prefixed_error (error, g_steal_pointer (&failure), "%s: ", name);
  return FALSE;
}
