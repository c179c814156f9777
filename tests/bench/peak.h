/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The float32 peak of one core, as it is while the benchmark runs. */
#pragma once

#include "tests/bench/bench.h"

/* Adds a probe that measures it, in a table of its own. Returns the row whose
 * GFLOP/s at the minimum are the peak. */
BenchRow *peak_add (Bench *bench);
/* GFLOP/s of the best run. */
double peak_gflops (const BenchRow *row);

/* Does n rounds, returns their operations. sum: what comes out, so that it is
 * not left out. One for each path of nn/simd.h. */
double peak_loop_generic (size_t n, float *sum);
double peak_loop_avx2 (size_t n, float *sum);
double peak_loop_avx512 (size_t n, float *sum);
double peak_loop_avx512vnni (size_t n, float *sum);
