/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every path of the inner loops that this processor has, against plain loops in
 * double precision. */
#include "dsp/kernels.h"

#include <glib.h>
#include <complex.h>
#include <math.h>
#include <string.h>

#include "dsp/sample.h"

#define MAX_LEN 70

static const char *const paths[] = { "generic", "avx2", "avx512" };

typedef struct {
  float x[MAX_LEN];
  float y[MAX_LEN];
  double d[2 * MAX_LEN];
} Data;

static Data
random_data (guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  Data data;

  for (size_t i = 0; i < MAX_LEN; i++) {
    data.x[i] = (float) g_rand_double_range (rand, -1, 1);
    data.y[i] = (float) g_rand_double_range (rand, 0, 1);
    data.d[2 * i] = g_rand_double_range (rand, -1, 1);
    data.d[2 * i + 1] = g_rand_double_range (rand, -1, 1);
  }
  return data;
}

/* The path of a test, or NULL and a skip. */
static const DspKernels *
find (gconstpointer name)
{
  const DspKernels *kernels = dsp_kernels_find (name);

  if (!kernels)
    g_test_skip ("this processor or build does not have it");
  else
    g_assert_cmpstr (kernels->name, ==, name);
  return kernels;
}

static void
test_elements (gconstpointer name)
{
  const DspKernels *kernels = find (name);

  for (size_t n = 0; kernels && n <= MAX_LEN; n++) {
    Data data = random_data ((guint32) n);
    double windowed[MAX_LEN];
    float out[MAX_LEN + 1];

    out[n] = 7; /* must stay */
    if (n > 3) {
      data.x[n / 2] = NAN;
      data.x[n - 1] = -INFINITY;
      data.x[0] = 2e12f;
      data.x[1] = DSP_SAMPLE_MAX;
    }
    kernels->clean (data.x, n, out);
    for (size_t i = 0; i < n; i++)
      g_assert_cmpfloat (out[i], ==, dsp_sample_clean (data.x[i]));
    g_assert_cmpfloat (out[n], ==, 7);

    kernels->apply_window (data.x, data.d, n, windowed);
    for (size_t i = 0; i < n; i++)
      g_assert_cmpfloat (
          windowed[i], ==, (double) dsp_sample_clean (data.x[i]) * data.d[i]);
    if (n > 3)
      g_assert_cmpfloat (windowed[n / 2], ==, 0);

    kernels->power (data.d, n, out);
    for (size_t i = 0; i < n; i++) {
      const double want =
          data.d[2 * i] * data.d[2 * i] + data.d[2 * i + 1] * data.d[2 * i + 1];

      g_assert_cmpfloat_with_epsilon (out[i], want, 1e-7 * want);
    }

    kernels->magnitude (data.y, n, out);
    for (size_t i = 0; i < n; i++)
      g_assert_cmpfloat (out[i], ==, sqrtf (data.y[i]));

    memcpy (out, data.y, n * sizeof (float));
    kernels->subtract (out, n, 0.75f, -0.5f);
    for (size_t i = 0; i < n; i++)
      g_assert_cmpfloat (out[i], ==, MAX (data.y[i] - 0.75f, -0.5f));

    memcpy (out, data.y, n * sizeof (float));
    kernels->normalise (out, n, 0.25f, 3.0f);
    for (size_t i = 0; i < n; i++)
      g_assert_cmpfloat (out[i], ==, (data.y[i] - 0.25f) / 3.0f);
    g_assert_cmpfloat (out[n], ==, 7);
  }
}

static void
test_sums (gconstpointer name)
{
  const DspKernels *kernels = find (name);

  for (size_t n = 1; kernels && n <= MAX_LEN; n++) {
    const Data data = random_data ((guint32) n);
    const DspBand bands[] = { { 0, n, 0 }, { n / 2, n - n / 2, 1 },
      { 0, 0, 0 } };
    float out[6] = { -1, -1, -1, -1, -1, -1 };
    float min = 9, max = -9, got_min, got_max;
    double sum = 0, moment1 = 0, moment2 = 0;

    kernels->product (bands, 3, data.x, data.y, out, 2);
    for (size_t b = 0; b < 3; b++) {
      double want = 0;

      for (size_t k = 0; k < bands[b].len; k++)
        want +=
            (double) data.x[bands[b].offset + k] * data.y[bands[b].first + k];
      g_assert_cmpfloat_with_epsilon (out[2 * b], want, 1e-5);
      g_assert_cmpfloat (out[2 * b + 1], ==, -1);
    }

    for (size_t i = 0; i < n; i++) {
      min = fminf (min, data.x[i]);
      max = fmaxf (max, data.x[i]);
      sum += data.x[i];
      moment1 += (double) i * data.x[i];
      moment2 += ((double) i - 3.25) * ((double) i - 3.25) * data.x[i];
    }
    kernels->range (data.x, n, &got_min, &got_max);
    g_assert_cmpfloat (got_min, ==, min);
    g_assert_cmpfloat (got_max, ==, max);
    g_assert_cmpfloat_with_epsilon (kernels->sum (data.x, n), sum, 1e-12);
    g_assert_cmpfloat_with_epsilon (
        kernels->moment1 (data.x, n), moment1, 1e-10);
    g_assert_cmpfloat_with_epsilon (
        kernels->moment2 (data.x, n, 3.25), moment2, 1e-8);
  }
}

/* Complex numbers, against those of C. Zero has a direction, too. */
static void
test_complex (gconstpointer name)
{
  const DspKernels *kernels = find (name);

  for (size_t n = 0; kernels && n <= MAX_LEN; n++) {
    Data data = random_data ((guint32) n), other = random_data (1000);
    double complex direction[MAX_LEN], out[MAX_LEN], turned[MAX_LEN];
    double complex *const a = (double complex *) data.d;
    double complex *const b = (double complex *) other.d;
    double length[MAX_LEN];

    if (n > 2)
      a[n / 2] = 0;
    kernels->polar (data.d, n, length, (double *) direction);
    memcpy (turned, b, n * sizeof *b);
    kernels->turn (data.d, (double *) direction, n, (double *) turned);
    kernels->between (length, other.d, 0.25, other.d, n, (double *) out);
    for (size_t i = 0; i < n; i++) {
      g_assert_cmpfloat_with_epsilon (length[i], cabs (a[i]), 1e-15);
      g_assert_cmpfloat (cabs (direction[i] * length[i] - a[i]), <=, 1e-15);
      g_assert_cmpfloat_with_epsilon (cabs (direction[i]), 1, 1e-15);
      g_assert_cmpfloat (
          cabs (turned[i] - b[i] * a[i] * conj (direction[i])), <=, 1e-15);
      g_assert_cmpfloat (
          cabs (out[i] - (0.75 * length[i] + 0.25 * other.d[i]) * b[i]), <=,
          1e-15);
    }
  }
}

/* Over all exponents, closely around 1, and at the edges. */
static void
test_decibels (gconstpointer name)
{
  const DspKernels *kernels = find (name);
  double worst = 0;
  float at = 0;

  if (!kernels)
    return;
  for (double x = 1e-30; x<3e38; x *= x> 0.5 && x < 2 ? 1.00001 : 1.0007) {
    float got[9]; /* a whole vector and a rest, or only rests */

    for (size_t i = 0; i < 9; i++)
      got[i] = (float) x;
    kernels->decibels (got, 9, 1e-30f);

    const double want = 10 * log10 ((double) (float) MAX (x, (double) 1e-30f));

    for (size_t i = 0; i < 9; i++) {
      const double error = fabs (got[i] - want) / MAX (1, fabs (want));

      if (error > worst) {
        worst = error;
        at = (float) x;
      }
    }
  }
  g_test_message (
      "%s: largest error %.3g, at %g", (const char *) name, worst, (double) at);
  g_assert_cmpfloat (worst, <=, DSP_DECIBELS_ERROR);

  float edges[] = { 0, -1, 1e-42f, 1e-10f, 1 };

  kernels->decibels (edges, G_N_ELEMENTS (edges), 1e-10f);
  for (size_t i = 0; i < 4; i++)
    g_assert_cmpfloat_with_epsilon (edges[i], -100, 100 * DSP_DECIBELS_ERROR);
  g_assert_cmpfloat (edges[4], ==, 0);
}

static void
test_unknown (void)
{
  g_assert_null (dsp_kernels_find ("mmx"));
  g_assert_nonnull (dsp_kernels_find ("generic"));
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *name;
    GTestDataFunc run;
  } tests[] = {
    { "elements", test_elements },
    { "sums", test_sums },
    { "complex", test_complex },
    { "decibels", test_decibels },
  };

  g_test_init (&argc, &argv, NULL);
  for (size_t p = 0; p < G_N_ELEMENTS (paths); p++)
    for (size_t t = 0; t < G_N_ELEMENTS (tests); t++) {
      g_autofree char *path =
          g_strdup_printf ("/kernels/%s/%s", tests[t].name, paths[p]);

      g_test_add_data_func (path, paths[p], tests[t].run);
    }
  g_test_add_func ("/kernels/unknown", test_unknown);
  return g_test_run ();
}
