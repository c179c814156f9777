/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/dsp/golden.h"

#include <math.h>

static const char *const clips[] = {
  "impulse",
  "noise",
  "silence",
  "sine440",
  "square200",
  "speech_angry_actor12",
  "speech_calm_actor01",
  "speech_german_speaker03",
  "speech_long_7s",
  "speech_short_0.4s",
};

/* A path below a folder that an environment variable names, if it is a file. */
static char *
find (const char *variable, const char *folder, const char *file)
{
  const char *root = g_getenv (variable);
  g_autofree char *path =
      root ? g_build_filename (root, folder, file, NULL) : NULL;

  if (!path || !g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return NULL;
  return g_steal_pointer (&path);
}

NnH5 *
golden_open (const char *name)
{
  g_autofree char *file = g_strconcat (name, ".h5", NULL);
  g_autofree char *path = find ("EMOTION_TEST_DATA", "features", file);
  g_autoptr (GError) error = NULL;

  if (!path)
    path = find ("EMOTION_SHARED", "golden/features", file);
  if (!path) {
    g_autofree char *reason = g_strdup_printf (
        "%s is in neither tests/data nor EMOTION_SHARED", file);

    g_test_skip (reason);
    return NULL;
  }

  NnH5 *h5 = nn_h5_open (path, &error);

  g_assert_no_error (error);
  return h5;
}

double *
golden_doubles (NnH5 *file, const char *data_set, size_t *n)
{
  g_autoptr (GError) error = NULL;
  NnShape shape = { 0 };
  double *values = nn_h5_read_doubles (file, data_set, &shape, &error);

  g_assert_no_error (error);
  if (n)
    *n = nn_shape_size (&shape);
  return values;
}

float *
golden_floats (NnH5 *file, const char *data_set, size_t *n)
{
  g_autoptr (GError) error = NULL;
  NnShape shape = { 0 };
  float *values = nn_h5_read_floats (file, data_set, &shape, &error);

  g_assert_no_error (error);
  if (n)
    *n = nn_shape_size (&shape);
  return values;
}

void
golden_add_tests (const char *prefix, GTestDataFunc test)
{
  for (size_t i = 0; i < G_N_ELEMENTS (clips); i++) {
    g_autofree char *path = g_strdup_printf ("%s/%s", prefix, clips[i]);

    g_test_add_data_func (path, clips[i], test);
  }
}

void
golden_compare (const char *what, const float *got, const double *want,
    size_t n, double tolerance)
{
  double worst = 0;
  size_t at = 0;

  g_assert_cmpuint (n, >, 0);
  for (size_t i = 0; i < n; i++) {
    const double diff = fabs ((double) got[i] - want[i]);

    if (isnan (worst) || diff <= worst)
      continue;
    worst = diff; /* NaN is not <= either, and then stays */
    at = i;
  }
  g_test_message ("%s: largest difference %.3g of %.3g, at %zu: %.9g for %.9g",
      what, worst, tolerance, at, (double) got[at], want[at]);
  g_assert_true (worst <= tolerance);
}

double
golden_snr_db (const float *got, const double *want, size_t n)
{
  double signal = 0;
  double noise = 0;

  for (size_t i = 0; i < n; i++) {
    const double diff = (double) got[i] - want[i];

    signal += want[i] * want[i];
    noise += diff * diff;
  }
  return 10 * log10 (signal / noise);
}
