/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Measuring on a machine that others use too: everything that is to be measured
 * takes turns, in several rounds, so that a disturbance hits all alike; the
 * figures are the minimum and the median over all rounds.
 */
#pragma once

#include <glib.h>

typedef struct _Bench Bench;

/* One line of a table: what one piece of work takes. */
typedef struct {
  char *name;
  double flops; /* of one piece; 0: not counted */
  double per;   /* pieces in one measured time (the batch) */
  GArray *us;   /* of double: the times, microseconds */
} BenchRow;

typedef struct {
  char *title;
  size_t memory;   /* bytes that one stream holds for it; 0: does not apply */
  GPtrArray *rows; /* of BenchRow */
} BenchTable;

Bench *bench_new (void);
void bench_free (Bench *bench); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Bench, bench_free)

/* Tables and rows belong to the bench and live as long. */
BenchTable *bench_add_table (Bench *bench, const char *title, size_t memory);
BenchRow *bench_add_row (
    BenchTable *table, const char *name, double flops, double per);
/* of BenchTable */
const GPtrArray *bench_tables (const Bench *bench);

/* run does its work once and tells the rows how long it took. */
typedef void (*BenchFunc) (gpointer data);
void bench_add_probe (
    Bench *bench, BenchFunc run, gpointer data, GDestroyNotify free_data);

/* A clock in nanoseconds, and the time since an earlier reading into a row:
 *   gint64 t = bench_clock ();
 *   first ();
 *   t = bench_lap (row_1, t);
 *   second ();
 *   t = bench_lap (row_2, t);
 */
gint64 bench_clock (void);
gint64 bench_lap (BenchRow *row, gint64 since);

/* Gives every probe about so many seconds, in so many rounds, each at least one
 * run a round. The first run of each is not counted. */
void bench_run (Bench *bench, double seconds, unsigned rounds);

/* Microseconds for one piece; 0 before bench_run. */
double bench_row_min (const BenchRow *row);
double bench_row_median (const BenchRow *row);
/* Of one piece at its median; 0 where flops are not counted. */
double bench_row_gflops (const BenchRow *row);
