/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/simd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "nn/loops.h"

extern const NnSimd nn_simd_generic;
#ifdef NN_HAVE_X86
extern const NnSimd nn_simd_avx2, nn_simd_avx512, nn_simd_avx512vnni;
#endif

#ifdef NN_HAVE_X86
static bool
has_avx512 (void)
{
  return __builtin_cpu_supports ("avx512f")
      && __builtin_cpu_supports ("avx512vl")
      && __builtin_cpu_supports ("avx512dq")
      && __builtin_cpu_supports ("avx512bw");
}
#endif

static bool
is_usable (const NnSimd *simd)
{
#ifdef NN_HAVE_X86
  __builtin_cpu_init ();
  if (simd == &nn_simd_avx2)
    return __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma");
  if (simd == &nn_simd_avx512)
    return has_avx512 ();
  if (simd == &nn_simd_avx512vnni)
    return has_avx512 () && __builtin_cpu_supports ("avx512vnni");
#endif
  return true;
}

/* Best first. */
static const NnSimd *const paths[] = {
#ifdef NN_HAVE_X86
  &nn_simd_avx512vnni,
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
  return nn_simd ()->loops;
}

size_t
nn_packed_len (const NnSimd *simd, size_t k, size_t n)
{
  return (n + simd->panel - 1) / simd->panel * simd->panel * k;
}

/* A row of a panel, without a call. */
static inline void
copy_panel (size_t panel, const float *from, float *to)
{
  for (size_t j = 0; j < panel; j += 8) /* 8, 16 or 32 */
    memcpy (to + j, from + j, 8 * sizeof *to);
}

NnPacked
nn_packed_at (float *memory, const NnSimd *simd, const float *b, size_t row,
    size_t column, size_t k, size_t n)
{
  const NnPacked packed = { .k = k, .n = n, .data = memory };
  const size_t panel = simd->panel;

  for (size_t first = 0; first < n; first += panel, memory += k * panel) {
    const size_t width = MIN (panel, n - first);
    const float *const from = b + first * column;

    if (width < panel)
      memset (memory, 0, k * panel * sizeof *memory);
    for (size_t i = 0; i < k && column == 1 && width == panel; i++)
      copy_panel (panel, from + i * row, memory + i * panel);
    for (size_t i = 0; i < k && column == 1 && width < panel; i++)
      memcpy (memory + i * panel, from + i * row, width * sizeof *memory);
    for (size_t j = 0; j < width && column != 1; j++)
      for (size_t i = 0; i < k; i++)
        memory[i * panel + j] = from[i * row + j * column];
  }
  return packed;
}

bool
nn_packed_init (NnPacked *packed, const NnSimd *simd, const float *b,
    size_t ldb, size_t k, size_t n)
{
  if (packed->data && (packed->k != k || packed->n != n))
    nn_packed_clear (packed);
  if (!packed->data
      && posix_memalign ((void **) &packed->data, 64,
             MAX (nn_packed_len (simd, k, n), 16) * sizeof *packed->data)
          != 0) {
    *packed = (NnPacked){ 0 };
    return false;
  }
  *packed = nn_packed_at (packed->data, simd, b, ldb, 1, k, n);
  return true;
}

void
nn_packed_clear (NnPacked *packed)
{
  free (packed->data);
  *packed = (NnPacked){ 0 };
}

/* Of rows: so that 128 * 127 and 255 * 127 for each fit into an int. */
#define MAX_QUANTISED 32768

/* A column of b, rounded; false where that cannot be. */
static bool
quantise_column (NnQuantised *q, const NnSimd *simd, const float *b, size_t ldb,
    size_t column)
{
  const size_t panel = simd->panel;
  gint8 *const to = q->data
      + column / panel * panel * nn_quantised_row_len (q->k)
      + column % panel * 4;
  float largest = 0;

  for (size_t i = 0; i < q->k; i++) {
    if (!isfinite (b[i * ldb]))
      return false;
    largest = MAX (largest, fabsf (b[i * ldb]));
  }
  q->scale[column] = largest / (127 * 127);
  for (size_t i = 0; i < q->k && largest > 0; i++) {
    const int value = (int) lrintf (b[i * ldb] / largest * 127);

    to[i / 4 * 4 * panel + i % 4] = (gint8) value;
    q->excess[column] += 128 * value;
  }
  return true;
}

bool
nn_quantised_init (NnQuantised *quantised, const NnSimd *simd, const float *b,
    size_t ldb, size_t k, size_t n)
{
  const size_t columns = (n + simd->panel - 1) / simd->panel * simd->panel;
  const size_t bytes = columns * nn_quantised_row_len (k);
  const size_t all = bytes + columns * (sizeof (float) + sizeof (gint32));
  void *memory;

  *quantised = (NnQuantised){ 0 };
  if (k > MAX_QUANTISED || posix_memalign (&memory, 64, MAX (all, 64)) != 0)
    return false;
  memset (memory, 0, all);
  *quantised = (NnQuantised){ .k = k, .n = n, .data = memory };
  quantised->scale = (float *) (quantised->data + bytes);
  quantised->excess = (gint32 *) (quantised->scale + columns);
  for (size_t j = 0; j < n; j++)
    if (!quantise_column (quantised, simd, b + j, ldb, j)) {
      nn_quantised_clear (quantised);
      return false;
    }
  return true;
}

void
nn_quantised_clear (NnQuantised *quantised)
{
  free (quantised->data);
  *quantised = (NnQuantised){ 0 };
}
