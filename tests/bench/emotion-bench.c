/* SPDX-License-Identifier: GPL-2.0-or-later */
/* emotion-bench: what each stage takes, from samples to probabilities, beside
 * what the processor and FFTW can do. One thread. See --help. */
#include <locale.h>
#include <stdlib.h>
#include "nn/simd.h"
#include "tests/bench/models.h"
#include "tests/bench/peak.h"
#include "tests/bench/report.h"
#include "tests/bench/stages.h"

static double seconds = 0.5;
static int batch = 32, rounds = 10;
static gboolean json, quantize;
static char **models;

static const GOptionEntry entries[] = {
  { "seconds", 's', 0, G_OPTION_ARG_DOUBLE, &seconds,
      "Time for each measured thing (default 0.5)", "S" },
  { "rounds", 'r', 0, G_OPTION_ARG_INT, &rounds,
      "Rounds in which all take turns (default 10)", "N" },
  { "batch", 'b', 0, G_OPTION_ARG_INT, &batch,
      "Windows at once, measured beside 1 (default 32)", "N" },
  { "quantize", 'q', 0, G_OPTION_ARG_NONE, &quantize,
      "Measure each model with weights of 8 bits, too", NULL },
  { "json", 'j', 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL },
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &models, NULL,
      "[NICK|MODEL...]" },
  { NULL },
};

static bool
parse (int *argc, char ***argv, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context,
      "Measures features and networks. Models: files, or nicks of the four "
      "architectures,\nwhose weights are in the folder EMOTION_SHARED; all "
      "four where none is named.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
    return false;
  if (seconds > 0 && rounds > 0 && batch > 0)
    return true;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "seconds, rounds and batch must be more than 0");
  return false;
}

static bool
add_model (Bench *bench, const char *what, bool quantised, GError **error)
{
  g_autoptr (NnModel) model = bench_model_load (what, error);
  g_autofree char *name = g_path_get_basename (what);
  g_autofree char *title =
      g_strconcat (name, quantised ? " of 8 bits" : NULL, NULL);

  if (model && quantised)
    nn_model_quantise (model);
  return model && stages_add_model (bench, title, model, 1, error)
      && (batch == 1
          || stages_add_model (bench, title, model, (size_t) batch, error));
}

static bool
add_forms (Bench *bench, const char *what, GError **error)
{
  return add_model (bench, what, false, error)
      && (!quantize || add_model (bench, what, true, error));
}

/* Those that are named must be there; of the four, what is there. */
static bool
add_models (Bench *bench, GPtrArray *absent, GError **error)
{
  for (char **model = models; model && *model; model++)
    if (!add_forms (bench, *model, error))
      return false;
  for (size_t i = 0; i < N_BENCH_MODELS && !models; i++) {
    g_autoptr (GError) missing = NULL;

    if (!add_forms (bench, bench_models[i].nick, &missing))
      g_ptr_array_add (absent,
          g_strdup_printf ("%s: %s", bench_models[i].nick, missing->message));
  }
  return true;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Bench) bench = bench_new ();
  g_autoptr (GPtrArray) absent = g_ptr_array_new_with_free_func (g_free);
  ReportContext context = { .simd = nn_simd ()->name };
  BenchRow *peak;

  setlocale (LC_ALL, "");
  if (!parse (&argc, &argv, &error)) {
    g_printerr ("emotion-bench: %s\n", error->message);
    return 2;
  }
  peak = peak_add (bench);
  context.fftw = stages_add_features (bench);
  if (!add_models (bench, absent, &error)) {
    g_printerr ("emotion-bench: %s\n", error->message);
    return EXIT_FAILURE;
  }
  bench_run (bench, seconds, (unsigned) rounds);
  g_ptr_array_add (absent, NULL);
  context.absent = (const char *const *) absent->pdata;
  context.peak_gflops = peak_gflops (peak);
  (json ? report_json : report_text) (bench, &context);
  return EXIT_SUCCESS;
}
