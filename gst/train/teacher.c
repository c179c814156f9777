/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/teacher.h"

#include "nn/save.h"

struct _TrainTeacher {
  GstEmotionModel *model;
  guint n_labels;
  guint *output_of; /* [n_labels]: the model's output for a label */
};

/* -1: none. */
static gint
find_label (const GstEmotionLabels *labels, const char *name)
{
  for (guint i = 0; i < gst_emotion_labels_count (labels); i++)
    if (g_str_equal (gst_emotion_labels_get (labels, i), name))
      return i;
  return -1;
}

static gboolean
match_labels (
    TrainTeacher *self, const GstEmotionLabels *labels, GError **error)
{
  g_autoptr (GstEmotionLabels) own =
      gst_emotion_model_labels (self->model, NULL, error);

  if (!own)
    return FALSE;
  self->n_labels = gst_emotion_labels_count (labels);
  self->output_of = g_new (guint, self->n_labels);
  for (guint i = 0; i < self->n_labels; i++) {
    const char *const name = gst_emotion_labels_get (labels, i);
    const gint output = find_label (own, name);

    if (output < 0) {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
          "the teacher %s does not know the label “%s”: leave it out of "
          "--labels, or take another teacher",
          gst_emotion_model_name (self->model), name);
      return FALSE;
    }
    self->output_of[i] = output;
  }
  return TRUE;
}

static gboolean
check_window (const TrainTeacher *self, const DspRecipe *recipe, GError **error)
{
  const DspRecipe *const own = gst_emotion_model_recipe (self->model);

  if (own->rate == recipe->rate && own->window_len == recipe->window_len)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "the teacher %s needs windows of %zu samples at %g Hz, but the model "
      "needs %zu at %g Hz",
      gst_emotion_model_name (self->model), (gsize) own->window_len, own->rate,
      (gsize) recipe->window_len, recipe->rate);
  return FALSE;
}

TrainTeacher *
train_teacher_new (GstEmotionModel *model, const GstEmotionLabels *labels,
    const DspRecipe *recipe, GError **error)
{
  g_autoptr (TrainTeacher) self = g_new0 (TrainTeacher, 1);

  self->model = gst_emotion_model_ref (model);
  return check_window (self, recipe, error)
          && match_labels (self, labels, error)
      ? g_steal_pointer (&self)
      : NULL;
}

void
train_teacher_free (TrainTeacher *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->model, gst_emotion_model_unref);
  g_free (self->output_of);
  g_free (self);
}

char *
train_teacher_digest (const TrainTeacher *self, GError **error)
{
  const NnModel *const network = gst_emotion_model_network (self->model);
  g_autoptr (GBytes) bytes =
      nn_model_save_bytes (network, nn_model_metadata (network), error);

  return bytes ? g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes) : NULL;
}

void
train_teacher_ask (const TrainTeacher *self, const float *samples, gsize n,
    float *probabilities)
{
  g_autofree float *features =
      g_new (float, gst_emotion_model_n_features (self->model));
  g_autofree float *answer =
      g_new (float, gst_emotion_model_n_outputs (self->model));
  double sum = 0;

  gst_emotion_model_compute_features (
      self->model, NULL, 0, samples, n, features);
  gst_emotion_model_run (self->model, features, answer);
  for (guint i = 0; i < self->n_labels; i++)
    sum += answer[self->output_of[i]];
  for (guint i = 0; i < self->n_labels; i++)
    probabilities[i] =
        sum > 0 ? answer[self->output_of[i]] / sum : 1.0 / self->n_labels;
}
