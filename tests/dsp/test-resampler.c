/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/resampler.h"

#include <math.h>
#include <soxr.h>
#include <string.h>

#include "dsp/error.h"
#include "tests/dsp/golden.h"

#define SNR_DB 100

/* A whole stream in pushes of push_len samples into buffers of out_len. Free
 * with g_free; *n_out receives the count. */
static float *
run (DspResampler *resampler, const float *in, size_t n_in, size_t push_len,
    size_t out_len, size_t *n_out)
{
  g_autoptr (GArray) all = g_array_new (false, false, sizeof (float));
  g_autofree float *out = g_new (float, out_len);
  size_t at = 0;
  size_t n;

  while (at < n_in) {
    size_t used = 0;
    const size_t len = MIN (push_len, n_in - at);

    n = dsp_resampler_push (resampler, in + at, len, &used, out, out_len);
    g_assert_true (used == len || n == out_len);
    g_array_append_vals (all, out, (guint) n);
    at += used;
  }
  while ((n = dsp_resampler_drain (resampler, out, out_len)) > 0)
    g_array_append_vals (all, out, (guint) n);
  return g_array_steal (all, n_out);
}

static const struct {
  const char *name;
  double rate;
} goldens[] = { { "8000", 8000 }, { "22050", 22050 }, { "44100", 44100 },
  { "48000", 48000 } };

static void
test_golden (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  g_autoptr (NnH5) file = golden_open ("resample");

  if (!file)
    return;

  g_autofree char *in_name = g_strconcat ("in_", goldens[i].name, NULL);
  g_autofree char *out_name =
      g_strconcat ("out_", goldens[i].name, "_f64", NULL);
  size_t n_in, n_want, n_got;
  g_autofree float *in = golden_floats (file, in_name, &n_in);
  g_autofree double *want = golden_doubles (file, out_name, &n_want);
  g_autoptr (DspResampler) resampler =
      dsp_resampler_new (goldens[i].rate, 16000, NULL);
  g_autofree float *got = run (resampler, in, n_in, 1024, 4096, &n_got);

  g_assert_cmpuint (n_got, ==, n_want);

  const double snr_db = golden_snr_db (got, want, n_got);

  g_test_message ("%s Hz: SNR %.1f dB", goldens[i].name, snr_db);
  g_assert_cmpfloat (snr_db, >=, SNR_DB);
}

/* The filter itself: what comes out for one sample of 1. */
static void
test_impulse (void)
{
  g_autoptr (NnH5) file = golden_open ("resample");

  if (!file)
    return;

  size_t n_want, n_got;
  g_autofree double *want =
      golden_doubles (file, "impulse48k_at24000_out_f64", &n_want);
  g_autofree float *in = g_new0 (float, 48000);
  g_autoptr (DspResampler) resampler = dsp_resampler_new (48000, 16000, NULL);

  in[24000] = 1;

  g_autofree float *got = run (resampler, in, 48000, 48000, 48000, &n_got);

  g_assert_cmpuint (n_got, ==, n_want);
  g_assert_cmpfloat (golden_snr_db (got, want, n_got), >=, SNR_DB);
}

static const struct {
  const char *name;
  double in, out; /* Hz */
} divided[] = {
  { "48k", 48000, 16000 },
  { "66150", 66150, 22050 },
  { "24k", 24000, 8000 },
};

/* Where libsoxr's filter runs without libsoxr: noise, up to the very ends. */
static void
test_soxr (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data), n_in = 100003;
  const size_t n_max =
      (size_t) ((double) n_in * divided[i].out / divided[i].in);
  const soxr_io_spec_t io = soxr_io_spec (SOXR_FLOAT32_I, SOXR_FLOAT64_I);
  const soxr_quality_spec_t quality =
      soxr_quality_spec (SOXR_HQ, SOXR_DOUBLE_PRECISION);
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  g_autoptr (DspResampler) resampler =
      dsp_resampler_new (divided[i].in, divided[i].out, NULL);
  g_autofree float *in = g_new (float, n_in);
  g_autofree double *want = g_new (double, n_max);
  size_t n_want, n_got;

  g_assert_false (dsp_resampler_prefers_long_pushes (resampler));
  for (size_t t = 0; t < n_in; t++)
    in[t] = (float) g_rand_double_range (rand, -1, 1);
  g_assert_null (soxr_oneshot (divided[i].in, divided[i].out, 1, in, n_in, NULL,
      want, n_max, &n_want, &io, &quality, NULL));

  g_autofree float *got = run (resampler, in, n_in, 1000, 1000, &n_got);

  g_assert_cmpuint (n_want, >, n_in / 8);
  g_assert_cmpuint (n_got, >=, n_want);
  g_assert_cmpfloat (golden_snr_db (got, want, n_want), >=, 130);
}

static const struct {
  const char *name;
  double in, out; /* Hz */
} rates[] = {
  { "down", 48000, 16000 },
  { "up", 8000, 16000 },
  { "441", 44100, 16000 },
  { "22050", 22050, 16000 },
  { "11025", 11025, 16000 },
  { "192k", 192000, 16000 },
  { "32k", 32000, 16000 },
  { "96k", 96000, 16000 },
  { "odd", 47999, 16000 },
  { "fraction", 16000, 16000 * 1.0594630943592953 },
  { "equal", 16000, 16000 },
};

static const struct {
  size_t push_len, out_len;
} cuts[] = { { 1, 64 }, { 7, 5 }, { 160, 160 }, { 1024, 1 }, { 1024, 1 << 20 },
  { 999983, 333 } };

/* Every way to cut the stream, and a second run after reset: the same bits. */
static void
test_cuts (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  const size_t n_in = 30011;
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);
  g_autoptr (DspResampler) resampler =
      dsp_resampler_new (rates[i].in, rates[i].out, NULL);
  g_autofree float *in = g_new (float, n_in);
  size_t n_want;

  for (size_t t = 0; t < n_in; t++)
    in[t] = (float) g_rand_double_range (rand, -1, 1);

  g_autofree float *want = run (resampler, in, n_in, n_in, 1 << 20, &n_want);

  g_assert_cmpuint (
      n_want, ==, (size_t) ceil ((double) n_in * rates[i].out / rates[i].in));
  for (size_t c = 0; c < G_N_ELEMENTS (cuts); c++) {
    size_t n_got;

    dsp_resampler_reset (resampler);

    g_autofree float *got =
        run (resampler, in, n_in, cuts[c].push_len, cuts[c].out_len, &n_got);

    g_assert_cmpmem (got, n_got * 4, want, n_want * 4);
  }
}

/* ceil (n * ratio), for the shortest streams too. */
static void
test_counts (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  static const float in[400];
  g_autoptr (DspResampler) resampler =
      dsp_resampler_new (rates[i].in, rates[i].out, NULL);

  for (size_t n = 0; n < G_N_ELEMENTS (in); n = n * 5 / 4 + 1) {
    size_t n_got;
    g_free (run (resampler, in, n, 1000, 1000, &n_got));

    g_assert_cmpuint (
        n_got, ==, (size_t) ceil ((double) n * rates[i].out / rates[i].in));
    dsp_resampler_reset (resampler);
  }
}

/* NaN and infinity are zeros to the filter, and do no harm behind. */
static void
test_not_finite (void)
{
  g_autoptr (DspResampler) resampler = dsp_resampler_new (48000, 16000, NULL);
  float in[9000];
  size_t n_want, n_got;

  for (size_t t = 0; t < G_N_ELEMENTS (in); t++)
    in[t] = t % 5 == 0 ? 0.0f : sinf ((float) t / 10);

  g_autofree float *want = run (resampler, in, 9000, 9000, 9000, &n_want);

  for (size_t t = 0; t < G_N_ELEMENTS (in); t += 5)
    in[t] = t % 2 == 0 ? NAN : -INFINITY;
  dsp_resampler_reset (resampler);

  g_autofree float *got = run (resampler, in, 9000, 9000, 9000, &n_got);

  g_assert_cmpmem (got, n_got * 4, want, n_want * 4);
}

static const struct {
  const char *name;
  double in, out;
  bool ok;
} limits[] = {
  { "highest", 1e6, 16000, true },
  { "lowest", 1, 16000, true },
  { "zero", 0, 16000, false },
  { "negative", 48000, -1, false },
  { "nan", NAN, 16000, false },
  { "too-high", 48000, 1.1e6, false },
};

static void
test_limits (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  g_autoptr (GError) error = NULL;
  g_autoptr (DspResampler) resampler =
      dsp_resampler_new (limits[i].in, limits[i].out, &error);
  static const float in[100];

  g_assert_true ((resampler != NULL) == limits[i].ok);
  if (!resampler) {
    g_assert_error (error, DSP_ERROR, DSP_ERROR_CONFIG);
    return;
  }

  size_t n_got;
  g_free (run (resampler, in, 100, 100, 100000, &n_got));

  g_assert_cmpuint (
      n_got, ==, (size_t) ceil (100 * limits[i].out / limits[i].in));
}

#define ADD(prefix, table, test)                                               \
  for (size_t i = 0; i < G_N_ELEMENTS (table); i++) {                          \
    g_autofree char *path = g_strdup_printf (prefix "/%s", table[i].name);     \
                                                                               \
    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test);                   \
  }

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/resampler/golden", goldens, test_golden);
  ADD ("/resampler/soxr", divided, test_soxr);
  ADD ("/resampler/cuts", rates, test_cuts);
  ADD ("/resampler/counts", rates, test_counts);
  ADD ("/resampler/limits", limits, test_limits);
  g_test_add_func ("/resampler/impulse", test_impulse);
  g_test_add_func ("/resampler/not-finite", test_not_finite);
  return g_test_run ();
}
