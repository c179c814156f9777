/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of librosa that the golden files leave at their defaults, against
 * the plainest form of what librosa does: the signal padded as a whole, cut
 * into frames, transformed by the definition, in double. */
#include "dsp/features.h"

#include <complex.h>
#include <math.h>
#include <string.h>

#include "dsp/mel.h"

#define N 900 /* samples of a window */
#define N_FFT 64
#define N_BINS (N_FFT / 2 + 1)
#define N_MELS 12
#define N_MFCC 6
#define RATE 16000.0
#define TOLERANCE 1e-5 /* relative; of decibels absolute, times 100 */

static const char *const options[] = {
  "hop_length=32", /* all at their defaults */
  "win_length=40",
  "win_length=41", /* one more zero behind it than before */
  "win_length=1",
  "win_length=2",
  "window=hamming",
  "window=hamming win_length=50",
  "center=false",
  "center=false hop_length=64",
  "pad_mode=reflect",
  "pad_mode=reflect hop_length=7",
  "pad_mode=reflect center=false",
  "power=1",
  "power=1 ref=1.0",
  "htk=true",
  "htk=true f_min=300 f_max=5000",
  "norm=none",
  "norm=none htk=true power=1",
  "ref=1.0",
  "ref=1.0 top_db=20",
  "lifter=22",
  "lifter=0.5",
  "center=false win_length=30 window=hamming norm=none ref=1.0 lifter=10",
};

static DspRecipe
make_recipe (const char *changes)
{
  DspRecipe recipe = DSP_RECIPE_DEFAULT;
  g_autoptr (GError) error = NULL;

  g_assert_true (dsp_recipe_change (&recipe,
      "window_len=900 n_fft=64 hop_length=32 n_mels=12 mfcc_mels=12 n_mfcc=6 "
      "features=mel,mel_db,mfcc normalization=none",
      &error));
  g_assert_true (dsp_recipe_change (&recipe, changes, &error));
  g_assert_true (dsp_recipe_check (&recipe, &error));
  return recipe;
}

/* numpy.pad (y, n_fft // 2, mode) */
static double
padded (const DspRecipe *r, const float *y, long t)
{
  if (r->pad_mode == DSP_PAD_REFLECT)
    t = t < 0 ? -t : t >= N ? 2 * (N - 1) - t : t;
  return t >= 0 && t < N ? (double) y[t] : 0;
}

/* scipy.signal.get_window (window, win_length, fftbins=True), between zeros */
static double
window_at (const DspRecipe *r, long i)
{
  const long len = r->win_length ? (long) r->win_length : N_FFT;
  const double turn =
      2 * G_PI * (double) (i - (N_FFT - len) / 2) / (double) len;

  if (i < (N_FFT - len) / 2 || i >= (N_FFT - len) / 2 + len)
    return 0;
  if (len == 1) /* scipy's windows of one sample are 1 */
    return 1;
  return r->window == DSP_WINDOW_HAMMING ? 0.54 - 0.46 * cos (turn)
                                         : 0.5 - 0.5 * cos (turn);
}

static double
magnitude_at (const DspRecipe *r, const float *y, size_t frame, size_t bin)
{
  const long begin =
      (long) (frame * r->hop_length) - (r->center ? N_FFT / 2 : 0);
  double complex sum = 0;

  for (long i = 0; i < N_FFT; i++)
    sum += window_at (r, i) * padded (r, y, begin + i)
        * cexp (-2 * G_PI * I * (double) bin * (double) i / N_FFT);
  return cabs (sum);
}

/* Hz of equal steps on the mel scale. */
static double
edge (const DspRecipe *r, int i)
{
  const double part = i / (N_MELS + 1.0);
  const double log_step = log (6.4) / 27;
  double low, high, mel;

  if (r->htk) {
    low = 2595 * log10 (1 + r->f_min / 700);
    high = 2595 * log10 (1 + r->f_max / 700);
    return 700 * (pow (10, (low + (high - low) * part) / 2595) - 1);
  }
  low = r->f_min * 3 / 200; /* none is above 1 kHz here */
  high = 15 + log (r->f_max / 1000) / log_step;
  mel = low + (high - low) * part;
  return mel < 15 ? mel * 200 / 3 : 1000 * exp (log_step * (mel - 15));
}

static double
weight (const DspRecipe *r, int band, size_t bin)
{
  const double low = edge (r, band), mid = edge (r, band + 1),
               high = edge (r, band + 2);
  const double hz = (double) bin * RATE / N_FFT;
  const double w =
      fmax (0, fmin ((hz - low) / (mid - low), (high - hz) / (high - mid)));

  return r->norm == DSP_NORM_NONE ? w : w * 2 / (high - low);
}

static void
to_db (double *x, size_t n, double ref, double top_db)
{
  double max = -INFINITY;

  for (size_t i = 0; i < n; i++) {
    x[i] = 10 * log10 (fmax (1e-10, x[i])) - 10 * log10 (fmax (1e-10, ref));
    max = fmax (max, x[i]);
  }
  for (size_t i = 0; i < n; i++)
    x[i] = fmax (x[i], max - top_db);
}

/* [N_MELS] mel, [N_MELS] mel_db and [N_MFCC] MFCC, by n_frames. */
static double *
compute_plainly (const DspRecipe *r, const float *y, size_t n_frames)
{
  const size_t n = N_MELS * n_frames;
  double *const out = g_new0 (double, (2 * N_MELS + N_MFCC) * n_frames);
  double *const db = out + n, *const mfcc = db + n;
  g_autofree double *log_mel = g_new (double, n);
  double max = 0;

  for (size_t f = 0; f < n_frames; f++)
    for (size_t k = 0; k < N_BINS; k++) {
      const double magnitude = magnitude_at (r, y, f, k);

      for (int band = 0; band < N_MELS; band++)
        out[(size_t) band * n_frames + f] +=
            weight (r, band, k) * pow (magnitude, (double) r->power);
    }
  for (size_t i = 0; i < n; i++)
    max = fmax (max, out[i]);
  memcpy (db, out, n * sizeof *db);
  memcpy (log_mel, out, n * sizeof *db);
  to_db (db, n, r->ref == DSP_REF_MAX ? max : 1, r->top_db);
  to_db (log_mel, n, 1, r->top_db);
  for (size_t k = 0; k < N_MFCC; k++)
    for (size_t f = 0; f < n_frames; f++) {
      double sum = 0;

      for (size_t i = 0; i < N_MELS; i++)
        sum += log_mel[i * n_frames + f]
            * cos (G_PI * (double) k * ((double) i + 0.5) / N_MELS);
      sum *= sqrt ((k == 0 ? 1.0 : 2.0) / N_MELS);
      if (r->lifter > 0)
        sum *= 1 + r->lifter / 2 * sin (G_PI * (double) (k + 1) / r->lifter);
      mfcc[k * n_frames + f] = sum;
    }
  return out;
}

static float *
make_signal (size_t n)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  float *const y = g_new (float, n);

  for (size_t t = 0; t < n; t++)
    y[t] = (float) (0.3 * sin (0.4 * (double) t) + g_rand_double (rand) - 0.4);
  return y;
}

static void
test_option (gconstpointer data)
{
  const DspRecipe recipe = make_recipe (data);
  g_autoptr (DspFeatures) features = dsp_features_new (&recipe, NULL);
  const size_t n_frames = dsp_recipe_n_frames (&recipe);
  const size_t n = (2 * N_MELS + N_MFCC) * n_frames;
  g_autofree float *y = make_signal (N);
  g_autofree double *want = compute_plainly (&recipe, y, n_frames);
  g_autofree float *got = g_new (float, n);

  g_assert_cmpuint (n_frames, ==,
      recipe.center ? 1 + N / recipe.hop_length
                    : 1 + (N - N_FFT) / recipe.hop_length);
  g_assert_true (dsp_features_compute (features, y, N, got));
  for (size_t i = 0; i < n; i++) {
    const double bound =
        i < N_MELS * n_frames ? 1e-9 + TOLERANCE * want[i] : TOLERANCE * 100;

    g_assert_cmpfloat_with_epsilon ((double) got[i], want[i], bound);
  }
}

/* Frames that windows of a stream share have the same bits; a short window is
 * one with zeros behind, of which a mirror shows zeros. */
static void
test_stream (gconstpointer data)
{
  const DspRecipe recipe = make_recipe (data);
  g_autoptr (DspFeatures) alone = dsp_features_new (&recipe, NULL);
  g_autoptr (DspFeatures) stream = dsp_features_new (&recipe, NULL);
  g_autoptr (DspFrames) frames = dsp_frames_new (&recipe, NULL);
  const size_t n_bytes =
      dsp_features_n_bands (alone) * dsp_recipe_n_frames (&recipe) * 4;
  const size_t interval = 5 * recipe.hop_length;
  g_autofree float *y = make_signal (N + 4 * interval);
  g_autofree float *want = g_malloc (n_bytes);
  g_autofree float *got = g_malloc (n_bytes);
  uint64_t computed;

  for (size_t w = 0; w < 4; w++) {
    dsp_features_compute (alone, y + w * interval, N, want);
    dsp_features_compute_at (
        stream, frames, w * interval, y + w * interval, N, got);
    g_assert_cmpmem (got, n_bytes, want, n_bytes);
  }
  computed = dsp_features_frames_computed (stream);
  if (recipe.hop_length < N_FFT)
    g_assert_cmpuint (computed, <, 4 * dsp_recipe_n_frames (&recipe));
  dsp_features_compute_at (
      stream, frames, 4 * interval, y + 4 * interval, 500, got);
  memset (y + 4 * interval + 500, 0, (N - 500) * sizeof *y);
  dsp_features_compute (alone, y + 4 * interval, N, want);
  g_assert_cmpmem (got, n_bytes, want, n_bytes);
}

/* Two points of HTK's scale, and how 1 kHz is nearly 1000 there. */
static void
test_htk (void)
{
  g_assert_cmpfloat (dsp_mel_from_hz (0, true), ==, 0);
  g_assert_cmpfloat_with_epsilon (dsp_mel_from_hz (1000, true), 999.9855, 1e-3);
  g_assert_cmpfloat_with_epsilon (
      dsp_mel_from_hz (8000, true), 2840.0230, 1e-3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (options); i++) {
    g_autofree char *path = g_strdup_printf ("/options/plain/%s", options[i]);
    g_autofree char *stream =
        g_strdup_printf ("/options/stream/%s", options[i]);

    g_test_add_data_func (path, options[i], test_option);
    g_test_add_data_func (stream, options[i], test_stream);
  }
  g_test_add_func ("/options/htk", test_htk);
  return g_test_run ();
}
