/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/tuning.h"

#include <math.h>

#include "dsp/stft.h"
#include "tests/dsp/golden.h"

#define N_FRAMES 94
#define WINDOW_LEN 48000

static double
estimate (const float *y, size_t n_samples)
{
  g_autoptr (DspStft) stft =
      dsp_stft_new (&(DspStftConfig){ .n_fft = 2048, .hop_length = 512 }, NULL);
  g_autoptr (DspTuning) tuning =
      dsp_tuning_new (16000, 2048, 12, N_FRAMES, NULL);
  float power[1025];

  dsp_tuning_begin (tuning);
  for (size_t f = 0; f < N_FRAMES; f++) {
    dsp_stft_power (stft, y, n_samples, f, power);
    dsp_tuning_add (tuning, power);
  }
  return dsp_tuning_estimate (tuning);
}

static void
test_golden (gconstpointer clip)
{
  g_autoptr (NnH5) file = golden_open (clip);

  if (!file)
    return;

  size_t n_samples;
  g_autofree float *y = golden_floats (file, "y", &n_samples);
  g_autofree double *want = golden_doubles (file, "tuning_f64", NULL);
  const double got = estimate (y, MIN (n_samples, WINDOW_LEN));

  g_test_message ("tuning %.17g for %.17g", got, *want);
  if (g_str_equal (clip, "impulse")) /* librosa: -0.42 or -0.5 */
    g_assert_cmpfloat (fabs (got), <=, 0.5);
  else
    g_assert_cmpfloat_with_epsilon (got, *want, 1e-12);
}

/* Chords of pure tones off by a known part of a semitone. */
static void
test_detuned (void)
{
  g_autofree float *y = g_new (float, WINDOW_LEN);

  for (int cents = -40; cents <= 40; cents += 20) {
    for (size_t t = 0; t < WINDOW_LEN; t++) {
      y[t] = 0;
      for (int note = 0; note < 5; note++)
        y[t] += (float) sin (2 * G_PI * (double) t / 16000 * 440
            * exp2 ((cents / 100.0 + 3 * note) / 12));
    }
    /* The parabola through power is off by a few cents below 700 Hz. */
    g_assert_cmpfloat_with_epsilon (
        estimate (y, WINDOW_LEN), cents / 100.0, 0.04);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  golden_add_tests ("/tuning/golden", test_golden);
  g_test_add_func ("/tuning/detuned", test_detuned);
  return g_test_run ();
}
