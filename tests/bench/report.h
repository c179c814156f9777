/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The figures of a bench, for people and for programs. */
#pragma once

#include "tests/bench/bench.h"

typedef struct {
  double peak_gflops;   /* of one core */
  const char *simd;     /* path of nn/simd.h in use */
  const BenchRow *fftw; /* what its table is compared with */
  const char *const
      *absent; /* what was not measured, and why; NULL-terminated */
} ReportContext;

/* To stdout. */
void report_text (const Bench *bench, const ReportContext *context);
void report_json (const Bench *bench, const ReportContext *context);
