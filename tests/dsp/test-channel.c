/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dsp/channel.h and dsp/room.h, by what a measuring device would show. */
#include "dsp/channel.h"

#include <math.h>
#include <string.h>
#include "dsp/error.h"
#include "dsp/room.h"

#define RATE 16000.0
#define N 16000

static float *
tone (double frequency, double amplitude)
{
  float *samples = g_new (float, N);

  for (size_t t = 0; t < N; t++)
    samples[t] = (float) (amplitude * sin (2 * G_PI * frequency * t / RATE));
  return samples;
}

/* Of the second half, in which filters have settled; a full sine is 0 dB. */
static double
level_db (const float *samples)
{
  double sum = 0;

  for (size_t t = N / 2; t < N; t++)
    sum += (double) samples[t] * samples[t];
  return 10 * log10 (2 * sum / (N / 2));
}

/* |H|^2 = 1 / (1 + (f / fc)^8), with the bilinear transform's frequencies. */
static double
butterworth_db (double frequency, double edge, gboolean is_high)
{
  const double ratio = tan (G_PI * frequency / RATE) / tan (G_PI * edge / RATE);

  return -10 * log10 (1 + pow (is_high ? 1 / ratio : ratio, 8));
}

static void
test_band (void)
{
  static const double frequencies[] = { 75, 150, 300, 600, 1000, 2000, 3400,
    5000, 7000 };

  for (size_t i = 0; i < G_N_ELEMENTS (frequencies); i++) {
    const double f = frequencies[i];
    g_autofree float *samples = tone (f, 1);
    g_autofree float *open = tone (f, 1);
    g_autofree float *as_it_was = tone (f, 1);

    dsp_band_limit (samples, N, RATE, 300, 3400);
    g_assert_cmpfloat_with_epsilon (level_db (samples),
        butterworth_db (f, 300, TRUE) + butterworth_db (f, 3400, FALSE), 0.05);
    dsp_band_limit (open, N, RATE, 0, 8000);
    g_assert_cmpmem (open, N * sizeof *open, as_it_was, N * sizeof *open);
  }
}

static void
test_equalize (void)
{
  static const struct {
    double centre, gain_db, q, frequency, want_db;
  } bells[] = {
    { 1000, 6, 1, 1000, 6 },
    { 1000, -12, 2, 1000, -12 },
    { 1000, 0, 1, 500, 0 },
    { 3000, 12, 4, 100, 0 },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (bells); i++) {
    g_autofree float *samples = tone (bells[i].frequency, 0.1);

    dsp_equalize (
        samples, N, RATE, bells[i].centre, bells[i].gain_db, bells[i].q);
    g_assert_cmpfloat_with_epsilon (
        level_db (samples), -20 + bells[i].want_db, 0.05);
  }
}

/* 255 levels; the distance of a sine from its noise is about 38 dB for any
 * level of the upper 30 dB (ITU-T G.712 wants 33). */
static void
test_mu_law (void)
{
  float corners[] = { 0, 1, -1, 2, -3 };

  for (double gain_db = 0; gain_db >= -30; gain_db -= 10) {
    g_autofree float *clean = tone (997, pow (10, gain_db / 20));
    g_autofree float *coded = g_memdup2 (clean, N * sizeof *clean);
    g_autoptr (GHashTable) levels =
        g_hash_table_new (g_direct_hash, g_direct_equal);
    double signal = 0, noise = 0;

    dsp_mu_law (coded, N);
    for (size_t t = 0; t < N; t++) {
      signal += (double) clean[t] * clean[t];
      noise += pow ((double) clean[t] - coded[t], 2);
      g_hash_table_add (levels, GINT_TO_POINTER (lrint (coded[t] * 1e6)));
    }
    g_assert_cmpuint (g_hash_table_size (levels), <=, 255);
    g_assert_cmpfloat (10 * log10 (signal / noise), >, 35);
    g_assert_cmpfloat (10 * log10 (signal / noise), <, 41);
  }
  dsp_mu_law (corners, G_N_ELEMENTS (corners));
  g_assert_cmpfloat (corners[0], ==, 0);
  for (size_t i = 1; i < G_N_ELEMENTS (corners); i++)
    g_assert_cmpfloat_with_epsilon (fabsf (corners[i]), 1, 1e-6);
}

static void
test_clip (void)
{
  float samples[] = { 0.1f, 0.6f, -0.9f };
  const float want[] = { 0.1f, 0.5f, -0.5f };

  dsp_clip (samples, 3, 0.5);
  g_assert_cmpmem (samples, sizeof samples, want, sizeof want);
}

/* An impulse shows the response: Schroeder's integral (1965) falls by 60 dB in
 * rt60, and the tail has drr_db less energy than the direct sound. */
static void
test_room (void)
{
  static const struct {
    double rt60, drr_db;
  } rooms[] = { { 0.2, 6 }, { 0.5, 0 }, { 0.8, -3 } };

  for (size_t i = 0; i < G_N_ELEMENTS (rooms); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (DspRoom) room = dsp_room_new (N, RATE, 0.8, &error);
    g_autoptr (GRand) rand = g_rand_new_with_seed (5);
    g_autofree float *samples = g_new0 (float, N);
    g_autofree double *rest = g_new0 (double, N + 1);
    const size_t first = (size_t) (rooms[i].rt60 * RATE / 6);
    const size_t last = 3 * first;

    g_assert_no_error (error);
    samples[0] = 1;
    dsp_room_reverberate (
        room, samples, N, rooms[i].rt60, rooms[i].drr_db, rand);
    for (size_t t = N; t-- > 0;)
      rest[t] = rest[t + 1] + (double) samples[t] * samples[t];
    g_assert_cmpfloat_with_epsilon (rest[0], 1, 1e-4);
    g_assert_cmpfloat_with_epsilon (
        10 * log10 ((rest[0] - rest[1]) / rest[1]), rooms[i].drr_db, 0.01);
    g_assert_cmpfloat_with_epsilon (
        20 / (10 * log10 (rest[first] / rest[last])), 1, 0.1);
  }
}

static void
test_room_repeats (void)
{
  g_autoptr (DspRoom) room = dsp_room_new (N, RATE, 1, NULL);
  g_autofree float *a = tone (440, 0.3);
  g_autofree float *b = tone (440, 0.3);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autoptr (GRand) same = g_rand_new_with_seed (1);

  a[7] = b[7] = NAN;
  dsp_room_reverberate (room, a, N, 0.7, 3, rand);
  dsp_room_reverberate (room, b, N, 0.7, 3, same);
  g_assert_cmpmem (a, N * sizeof *a, b, N * sizeof *b);
  for (size_t t = 0; t < N; t++)
    g_assert_true (isfinite (a[t]));
  memset (a, 0, N * sizeof *a);
  dsp_room_reverberate (room, a, N, 0.7, 3, rand);
  for (size_t t = 0; t < N; t++)
    g_assert_cmpfloat (a[t], ==, 0);
}

static void
test_room_errors (void)
{
  static const struct {
    size_t n;
    double rate, rt60;
  } wrong[] = { { N, 0, 1 }, { N, RATE, 0 }, { N, RATE, NAN },
    { 1 << 17, RATE, 1 }, { N, RATE, 100 } };

  for (size_t i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (
        dsp_room_new (wrong[i].n, wrong[i].rate, wrong[i].rt60, &error));
    g_assert_error (error, DSP_ERROR, DSP_ERROR_CONFIG);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/channel/band", test_band);
  g_test_add_func ("/channel/equalize", test_equalize);
  g_test_add_func ("/channel/mu-law", test_mu_law);
  g_test_add_func ("/channel/clip", test_clip);
  g_test_add_func ("/room/decay", test_room);
  g_test_add_func ("/room/repeats", test_room_repeats);
  g_test_add_func ("/room/errors", test_room_errors);
  return g_test_run ();
}
