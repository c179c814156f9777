/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nn/blas.h: the product is right, and only this thread works for it, although
 * OpenBLAS was told that it may use two (OPENBLAS_NUM_THREADS). */
#include <glib.h>
#include <time.h>
#include "nn/blas.h"

static double
seconds (clockid_t clock)
{
  struct timespec t;

  clock_gettime (clock, &t);
  return (double) t.tv_sec + (double) t.tv_nsec * 1e-9;
}

/* Processor time that other threads have used. */
static double
others (void)
{
  return seconds (CLOCK_PROCESS_CPUTIME_ID) - seconds (CLOCK_THREAD_CPUTIME_ID);
}

static const struct {
  const char *name;
  size_t m, n, k;
  bool accumulate;
} cases[] = {
  { "small", 3, 5, 7, false },
  { "square", 300, 320, 310, false },
  { "deep", 4, 9, 70001, true },
  { "wide", 5, 70001, 6, false },
  { "high", 70001, 5, 6, true },
};

static void
test_product (gconstpointer data)
{
  const size_t i = GPOINTER_TO_SIZE (data);
  const size_t m = cases[i].m, n = cases[i].n, k = cases[i].k;
  g_autofree float *a = g_new (float, m *k);
  g_autofree float *b = g_new (float, k *n);
  g_autofree float *c = g_new (float, m *n);
  double before, after, own;

  for (size_t j = 0; j < m * k; j++)
    a[j] = (float) (j % 7) - 3;
  for (size_t j = 0; j < k * n; j++)
    b[j] = (float) (j % 5) - 2;
  for (size_t j = 0; j < m * n; j++)
    c[j] = (float) (j % 3);
  own = seconds (CLOCK_THREAD_CPUTIME_ID);
  before = others ();
  nn_blas_gemm (m, n, k, a, k, b, n, cases[i].accumulate, c, n);
  after = others ();
  own = seconds (CLOCK_THREAD_CPUTIME_ID) - own;
  g_test_message ("this thread: %.6f s, others: %.6f s", own, after - before);
  g_assert_cmpfloat (after - before, <, MAX (own / 4, 1e-3));
  for (size_t j = 0; j < m * n; j += 1 + m * n / 1000) {
    double sum = cases[i].accumulate ? (double) (j % 3) : 0;

    for (size_t p = 0; p < k; p++)
      sum += (double) a[j / n * k + p] * b[p * n + j % n];
    g_assert_cmpfloat (c[j], ==, sum); /* small whole numbers */
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strdup_printf ("/blas/%s", cases[i].name);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_product);
  }
  return g_test_run ();
}
