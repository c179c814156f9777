/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fftw3.h>
#include <math.h>
#include <string.h>
#include "dsp/db.h"
#include "dsp/features.h"
#include "dsp/mel.h"
#include "dsp/resampler.h"
#include "dsp/stft.h"
#include "tests/bench/heap.h"
#include "tests/bench/signal.h"
#include "tests/bench/stages.h"

#define RATE_IN 48000
#define PUSH 480 /* samples: buffers of 10 ms */

typedef struct {
  DspRecipe recipe;
  size_t n_frames, n_bins, n_out;
  float *samples;    /* [window_len] */
  float *samples_in; /* the same time at RATE_IN */
  float *power;      /* [n_frames][n_bins] */
  float *out;        /* [n_mels][n_frames] */
  DspResampler *resampler;
  DspStft *stft;
  DspMel *bank;
  DspFeatures *features;
  fftw_plan fftw;
  double *fftw_in;
  fftw_complex *fftw_out;
  fftwf_plan single; /* the same transform in single precision */
  float *single_in;
  fftwf_complex *single_out;
  BenchRow *row_resample, *row_fftw, *row_single, *row_stft, *row_mel, *row_db,
      *row_whole;
} Stages;

static void
stages_free (gpointer data)
{
  Stages *const s = data;

  fftw_destroy_plan (s->fftw);
  fftw_free (s->fftw_in);
  fftw_free (s->fftw_out);
  fftwf_destroy_plan (s->single);
  fftwf_free (s->single_in);
  fftwf_free (s->single_out);
  dsp_features_free (s->features);
  dsp_mel_free (s->bank);
  dsp_stft_free (s->stft);
  dsp_resampler_free (s->resampler);
  g_free (s->samples);
  g_free (s->samples_in);
  g_free (s->power);
  g_free (s->out);
  g_free (s);
}

static void
run_resampler (gpointer data)
{
  Stages *const s = data;
  const size_t n = s->recipe.window_len * RATE_IN / (size_t) s->recipe.rate;
  const gint64 t = bench_clock ();
  size_t used;

  for (size_t i = 0; i < n; i += PUSH)
    dsp_resampler_push (s->resampler, s->samples_in + i, MIN (PUSH, n - i),
        &used, s->out, PUSH);
  bench_lap (s->row_resample, t);
}

static void
run_fftw (gpointer data)
{
  const Stages *const s = data;
  gint64 t = bench_clock ();

  for (size_t f = 0; f < s->n_frames; f++)
    fftw_execute (s->fftw);
  t = bench_lap (s->row_fftw, t);
  for (size_t f = 0; f < s->n_frames; f++)
    fftwf_execute (s->single);
  bench_lap (s->row_single, t);
}

static void
run_steps (gpointer data)
{
  const Stages *const s = data;
  const DspRecipe *const r = &s->recipe;
  gint64 t = bench_clock ();

  for (size_t f = 0; f < s->n_frames; f++)
    dsp_stft_power (
        s->stft, s->samples, r->window_len, f, s->power + f * s->n_bins);
  t = bench_lap (s->row_stft, t);
  for (size_t f = 0; f < s->n_frames; f++)
    dsp_mel_apply (s->bank, s->power + f * s->n_bins, s->out + f * r->n_mels);
  t = bench_lap (s->row_mel, t);
  dsp_power_to_db (
      s->out, s->n_out, DSP_DB_REF_MAX, (float) r->amin, (float) r->top_db);
  dsp_min_max (s->out, s->n_out);
  bench_lap (s->row_db, t);
}

static void
run_whole (gpointer data)
{
  const Stages *const s = data;
  const gint64 t = bench_clock ();

  dsp_features_compute (s->features, s->samples, s->recipe.window_len, s->out);
  bench_lap (s->row_whole, t);
}

static double
mel_flops (const Stages *s)
{
  size_t n = 0;

  for (size_t band = 0; band < s->recipe.n_mels; band++)
    for (size_t bin = 0; bin < s->n_bins; bin++)
      n += dsp_mel_weight (s->bank, band, bin) != 0;
  return 2.0 * (double) (n * s->n_frames);
}

static void
make_rows (Stages *s, Bench *bench, size_t memory)
{
  const double n_fft = (double) s->recipe.n_fft;
  /* what is usual for a real transform */
  const double fft = 2.5 * n_fft * log2 (n_fft) * (double) s->n_frames;
  const double mel = mel_flops (s);
  BenchTable *const table = bench_add_table (bench, "Features of 3 s", memory);

  s->row_resample = bench_add_row (table, "resample 48 kHz to 16 kHz", 0, 1);
  s->row_fftw = bench_add_row (table, "bare FFTW transforms", fft, 1);
  s->row_single = bench_add_row (table, "the same, single precision", fft, 1);
  s->row_stft = bench_add_row (table, "STFT", fft, 1);
  s->row_mel = bench_add_row (table, "mel", mel, 1);
  s->row_db = bench_add_row (table, "dB, min-max", 0, 1);
  s->row_whole = bench_add_row (table, "features, whole", fft + mel, 1);
}

static void
make_fftw (Stages *s)
{
  const int n = (int) s->recipe.n_fft;

  s->fftw_in = fftw_alloc_real (s->recipe.n_fft);
  s->fftw_out = fftw_alloc_complex (s->n_bins);
  s->fftw = fftw_plan_dft_r2c_1d (
      n, s->fftw_in, s->fftw_out, FFTW_MEASURE | FFTW_DESTROY_INPUT);
  memset (s->fftw_in, 0, s->recipe.n_fft * sizeof *s->fftw_in);
  s->single_in = fftwf_alloc_real (s->recipe.n_fft);
  s->single_out = fftwf_alloc_complex (s->n_bins);
  s->single = fftwf_plan_dft_r2c_1d (
      n, s->single_in, s->single_out, FFTW_MEASURE | FFTW_DESTROY_INPUT);
  memset (s->single_in, 0, s->recipe.n_fft * sizeof *s->single_in);
}

BenchRow *
stages_add_features (Bench *bench)
{
  Stages *s = g_new0 (Stages, 1);
  const DspRecipe *const r = &s->recipe;
  size_t memory;

  s->recipe = DSP_RECIPE_DEFAULT;
  const DspMelConfig mel = { r->rate, r->n_fft, r->n_mels, r->f_min, r->f_max };

  dsp_features_free (dsp_features_new (r, NULL)); /* what FFTW keeps for all */
  memory = heap_in_use ();
  s->features = dsp_features_new (r, NULL);
  s->resampler = dsp_resampler_new (RATE_IN, r->rate, NULL);
  memory = heap_in_use () - memory;
  s->stft = dsp_stft_new (
      &(DspStftConfig){ .n_fft = r->n_fft, .hop_length = r->hop_length }, NULL);
  s->bank = dsp_mel_new (&mel, NULL);
  s->n_frames = dsp_features_n_frames (s->features);
  s->n_bins = dsp_stft_n_bins (s->stft);
  s->n_out = r->n_mels * s->n_frames;
  s->samples = signal_new (r->window_len, r->rate);
  s->samples_in =
      signal_new (r->window_len * RATE_IN / (size_t) r->rate, RATE_IN);
  s->power = g_new0 (float, s->n_frames * s->n_bins);
  s->out = g_new0 (float, MAX (s->n_out, PUSH));
  make_fftw (s);
  make_rows (s, bench, memory);
  bench_add_probe (bench, run_resampler, s, stages_free);
  bench_add_probe (bench, run_fftw, s, NULL);
  bench_add_probe (bench, run_steps, s, NULL);
  bench_add_probe (bench, run_whole, s, NULL);
  return s->row_fftw;
}
