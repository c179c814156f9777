/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/nn/paths.h"

static const char *const paths[] = { "generic", "avx2", "avx512",
  "avx512vnni" };

void
paths_add_test (const char *folder, const char *name, GTestDataFunc test)
{
  for (size_t p = 0; p < G_N_ELEMENTS (paths); p++) {
    g_autofree char *path =
        g_strdup_printf ("/%s/%s/%s", folder, paths[p], name);

    g_test_add_data_func (path, paths[p], test);
  }
}

const NnSimd *
paths_find (gconstpointer name)
{
  const NnSimd *const simd = nn_simd_find (name);

  if (!simd)
    g_test_skip ("this processor does not have it");
  return simd;
}

float *
paths_random_floats (size_t n, double from, double to)
{
  float *x = g_new (float, n);

  for (size_t i = 0; i < n; i++)
    x[i] = g_test_rand_double_range (from, to);
  return x;
}
