/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/simd.h"

#include <stdlib.h>
#include <string.h>
#include "nn/loops.h"

extern const NnSimd nn_simd_generic;
extern const NnLoops nn_loops_generic;
#ifdef NN_HAVE_X86
extern const NnSimd nn_simd_avx2, nn_simd_avx512;
extern const NnLoops nn_loops_avx2, nn_loops_avx512;
#endif

/* Best last. */
static bool
is_usable (const NnSimd *simd)
{
#ifdef NN_HAVE_X86
  __builtin_cpu_init ();
  if (simd == &nn_simd_avx2)
    return __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma");
  if (simd == &nn_simd_avx512)
    return __builtin_cpu_supports ("avx512f")
        && __builtin_cpu_supports ("avx512vl")
        && __builtin_cpu_supports ("avx512dq")
        && __builtin_cpu_supports ("avx512bw");
#endif
  return true;
}

static const NnSimd *const paths[] = {
#ifdef NN_HAVE_X86
  &nn_simd_avx512,
  &nn_simd_avx2,
#endif
  &nn_simd_generic,
};

const NnSimd *
nn_simd_find (const char *name)
{
  for (size_t i = 0; i < G_N_ELEMENTS (paths); i++)
    if (is_usable (paths[i]) && (!name || strcmp (name, paths[i]->name) == 0))
      return paths[i];
  return NULL;
}

const NnSimd *
nn_simd (void)
{
  static gsize chosen;

  if (g_once_init_enter (&chosen)) {
    const NnSimd *forced = nn_simd_find (g_getenv ("EMOTION_SIMD"));

    g_once_init_leave (
        &chosen, (gsize) (forced ? forced : nn_simd_find (NULL)));
  }
  return (const NnSimd *) chosen;
}

const NnLoops *
nn_loops (void)
{
#ifdef NN_HAVE_X86
  if (nn_simd () == &nn_simd_avx512)
    return &nn_loops_avx512;
  if (nn_simd () == &nn_simd_avx2)
    return &nn_loops_avx2;
#endif
  return &nn_loops_generic;
}

size_t
nn_packed_len (const NnSimd *simd, size_t k, size_t n)
{
  return (n + simd->panel - 1) / simd->panel * simd->panel * k;
}

NnPacked
nn_packed_at (float *memory, const NnSimd *simd, const float *b, size_t row,
    size_t column, size_t k, size_t n)
{
  const NnPacked packed = { .k = k, .n = n, .data = memory };

  for (size_t first = 0; first < n; first += simd->panel)
    for (size_t i = 0; i < k; i++)
      for (size_t j = first; j < first + simd->panel; j++)
        *memory++ = j < n ? b[i * row + j * column] : 0;
  return packed;
}

bool
nn_packed_init (NnPacked *packed, const NnSimd *simd, const float *b,
    size_t ldb, size_t k, size_t n)
{
  float *data;

  if (posix_memalign ((void **) &data, 64,
          MAX (nn_packed_len (simd, k, n), 16) * sizeof *data)
      != 0)
    return false;
  *packed = nn_packed_at (data, simd, b, ldb, 1, k, n);
  return true;
}

void
nn_packed_clear (NnPacked *packed)
{
  free (packed->data);
  *packed = (NnPacked){ 0 };
}

void
nn_winograd_kernel (const float *kernel, size_t k, size_t n, float *out)
{
  static const double g[NN_WINOGRAD_PATCH][3] = { { 1, 0, 0 },
    { -2 / 3., -G_SQRT2 / 3, -1 / 3. }, { -2 / 3., G_SQRT2 / 3, -1 / 3. },
    { 1 / 6., G_SQRT2 / 6, 1 / 3. }, { 1 / 6., -G_SQRT2 / 6, 1 / 3. },
    { 0, 0, 1 } };

  for (size_t i = 0; i < NN_WINOGRAD_PRODUCTS; i++)
    for (size_t j = 0; j < k * n; j++) {
      double sum = 0;

      for (size_t tap = 0; tap < 9; tap++)
        sum += g[i / NN_WINOGRAD_PATCH][tap / 3]
            * g[i % NN_WINOGRAD_PATCH][tap % 3] * kernel[tap * k * n + j];
      *out++ = (float) sum;
    }
}
