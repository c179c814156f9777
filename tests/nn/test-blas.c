/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nn/blas.h: the product is right, and only this thread works for it, although
 * OpenBLAS was told that it may use two (OPENBLAS_NUM_THREADS). */
#define _GNU_SOURCE /* gettid */
#include <cblas.h>
#include <glib.h>
#include <time.h>
#include <unistd.h>

#include "nn/blas.h"

/* Processor time of one thread of this process, whichever it is: what
 * pthread_getcpuclockid gives for a thread whose pthread_t one has. */
static guint64
thread_nanoseconds (pid_t thread)
{
  const clockid_t clock = (clockid_t) ((~(unsigned) thread) << 3) | 6;
  struct timespec t;

  if (clock_gettime (clock, &t) != 0)
    return 0; /* it has ended */
  return (guint64) t.tv_sec * G_GUINT64_CONSTANT (1000000000)
      + (guint64) t.tv_nsec;
}

/* Processor time of all threads but this one, and how many they are. While
 * they sleep it does not change by a nanosecond. */
static guint64
others_nanoseconds (guint *n)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, &error);
  const char *name;
  guint64 sum = 0;

  g_assert_no_error (error);
  *n = 0;
  while ((name = g_dir_read_name (dir))) {
    const pid_t thread = (pid_t) g_ascii_strtoll (name, NULL, 10);

    if (thread == gettid ())
      continue;
    sum += thread_nanoseconds (thread);
    ++*n;
  }
  return sum;
}

/* OpenBLAS' threads, when they start and after each product, look for work in a
 * loop for a while before they sleep. */
static guint64
wait_until_others_sleep (guint *n)
{
  guint64 last = others_nanoseconds (n);

  for (guint quiet = 0; quiet < 3;) {
    guint64 now;

    g_usleep (20 * 1000);
    now = others_nanoseconds (n);
    quiet = now == last ? quiet + 1 : 0;
    last = now;
  }
  return last;
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
  guint64 before, after;
  guint n_before, n_after;

  for (size_t j = 0; j < m * k; j++)
    a[j] = (float) (j % 7) - 3;
  for (size_t j = 0; j < k * n; j++)
    b[j] = (float) (j % 5) - 2;
  for (size_t j = 0; j < m * n; j++)
    c[j] = (float) (j % 3);
  before = wait_until_others_sleep (&n_before);
  nn_blas_gemm (m, n, k, a, k, b, n, cases[i].accumulate, c, n);
  after = others_nanoseconds (&n_after);
  g_assert_cmpuint (n_after, ==, n_before);
  g_assert_cmpuint (after, ==, before);
  for (size_t j = 0; j < m * n; j += 1 + m * n / 1000) {
    double sum = cases[i].accumulate ? (double) (j % 3) : 0;

    for (size_t p = 0; p < k; p++)
      sum += (double) a[j / n * k + p] * b[p * n + j % n];
    g_assert_cmpfloat (c[j], ==, sum); /* small whole numbers */
  }
}

/* The measure sees a product that other threads work for. */
static void
test_measure (void)
{
  enum { N = 512 };
  g_autofree float *a = g_new0 (float, N *N);
  g_autofree float *b = g_new0 (float, N *N);
  g_autofree float *c = g_new0 (float, N *N);
  guint64 before;
  guint n;

  before = wait_until_others_sleep (&n);
  if (n == 0) {
    g_test_skip (
        "this OpenBLAS, or a machine of one processor, has one thread");
    return;
  }
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, N, N, N, 1, a, N, b,
      N, 0, c, N);
  g_assert_cmpuint (others_nanoseconds (&n), >, before);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/blas/measure", test_measure);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strdup_printf ("/blas/%s", cases[i].name);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_product);
  }
  return g_test_run ();
}
