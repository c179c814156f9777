/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What weights of fewer bits are worth: time, decisions and size of each model
 * with them and without, on the first window of each recording of RAVDESS'
 * actors 17-20, where one runs after the other. Rows of a table in Markdown.
 * Usage: bench-quantize [float16|int8] RAVDESS NICK|FILE...
 * float16, int8: of a file that is stored so (emotion-train --quantize); else
 * as the option quantize runs it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/features.h"
#include "gst/media/decode.h"
#include "gst/model/model-cache.h"
#include "gst/train/ensemble.h"
#include "nn/train/metrics.h"
#include "tests/bench/bench.h"

#define N_ROUNDS 5 /* of both on a window; the first is not counted */

/* One form of a model. */
typedef struct {
  GstEmotionModel *model;
  gsize len; /* bytes of its file; 0: not asked for */
  BenchRow *row;
  NnMetrics *metrics;
  float *out; /* [n_outputs] */
} Form;

typedef struct {
  Bench *bench;
  Form form[2]; /* as it is, quantized */
  DspFeatures *features;
  float *in; /* [n_features] */
  guint n_windows, n_changed;
  double largest; /* change of a probability */
} Trial;

static GstEmotionModel *
load_as (const char *what, gboolean quantize, GError **error)
{
  const GstEmotionModelOptions options = { .quantize = quantize };
  GstEmotionBuiltin builtin;

  return gst_emotion_builtin_find (what, &builtin)
      ? gst_emotion_model_cache_get_builtin (builtin, &options, error)
      : gst_emotion_model_cache_get (what, &options, error);
}

/* storage: of the second form's file; NN_STORAGE_FLOAT32: it is run with 8
 * bits. */
static gboolean
load (Form *form, const char *what, gboolean is_second, NnStorage storage,
    GError **error)
{
  g_autoptr (GstEmotionModel) model =
      load_as (what, is_second && storage == NN_STORAGE_FLOAT32, error);

  if (model && storage != NN_STORAGE_FLOAT32)
    form->model = train_compressed (model, what,
        is_second ? storage : NN_STORAGE_FLOAT32, &form->len, error);
  else
    form->model = g_steal_pointer (&model);
  return form->model != NULL;
}

static void
trial_clear (Trial *self)
{
  for (guint i = 0; i < 2; i++) {
    g_clear_pointer (&self->form[i].model, gst_emotion_model_unref);
    g_clear_pointer (&self->form[i].metrics, nn_metrics_free);
    g_clear_pointer (&self->form[i].out, g_free);
  }
  g_clear_pointer (&self->features, dsp_features_free);
  g_clear_pointer (&self->in, g_free);
  g_clear_pointer (&self->bench, bench_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Trial, trial_clear)

static gboolean
trial_init (Trial *self, const char *what, NnStorage storage, GError **error)
{
  BenchTable *table;

  self->bench = bench_new ();
  table = bench_add_table (self->bench, what, 0);
  for (guint i = 0; i < 2; i++) {
    Form *const form = &self->form[i];

    if (!load (form, what, i == 1, storage, error))
      return FALSE;
    form->row = bench_add_row (table, "", 0, 1);
    form->metrics = nn_metrics_new (gst_emotion_model_n_outputs (form->model));
    form->out = g_new (float, gst_emotion_model_n_outputs (form->model));
  }
  self->features =
      dsp_features_new (gst_emotion_model_recipe (self->form[0].model), error);
  self->in = g_new (float, gst_emotion_model_n_features (self->form[0].model));
  return self->features != NULL;
}

static guint
best_of (const float *p, guint n)
{
  guint best = 0;

  for (guint i = 1; i < n; i++)
    best = p[i] > p[best] ? i : best;
  return best;
}

static void
try_window (Trial *self, const float *samples, gsize n, gsize label)
{
  const guint n_outputs = gst_emotion_model_n_outputs (self->form[0].model);

  dsp_features_compute (self->features, samples, n, self->in);
  for (guint round = 0; round < N_ROUNDS; round++)
    for (guint i = 0; i < 2; i++) {
      Form *const form = &self->form[i];
      const gint64 t = bench_clock ();

      gst_emotion_model_run (form->model, self->in, form->out);
      if (round > 0)
        bench_lap (form->row, t);
    }
  for (guint i = 0; i < 2; i++)
    nn_metrics_add (self->form[i].metrics, label, self->form[i].out);
  for (guint i = 0; i < n_outputs; i++)
    self->largest = fmax (
        self->largest, fabs (self->form[0].out[i] - self->form[1].out[i]));
  self->n_changed += best_of (self->form[0].out, n_outputs)
      != best_of (self->form[1].out, n_outputs);
  self->n_windows++;
}

/* The third field of a name is the emotion, from 01 on: in the order of the
 * models' labels. */
static gboolean
try_file (Trial *self, const char *folder, const char *name, GError **error)
{
  const DspRecipe *const recipe =
      gst_emotion_model_recipe (self->form[0].model);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  gsize n;
  g_autofree float *samples = gst_emotion_decode_file (
      path, recipe->rate, recipe->window_len, &n, error);

  if (!samples)
    return FALSE;
  try_window (
      self, samples, MIN (n, recipe->window_len), (gsize) atoi (name + 6) - 1);
  return TRUE;
}

static gboolean
try_actor (Trial *self, const char *ravdess, guint actor, GError **error)
{
  g_autofree char *folder = g_strdup_printf ("%s/Actor_%u", ravdess, actor);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    if (strlen (name) >= 20 && !try_file (self, folder, name, error))
      return FALSE;
  return dir != NULL;
}

static gboolean
try_model (
    const char *ravdess, const char *what, NnStorage storage, GError **error)
{
  g_auto (Trial) trial = { 0 };
  const Form *const form = trial.form;

  if (!trial_init (&trial, what, storage, error))
    return FALSE;
  for (guint actor = 17; actor <= 20; actor++)
    if (!try_actor (&trial, ravdess, actor, error))
      return FALSE;
  printf ("| %s | %.0f (%.0f) | %.0f (%.0f) | %.2f | %.4f | %u of %u | %.1f %% "
          "| %.1f %% | %.1f | %.1f |\n",
      gst_emotion_model_name (form[0].model), bench_row_median (form[0].row),
      bench_row_min (form[0].row), bench_row_median (form[1].row),
      bench_row_min (form[1].row),
      bench_row_median (form[0].row) / bench_row_median (form[1].row),
      trial.largest, trial.n_changed, trial.n_windows,
      100 * nn_metrics_uar (form[0].metrics),
      100 * nn_metrics_uar (form[1].metrics), form[0].len / 1000.0,
      form[1].len / 1000.0);
  fflush (stdout);
  return TRUE;
}

int
main (int argc, char **argv)
{
  NnStorage storage = NN_STORAGE_FLOAT32;

  gst_init (&argc, &argv);
  if (argc > 1 && g_str_equal (argv[1], "float16"))
    storage = NN_STORAGE_FLOAT16;
  if (argc > 1 && g_str_equal (argv[1], "int8"))
    storage = NN_STORAGE_INT8;
  if (storage != NN_STORAGE_FLOAT32) {
    argv++;
    argc--;
  }
  if (argc < 3) {
    fprintf (
        stderr, "usage: bench-quantize [float16|int8] RAVDESS NICK|FILE...\n");
    return 2;
  }
  printf (
      "| model | float32, us: median (minimum) | fewer bits | times as fast | "
      "largest change | decisions changed | UAR | UAR, fewer bits | kB | "
      "kB, fewer bits |\n"
      "|---|---|---|---|---|---|---|---|---|---|\n");
  for (int i = 2; i < argc; i++) {
    g_autoptr (GError) error = NULL;

    if (!try_model (argv[1], argv[i], storage, &error)) {
      fprintf (stderr, "bench-quantize: %s\n", error->message);
      return EXIT_FAILURE;
    }
  }
  return EXIT_SUCCESS;
}
