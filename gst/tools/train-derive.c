/* SPDX-License-Identifier: GPL-2.0-or-later */
/* New files of models that there are: --ensemble, --soup and --quantize. */
#include <glib/gstdio.h>

#include "gst/tools/train-tool.h"
#include "gst/train/ensemble.h"

static double
size_of (const char *path)
{
  GStatBuf info = { 0 };

  g_stat (path, &info);
  return info.st_size / 1000.0;
}

gboolean
tool_train_join (ToolTrain *self, GError **error)
{
  const TrainOptions *const options = self->options;
  const guint n = g_strv_length (options->rest);
  g_autoptr (GPtrArray) models =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_emotion_model_unref);

  if (!tool_train_is_speaker (self))
    return TRUE;
  for (guint i = 0; i < n; i++) {
    GstEmotionModel *const model =
        tool_train_load_file (self, options->rest[i], error);

    if (!model)
      return FALSE;
    g_ptr_array_add (models, model);
  }
  if (!train_join_save (options->soup ? TRAIN_JOIN_SOUP : TRAIN_JOIN_ENSEMBLE,
          (GstEmotionModel *const *) models->pdata,
          (const char *const *) options->rest, n,
          train_options_storage (options), options->output, error))
    return FALSE;
  tool_train_say (self, "%s of %u models, %.1f kB: %s\n",
      options->soup ? "Mean of the weights" : "Ensemble", n,
      size_of (options->output), options->output);
  return TRUE;
}

gboolean
tool_train_quantize (ToolTrain *self, GError **error)
{
  const TrainOptions *const options = self->options;
  g_autoptr (GstEmotionModel) model = NULL;

  if (!tool_train_is_speaker (self))
    return TRUE;
  model = tool_train_load_file (self, *options->rest, error);
  if (!model
      || !train_compressed_save (
          model, train_options_storage (options), options->output, error))
    return FALSE;
  tool_train_say (self, "Weights as %s, %.1f kB: %s\n", options->quantize,
      size_of (options->output), options->output);
  return TRUE;
}
