/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/bench.h"

#include <time.h>

typedef struct {
  BenchFunc run;
  gpointer data;
  GDestroyNotify free_data;
} Probe;

struct _Bench {
  GPtrArray *tables; /* of BenchTable */
  GArray *probes;    /* of Probe */
};

static void
row_free (gpointer data)
{
  BenchRow *const row = data;

  g_array_unref (row->us);
  g_free (row->name);
  g_free (row);
}

static void
table_free (gpointer data)
{
  BenchTable *const table = data;

  g_ptr_array_unref (table->rows);
  g_free (table->title);
  g_free (table);
}

static void
probe_clear (gpointer data)
{
  Probe *const probe = data;

  if (probe->free_data)
    probe->free_data (probe->data);
}

Bench *
bench_new (void)
{
  Bench *bench = g_new0 (Bench, 1);

  bench->tables = g_ptr_array_new_with_free_func (table_free);
  bench->probes = g_array_new (FALSE, FALSE, sizeof (Probe));
  g_array_set_clear_func (bench->probes, probe_clear);
  return bench;
}

void
bench_free (Bench *bench)
{
  if (!bench)
    return;
  g_array_unref (bench->probes);
  g_ptr_array_unref (bench->tables);
  g_free (bench);
}

BenchTable *
bench_add_table (Bench *bench, const char *title, size_t memory)
{
  BenchTable *table = g_new0 (BenchTable, 1);

  table->title = g_strdup (title);
  table->memory = memory;
  table->rows = g_ptr_array_new_with_free_func (row_free);
  g_ptr_array_add (bench->tables, table);
  return table;
}

BenchRow *
bench_add_row (BenchTable *table, const char *name, double flops, double per)
{
  BenchRow *row = g_new0 (BenchRow, 1);

  row->name = g_strdup (name);
  row->flops = flops;
  row->per = per;
  row->us = g_array_new (FALSE, FALSE, sizeof (double));
  g_ptr_array_add (table->rows, row);
  return row;
}

const GPtrArray *
bench_tables (const Bench *bench)
{
  return bench->tables;
}

void
bench_add_probe (
    Bench *bench, BenchFunc run, gpointer data, GDestroyNotify free_data)
{
  const Probe probe = { run, data, free_data };

  g_array_append_val (bench->probes, probe);
}

gint64
bench_clock (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (gint64) now.tv_sec * 1000000000 + now.tv_nsec;
}

gint64
bench_lap (BenchRow *row, gint64 since)
{
  const gint64 now = bench_clock ();
  const double us = (double) (now - since) / 1e3;

  g_array_append_val (row->us, us);
  return bench_clock ();
}

static void
forget_times (Bench *bench)
{
  for (guint t = 0; t < bench->tables->len; t++) {
    const BenchTable *const table = g_ptr_array_index (bench->tables, t);

    for (guint r = 0; r < table->rows->len; r++)
      g_array_set_size (
          ((BenchRow *) g_ptr_array_index (table->rows, r))->us, 0);
  }
}

void
bench_run (Bench *bench, double seconds, unsigned rounds)
{
  const gint64 slice = (gint64) (seconds * 1e9 / rounds);

  for (guint p = 0; p < bench->probes->len; p++) {
    const Probe *const probe = &g_array_index (bench->probes, Probe, p);

    probe->run (probe->data);
  }
  forget_times (bench);
  for (unsigned round = 0; round < rounds; round++)
    for (guint p = 0; p < bench->probes->len; p++) {
      const Probe *const probe = &g_array_index (bench->probes, Probe, p);
      const gint64 end = bench_clock () + slice;

      do
        probe->run (probe->data);
      while (bench_clock () < end);
    }
}

double
bench_row_min (const BenchRow *row)
{
  double min = row->us->len ? g_array_index (row->us, double, 0) : 0;

  for (guint i = 1; i < row->us->len; i++)
    min = MIN (min, g_array_index (row->us, double, i));
  return min / row->per;
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  const double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

double
bench_row_median (const BenchRow *row)
{
  g_array_sort (row->us, compare);
  return row->us->len
      ? g_array_index (row->us, double, row->us->len / 2) / row->per
      : 0;
}

double
bench_row_gflops (const BenchRow *row)
{
  const double us = bench_row_median (row);

  return us > 0 ? row->flops / us / 1e3 : 0;
}
