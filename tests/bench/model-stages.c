/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "dsp/features.h"
#include "nn/error.h"
#include "nn/profile.h"
#include "tests/bench/signal.h"
#include "tests/bench/stages.h"

typedef struct {
  NnSession *session;
  DspFeatures *features; /* NULL: the model takes others */
  size_t batch, n_in, n_samples;
  float *samples; /* [n_samples] */
  float *in;      /* [batch][n_in] */
  float *out;     /* [batch][classes] */
  BenchRow **row_call;
  BenchRow *row_whole, *row_chain;
} Stages;

static void
stages_free (gpointer data)
{
  Stages *const s = data;

  nn_session_free (s->session);
  dsp_features_free (s->features);
  g_free (s->samples);
  g_free (s->in);
  g_free (s->out);
  g_free (s->row_call);
  g_free (s);
}

static void
run_calls (gpointer data)
{
  const Stages *const s = data;
  const size_t n_calls = nn_session_n_calls (s->session);
  gint64 t;

  nn_session_begin (s->session, (const float *const[]){ s->in });
  t = bench_clock ();
  for (size_t i = 0; i < n_calls; i++) {
    nn_session_run_call (s->session, i, s->batch);
    t = bench_lap (s->row_call[i], t);
  }
  nn_session_end (s->session, s->batch, (float *const[]){ s->out });
}

static void
run_whole (gpointer data)
{
  const Stages *const s = data;
  const gint64 t = bench_clock ();

  nn_session_run (s->session, s->batch, (const float *const[]){ s->in },
      (float *const[]){ s->out });
  bench_lap (s->row_whole, t);
}

static void
run_chain (gpointer data)
{
  const Stages *const s = data;
  const gint64 t = bench_clock ();

  dsp_features_compute (s->features, s->samples, s->n_samples, s->in);
  nn_session_run (s->session, 1, (const float *const[]){ s->in },
      (float *const[]){ s->out });
  bench_lap (s->row_chain, t);
}

static double
make_call_rows (Stages *s, BenchTable *table)
{
  const size_t n_calls = nn_session_n_calls (s->session);
  double flops = 0;

  s->row_call = g_new (BenchRow *, n_calls);
  for (size_t i = 0; i < n_calls; i++) {
    const NnCallInfo info = nn_session_call_info (s->session, i);

    s->row_call[i] =
        bench_add_row (table, info.name, info.flops, (double) s->batch);
    flops += info.flops;
  }
  return flops;
}

static void
make_rows (Stages *s, Bench *bench, const char *title)
{
  g_autofree char *full =
      g_strdup_printf ("%s, batch %" G_GSIZE_FORMAT, title, s->batch);
  BenchTable *const table =
      bench_add_table (bench, full, nn_session_memory (s->session));
  const double flops = make_call_rows (s, table);

  s->row_whole =
      bench_add_row (table, "network, whole", flops, (double) s->batch);
  if (s->batch == 1 && s->features)
    s->row_chain = bench_add_row (table, "features + network", 0, 1);
}

/* Whether the default features are what it takes. */
static bool
takes_features (NnModel *model, const DspFeatures *features)
{
  return nn_shape_size (nn_model_input_shape (model, 0))
      == dsp_features_n_bands (features) * dsp_features_n_frames (features);
}

/* The features of a sound, or as many numbers of their kind. */
static void
fill_input (Stages *s)
{
  if (s->features)
    dsp_features_compute (s->features, s->samples, s->n_samples, s->in);
  else
    for (size_t i = 0; i < s->n_in; i++)
      s->in[i] = s->samples[i % s->n_samples] * 40 - 60;
  for (size_t i = 1; i < s->batch; i++)
    memcpy (s->in + i * s->n_in, s->in, s->n_in * sizeof *s->in);
}

bool
stages_add_model (Bench *bench, const char *title, NnModel *model, size_t batch,
    GError **error)
{
  const DspRecipe recipe = DSP_RECIPE_DEFAULT;
  g_autoptr (DspFeatures) features = dsp_features_new (&recipe, error);
  g_autoptr (NnSession) session = nn_session_new (model, batch, error);
  Stages *s;

  if (!features || !session)
    return false;
  if (nn_model_n_inputs (model) != 1 || nn_model_n_outputs (model) != 1) {
    g_set_error (error, NN_ERROR, NN_ERROR_SHAPE,
        "%s: has not one input and one output", title);
    return false;
  }
  s = g_new0 (Stages, 1);
  s->session = g_steal_pointer (&session);
  if (takes_features (model, features))
    s->features = g_steal_pointer (&features);
  s->batch = batch;
  s->n_samples = recipe.window_len;
  s->samples = signal_new (s->n_samples, recipe.rate);
  s->n_in = nn_shape_size (nn_model_input_shape (model, 0));
  s->in = g_new (float, batch * s->n_in);
  s->out =
      g_new (float, batch *nn_shape_size (nn_model_output_shape (model, 0)));
  fill_input (s);
  make_rows (s, bench, title);
  bench_add_probe (bench, run_calls, s, stages_free);
  bench_add_probe (bench, run_whole, s, NULL);
  if (s->row_chain)
    bench_add_probe (bench, run_chain, s, NULL);
  return true;
}
