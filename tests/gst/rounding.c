/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many decisions change where the sound, at the rate of the model's
 * features, is rounded to 16 bits: the noise of rounding is louder than the
 * quietest parts that a spectrogram shows. The first window of each file.
 * Usage: rounding FOLDER NICK|FILE...   Prints a JSON object for each model. */
#include <math.h>
#include <stdio.h>

#include "dsp/features.h"
#include "gst/media/decode.h"
#include "gst/model/model-cache.h"

typedef struct {
  GstEmotionModel *model;
  DspFeatures *features;
  float *in;     /* [n_features] */
  float *out[2]; /* [n_outputs], of the sound and of the rounded one */
  guint n_windows, n_changed;
  double largest; /* change of a probability */
} Trial;

static GstEmotionModel *
load (const char *what, GError **error)
{
  GstEmotionBuiltin builtin;

  return gst_emotion_builtin_find (what, &builtin)
      ? gst_emotion_model_cache_get_builtin (builtin, NULL, error)
      : gst_emotion_model_cache_get (what, NULL, error);
}

static guint
decide (Trial *trial, const float *samples, gsize n, guint which)
{
  float *const p = trial->out[which];
  guint best = 0;

  dsp_features_compute (trial->features, samples, n, trial->in);
  gst_emotion_model_run (trial->model, trial->in, p);
  for (guint i = 1; i < gst_emotion_model_n_outputs (trial->model); i++)
    best = p[i] > p[best] ? i : best;
  return best;
}

static void
try_window (Trial *trial, float *samples, gsize n)
{
  const guint exact = decide (trial, samples, n, 0);

  for (gsize i = 0; i < n; i++)
    samples[i] = rintf (samples[i] * 32768) / 32768;
  trial->n_changed += decide (trial, samples, n, 1) != exact;
  trial->n_windows++;
  for (guint i = 0; i < gst_emotion_model_n_outputs (trial->model); i++)
    trial->largest =
        fmax (trial->largest, fabs (trial->out[0][i] - trial->out[1][i]));
}

static gboolean
try_file (Trial *trial, const char *path, GError **error)
{
  const DspRecipe *const recipe = gst_emotion_model_recipe (trial->model);
  gsize n;
  g_autofree float *samples = gst_emotion_decode_file (
      path, recipe->rate, recipe->window_len, &n, error);

  if (samples)
    try_window (trial, samples, MIN (n, recipe->window_len));
  return samples != NULL;
}

static gboolean
try_folder (Trial *trial, const char *folder, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    if (!try_file (trial, path, error))
      return FALSE;
  }
  return dir != NULL;
}

static gboolean
try_model (const char *folder, const char *what, GError **error)
{
  g_autoptr (GstEmotionModel) model = load (what, error);
  g_autoptr (DspFeatures) features =
      model ? dsp_features_new (gst_emotion_model_recipe (model), error) : NULL;

  if (!features)
    return FALSE;

  const guint n_outputs = gst_emotion_model_n_outputs (model);
  g_autofree float *in = g_new (float, gst_emotion_model_n_features (model));
  g_autofree float *out = g_new (float, 2 * n_outputs);
  Trial trial = { model, features, in, { out, out + n_outputs } };

  if (!try_folder (&trial, folder, error))
    return FALSE;
  printf ("{\"model\": \"%s\", \"windows\": %u, \"changed\": %u, "
          "\"largest\": %.4f}\n",
      gst_emotion_model_name (model), trial.n_windows, trial.n_changed,
      trial.largest);
  fflush (stdout);
  return TRUE;
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  if (argc < 3) {
    fprintf (stderr, "usage: rounding FOLDER NICK|FILE...\n");
    return 2;
  }
  for (int i = 2; i < argc; i++) {
    g_autoptr (GError) error = NULL;

    if (!try_model (argv[1], argv[i], &error)) {
      fprintf (stderr, "rounding: %s\n", error->message);
      return 1;
    }
  }
  return 0;
}
