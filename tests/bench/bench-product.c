/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench-product: which matrix product is for whom. The same c [m][n] = a [m][k]
 * b [k][n] by OpenBLAS on one thread (nn/blas.h), by our kernels with b packed
 * beforehand (nn/simd.h), and with the packing. Medians; the rule that follows
 * is in nn/blas.h. */
#include <glib.h>
#include <stdlib.h>

#include "nn/blas.h"
#include "nn/simd.h"
#include "tests/bench/bench.h"

#define N_ROUNDS 41

/* What layers multiply: attention scores and projections of a few dozen to a
 * few hundred steps, pointwise convolutions, rows of spectra. */
static const struct {
  size_t m, k, n;
} shapes[] = {
  { 1, 64, 64 },
  { 1, 256, 256 },
  { 1, 512, 257 },
  { 8, 32, 8 },
  { 16, 64, 64 },
  { 47, 64, 47 },
  { 47, 47, 64 },
  { 94, 64, 64 },
  { 94, 64, 94 },
  { 94, 256, 256 },
  { 200, 64, 200 },
  { 200, 256, 1024 },
};

typedef struct {
  size_t m, k, n;
  float *a, *b, *c, *memory;
  NnPacked packed;
} Case;

static void
by_blas (const Case *t)
{
  nn_blas_gemm (t->m, t->n, t->k, t->a, t->k, t->b, t->n, false, t->c, t->n);
}

static void
by_kernels (const Case *t)
{
  if (t->m > 1)
    nn_simd ()->product (&(NnProduct){ .m = t->m,
        .a = t->a,
        .lda = t->k,
        .n_segments = 1,
        .segment_len = t->k,
        .b = &t->packed,
        .c = t->c,
        .ldc = t->n });
  else {
    for (size_t i = 0; i < t->n; i++)
      t->c[i] = 0;
    nn_simd ()->vector_product (t->a, &t->packed, t->c);
  }
}

static void
by_packing (const Case *t)
{
  nn_packed_at (t->memory, nn_simd (), t->b, t->n, 1, t->k, t->n);
  by_kernels (t);
}

static int
compare (const void *a, const void *b)
{
  const double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

/* Microseconds for a call; rounds long enough for the clock. */
static double
measure (void (*run) (const Case *), const Case *t)
{
  const size_t n = MAX (1, 2000000 / (t->m * t->k * t->n));
  double rounds[N_ROUNDS];

  run (t);
  for (size_t i = 0; i < N_ROUNDS; i++) {
    const gint64 begin = bench_clock ();

    for (size_t k = 0; k < n; k++)
      run (t);
    rounds[i] = (double) (bench_clock () - begin) / 1e3 / n;
  }
  qsort (rounds, N_ROUNDS, sizeof *rounds, compare);
  return rounds[N_ROUNDS / 2];
}

static float *
random_floats (size_t n)
{
  float *x = g_new (float, n);

  for (size_t i = 0; i < n; i++)
    x[i] = (float) g_random_double_range (-1, 1);
  return x;
}

int
main (void)
{
  g_print ("%s; us for a product\n"
           "    m    k    n  OpenBLAS    packed  packing too\n",
      nn_simd ()->name);
  for (size_t i = 0; i < G_N_ELEMENTS (shapes); i++) {
    const size_t m = shapes[i].m, k = shapes[i].k, n = shapes[i].n;
    g_autofree float *a = random_floats (m * k);
    g_autofree float *b = random_floats (k * n);
    g_autofree float *c = random_floats (m * n);
    Case t = { .m = m, .k = k, .n = n, .a = a, .b = b, .c = c };
    NnPacked room = { 0 };

    if (!nn_packed_init (&t.packed, nn_simd (), b, n, k, n)
        || !nn_packed_init (&room, nn_simd (), b, n, k, n))
      return EXIT_FAILURE;
    t.memory = room.data;
    const double blas = measure (by_blas, &t);
    const double packed = measure (by_kernels, &t);
    const double packing = measure (by_packing, &t);

    g_print ("%5zu%5zu%5zu%10.2f%10.2f%10.2f   %.1f, %.1f times as fast\n", m,
        k, n, blas, packed, packing, blas / packed, blas / packing);
    nn_packed_clear (&t.packed);
    nn_packed_clear (&room);
  }
  return EXIT_SUCCESS;
}
