/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/augment.h"

#include <math.h>
#include <string.h>

#include "dsp/error.h"

#define N 48000

static const struct {
  ptrdiff_t shift;
  float want[5]; /* of 0 1 2 3 4 */
} rolls[] = {
  { 0, { 0, 1, 2, 3, 4 } },
  { 2, { 3, 4, 0, 1, 2 } },
  { -1, { 1, 2, 3, 4, 0 } },
  { 5, { 0, 1, 2, 3, 4 } },
  { -12, { 2, 3, 4, 0, 1 } },
};

static void
test_roll (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (rolls); i++) {
    float samples[] = { 0, 1, 2, 3, 4 };

    dsp_roll (samples, 5, rolls[i].shift);
    g_assert_cmpmem (samples, sizeof samples, rolls[i].want, sizeof samples);
  }
  dsp_roll (NULL, 0, 3);
}

static void
test_gain (void)
{
  float samples[] = { 1, -0.5f };

  dsp_gain (samples, 2, 6.0206);
  g_assert_cmpfloat_with_epsilon (samples[0], 2, 1e-5);
  g_assert_cmpfloat_with_epsilon (samples[1], -1, 1e-5);
}

/* Mean, deviation, and the parts within 1 and 2 deviations of a normal
 * distribution; another seed, other noise. */
static void
test_noise (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (11);
  g_autoptr (GRand) same = g_rand_new_with_seed (11);
  g_autofree float *noise = g_new0 (float, N);
  g_autofree float *again = g_new0 (float, N);
  double sum = 0, squares = 0, within1 = 0, within2 = 0;

  dsp_add_noise (noise, N, 0.005, rand);
  dsp_add_noise (again, N, 0.005, same);
  g_assert_cmpmem (noise, N * 4, again, N * 4);
  for (size_t t = 0; t < N; t++) {
    sum += noise[t];
    squares += noise[t] * noise[t];
    within1 += fabsf (noise[t]) < 0.005f;
    within2 += fabsf (noise[t]) < 0.010f;
  }
  g_assert_cmpfloat_with_epsilon (sum / N, 0, 1e-4);
  g_assert_cmpfloat_with_epsilon (sqrt (squares / N), 0.005, 1e-4);
  g_assert_cmpfloat_with_epsilon (within1 / N, 0.6827, 0.01);
  g_assert_cmpfloat_with_epsilon (within2 / N, 0.9545, 0.01);

  memset (again, 0, N * 4);
  dsp_add_noise (again, N, 0.005, rand);
  g_assert_cmpint (memcmp (noise, again, N * 4), !=, 0);
}

static double
snr_db (const float *clean, const float *noisy, size_t n)
{
  double signal = 0, noise = 0;

  for (size_t t = 0; t < n; t++) {
    const double diff = (double) noisy[t] - (double) clean[t];

    signal += (double) clean[t] * (double) clean[t];
    noise += diff * diff;
  }
  return 10 * log10 (signal / noise);
}

static void
test_snr (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (12);
  g_autofree float *clean = g_new (float, N);
  g_autofree float *noisy = g_new (float, N);
  static const float hum[100] = { [50] = 1 };

  for (size_t t = 0; t < N; t++)
    clean[t] = 0.3f * sinf ((float) t / 9);
  for (double wanted = -5; wanted <= 30; wanted += 7) {
    memcpy (noisy, clean, N * 4);
    dsp_add_noise_at_snr (noisy, N, wanted, rand);
    g_assert_cmpfloat_with_epsilon (snr_db (clean, noisy, N), wanted, 0.1);
    memcpy (noisy, clean, N * 4);
    dsp_mix_at_snr (noisy, N, hum, G_N_ELEMENTS (hum), wanted, rand);
    g_assert_cmpfloat_with_epsilon (snr_db (clean, noisy, N), wanted, 0.1);
  }

  /* Silence stays, and silence adds nothing. */
  float silence[10] = { 0 };

  dsp_add_noise_at_snr (silence, 10, 10, rand);
  dsp_mix_at_snr (silence, 10, hum, 100, 10, rand);
  for (size_t t = 0; t < 10; t++)
    g_assert_cmpfloat (silence[t], ==, 0);
  memcpy (noisy, clean, N * 4);
  dsp_mix_at_snr (noisy, N, silence, 10, 10, rand);
  dsp_mix_at_snr (noisy, N, NULL, 0, 10, rand);
  g_assert_cmpmem (noisy, N * 4, clean, N * 4);
}

/* Length and frequency of a tone. */
static void
test_speed (void)
{
  float tone[N];

  for (size_t t = 0; t < N; t++)
    tone[t] = sinf ((float) (2 * G_PI * 400 * (double) t / 16000));
  for (double factor = 0.9; factor < 1.15; factor += 0.1) {
    size_t n, crossings = 0;
    g_autofree float *out = dsp_change_speed (tone, N, factor, &n, NULL);

    g_assert_cmpuint (n, ==, (size_t) ceil (N / factor));
    for (size_t t = 1; t < n; t++)
      crossings += out[t - 1] < 0 && out[t] >= 0;
    g_assert_cmpfloat_with_epsilon (
        (double) crossings * 16000 / (double) n, 400 * factor, 1);
  }
}

static void
test_speed_limits (void)
{
  static const double wrong[] = { 0, -1, 11, NAN };
  const float sample = 1;

  for (size_t i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;
    size_t n;

    g_assert_null (dsp_change_speed (&sample, 1, wrong[i], &n, &error));
    g_assert_error (error, DSP_ERROR, DSP_ERROR_CONFIG);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/augment/roll", test_roll);
  g_test_add_func ("/augment/gain", test_gain);
  g_test_add_func ("/augment/noise", test_noise);
  g_test_add_func ("/augment/snr", test_snr);
  g_test_add_func ("/augment/speed", test_speed);
  g_test_add_func ("/augment/speed-limits", test_speed_limits);
  return g_test_run ();
}
