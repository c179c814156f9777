/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/model/model-metadata.h"

#include "gst/model/recipe-json.h"
#include "nn/config.h"

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

/* A recipe that counts mel bands without naming its features is one of mel
 * bands, whatever a guess from the shape of the input came to: few bands alone
 * look like MFCC. */
static void
read_recipe (const NnConfig *config, DspRecipe *recipe)
{
  const NnConfig features = nn_config_get (config, "features");
  const NnConfig n_mels = nn_config_get (config, "n_mels");

  if (nn_config_is_set (&n_mels) && !nn_config_is_set (&features))
    recipe->features = DSP_FEATURE_MEL_DB;
  gst_emotion_recipe_read (config, recipe);
}

gboolean
gst_emotion_metadata_read (const char *name, const char *text,
    DspRecipe *recipe, gboolean *has_recipe, GstEmotionLabels **labels,
    GError **error)
{
  g_autofree char *where = g_strdup_printf ("%s: “emotiondetect”", name);
  g_autoptr (GError) failure = NULL;
  g_autoptr (NnDocument) document =
      nn_document_parse (where, text, strlen (text), &failure);

  *labels = NULL;
  *has_recipe = FALSE;
  if (document) {
    const NnConfig root = nn_document_root (document, where, 3, &failure);
    const NnConfig recipe_config = nn_config_get (&root, "recipe");
    const NnConfig label_config = nn_config_get (&root, "labels");

    *has_recipe = nn_config_is_set (&recipe_config);
    if (*has_recipe)
      read_recipe (&recipe_config, recipe);
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
