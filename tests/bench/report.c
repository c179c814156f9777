/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/report.h"

#include <json-glib/json-glib.h>

/* Everything that is said of a row. Ratios are 0 where they mean nothing. */
typedef struct {
  double min_us, median_us, gflops, of_peak, of_fftw;
} Figures;

static Figures
row_figures (
    const BenchTable *table, const BenchRow *row, const ReportContext *context)
{
  Figures figures = { .min_us = bench_row_min (row),
    .median_us = bench_row_median (row),
    .gflops = bench_row_gflops (row) };

  figures.of_peak = figures.gflops / context->peak_gflops;
  if (g_ptr_array_find (table->rows, context->fftw, NULL))
    figures.of_fftw = figures.median_us / bench_row_median (context->fftw);
  return figures;
}

static void
print_row (const BenchRow *row, const Figures *figures)
{
  g_print (
      "  %-28s %10.1f %10.1f", row->name, figures->min_us, figures->median_us);
  if (figures->gflops > 0)
    g_print (" %8.1f %7.0f %%", figures->gflops, figures->of_peak * 100);
  else if (figures->of_fftw > 0)
    g_print (" %8s %9s", "-", "-");
  if (figures->of_fftw > 0)
    g_print (" %7.2f x", figures->of_fftw);
  g_print ("\n");
}

void
report_text (const Bench *bench, const ReportContext *context)
{
  const GPtrArray *const tables = bench_tables (bench);

  g_print ("Peak of one core in float32: %.0f GFLOP/s; kernels: %s.\n"
           "Times in microseconds for one window of 3 s; GFLOP/s and ratios at "
           "the median.\n",
      context->peak_gflops, context->simd);
  for (guint t = 0; t < tables->len; t++) {
    const BenchTable *const table = g_ptr_array_index (tables, t);

    g_print ("\n%-30s %10s %10s %8s %9s%s\n", table->title, "min us",
        "median us", "GFLOP/s", "of peak",
        g_ptr_array_find (table->rows, context->fftw, NULL) ? "   of FFTW"
                                                            : "");
    for (guint r = 0; r < table->rows->len; r++) {
      const BenchRow *const row = g_ptr_array_index (table->rows, r);
      const Figures figures = row_figures (table, row, context);

      print_row (row, &figures);
    }
    if (table->memory)
      g_print ("  memory: %.0f kB\n", (double) table->memory / 1e3);
  }
  for (const char *const *absent = context->absent; *absent; absent++)
    g_print ("\nNot measured: %s\n", *absent);
}

static void
add_number (JsonBuilder *json, const char *name, double value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_double_value (json, value);
}

static void
add_string (JsonBuilder *json, const char *name, const char *value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_string_value (json, value);
}

static void
add_row (JsonBuilder *json, const BenchRow *row, const Figures *figures)
{
  json_builder_begin_object (json);
  add_string (json, "name", row->name);
  add_number (json, "min_us", figures->min_us);
  add_number (json, "median_us", figures->median_us);
  if (figures->gflops > 0) {
    add_number (json, "flops", row->flops);
    add_number (json, "gflops", figures->gflops);
    add_number (json, "of_peak", figures->of_peak);
  }
  if (figures->of_fftw > 0)
    add_number (json, "of_fftw", figures->of_fftw);
  add_number (json, "runs", row->us->len);
  json_builder_end_object (json);
}

static void
add_table (
    JsonBuilder *json, const BenchTable *table, const ReportContext *context)
{
  json_builder_begin_object (json);
  add_string (json, "title", table->title);
  if (table->memory)
    add_number (json, "memory_bytes", (double) table->memory);
  json_builder_set_member_name (json, "rows");
  json_builder_begin_array (json);
  for (guint r = 0; r < table->rows->len; r++) {
    const BenchRow *const row = g_ptr_array_index (table->rows, r);
    const Figures figures = row_figures (table, row, context);

    add_row (json, row, &figures);
  }
  json_builder_end_array (json);
  json_builder_end_object (json);
}

void
report_json (const Bench *bench, const ReportContext *context)
{
  const GPtrArray *const tables = bench_tables (bench);
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_object (json);
  add_number (json, "peak_gflops", context->peak_gflops);
  add_string (json, "simd", context->simd);
  json_builder_set_member_name (json, "tables");
  json_builder_begin_array (json);
  for (guint t = 0; t < tables->len; t++)
    add_table (json, g_ptr_array_index (tables, t), context);
  json_builder_end_array (json);
  json_builder_set_member_name (json, "absent");
  json_builder_begin_array (json);
  for (const char *const *absent = context->absent; *absent; absent++)
    json_builder_add_string_value (json, *absent);
  json_builder_end_array (json);
  json_builder_end_object (json);
  root = json_builder_get_root (json);
  text = json_to_string (root, TRUE);
  g_print ("%s\n", text);
}
