/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/peak.h"

#include "nn/simd.h"

/* About 20 us a run: shorter than a time slice, longer than the clock. */
#define N_ROUNDS 5000

static const struct {
  const char *name;
  double (*loop) (size_t n, float *sum);
} paths[] = {
#ifdef NN_HAVE_X86
  { "avx512vnni", peak_loop_avx512vnni },
  { "avx512", peak_loop_avx512 },
  { "avx2", peak_loop_avx2 },
#endif
  { "generic", peak_loop_generic },
};

typedef struct {
  BenchRow *row;
  double (*loop) (size_t n, float *sum);
} Peak;

static void
peak_run (gpointer data)
{
  const Peak *const peak = data;
  static volatile float kept;
  float sum = kept;
  const gint64 t = bench_clock ();

  peak->loop (N_ROUNDS, &sum);
  bench_lap (peak->row, t);
  kept = sum;
}

BenchRow *
peak_add (Bench *bench)
{
  Peak *peak = g_new0 (Peak, 1);
  float sum = 0;
  size_t i = 0;

  while (!nn_simd_find (paths[i].name))
    i++; /* ends: every processor has the last */
  peak->loop = paths[i].loop;
  peak->row = bench_add_row (bench_add_table (bench, "Machine", 0),
      "multiply-add loop", peak->loop (N_ROUNDS, &sum), 1);
  bench_add_probe (bench, peak_run, peak, g_free);
  return peak->row;
}

double
peak_gflops (const BenchRow *row)
{
  return row->flops / bench_row_min (row) / 1e3;
}
