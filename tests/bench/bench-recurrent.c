/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What bounds a step of a recurrent layer at batch 1: its product reads the
 * whole recurrent kernel, which does not fit into the first cache. For the
 * kernels of the built-in models: microseconds of a product, its bytes for each
 * of them, and those of a loop that only reads the same memory. One thread.
 *   bench-recurrent [seconds]
 */
#include <stdio.h>
#include <stdlib.h>
#include "nn/simd.h"
#include "tests/bench/bench.h"

#define ROUNDS 7
#define STEPS 64 /* in one measured time */

typedef float V __attribute__ ((vector_size (16)));

typedef struct {
  const char *name;
  size_t units, columns;
  NnPacked packed;
  float *x, *y;
  BenchRow *product, *reading;
} Kernel;

static float kept; /* so that nothing read is unused */

static void
multiply (gpointer data)
{
  const Kernel *const kernel = data;
  const gint64 begin = bench_clock ();

  for (size_t i = 0; i < STEPS; i++)
    nn_simd ()->vector_product (kernel->x, &kernel->packed, kernel->y);
  bench_lap (kernel->product, begin);
}

static void
read_all (gpointer data)
{
  const Kernel *const kernel = data;
  const V *const v = (const V *) kernel->packed.data;
  const size_t n = kernel->units * kernel->columns / 4;
  const gint64 begin = bench_clock ();
  V sum[8] = { 0 };

  for (size_t i = 0; i < STEPS; i++) {
    for (size_t k = 0; k < n; k += 8)
#pragma GCC unroll 8
      for (size_t j = 0; j < 8; j++)
        sum[j] += v[k + j];
    __asm__ volatile("" ::: "memory");
  }
  bench_lap (kernel->reading, begin);
  for (size_t j = 0; j < 8; j++)
    kept += sum[j][0];
}

int
main (int argc, char **argv)
{
  Kernel kernels[] = {
    { .name = "16 KB, first cache", .units = 32, .columns = 128 },
    { .name = "LSTM 64 (cnn-lstm-optimized)", .units = 64, .columns = 256 },
    { .name = "GRU 128 (cnn-gru)", .units = 128, .columns = 384 },
    { .name = "LSTM 128 (cnn-lstm, voice)", .units = 128, .columns = 512 },
    { .name = "1 MB, third cache", .units = 512, .columns = 512 },
  };
  const double seconds = argc > 1 ? strtod (argv[1], NULL) : 2;
  g_autoptr (Bench) bench = bench_new ();
  BenchTable *const table = bench_add_table (bench, "recurrent", 0);

  for (size_t i = 0; i < G_N_ELEMENTS (kernels); i++) {
    Kernel *const k = &kernels[i];
    g_autofree float *b = g_new0 (float, k->units * k->columns);

    if (!nn_packed_init (
            &k->packed, nn_simd (), b, k->columns, k->units, k->columns))
      return EXIT_FAILURE;
    k->x = g_new0 (float, k->units);
    k->y = g_new0 (float, k->columns);
    k->product = bench_add_row (table, k->name, 0, STEPS);
    k->reading = bench_add_row (table, k->name, 0, STEPS);
    bench_add_probe (bench, multiply, k, NULL);
    bench_add_probe (bench, read_all, k, NULL);
  }
  bench_run (bench, seconds, ROUNDS);
  printf ("%-32s %8s %12s %14s %14s   (%s, minima)\n", "recurrent kernel", "KB",
      "us a product", "its bytes/ns", "reading: bytes/ns", nn_simd ()->name);
  for (size_t i = 0; i < G_N_ELEMENTS (kernels); i++) {
    Kernel *const k = &kernels[i];
    const double bytes = (double) (k->units * k->columns * sizeof (float));

    printf ("%-32s %8.0f %12.2f %14.1f %14.1f\n", k->name, bytes / 1024,
        bench_row_min (k->product), bytes / bench_row_min (k->product) / 1e3,
        bytes / bench_row_min (k->reading) / 1e3);
    nn_packed_clear (&k->packed);
    g_free (k->x);
    g_free (k->y);
  }
  return kept == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
