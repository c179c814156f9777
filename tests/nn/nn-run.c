/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nn-run MODEL IO.h5: does a model give the outputs that genuine Keras gave?
 * Exit status: 0 within the tolerance, 1 beyond it, 2 where the model or the
 * data cannot be read (the error is on stderr). */
#include <locale.h>
#include <stdlib.h>
#include "golden-run.h"

enum { STATUS_OK, STATUS_BEYOND, STATUS_ERROR };

static double atol_ = 1e-5, rtol_ = 1e-5;
static char *prefix;
static char **files;

static const GOptionEntry entries[] = {
  { "atol", 'a', 0, G_OPTION_ARG_DOUBLE, &atol_,
      "Absolute tolerance (default 1e-5)", "A" },
  { "rtol", 'r', 0, G_OPTION_ARG_DOUBLE, &rtol_,
      "Tolerance relative to the largest value of the output (default 1e-5); "
      "the larger of both holds",
      "R" },
  { "outputs", 'o', 0, G_OPTION_ARG_STRING, &prefix,
      "Name of the data sets to compare with, without the number (default "
      "output_)",
      "PREFIX" },
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files, NULL,
      "MODEL IO.h5" },
  { NULL },
};

static bool
parse (int *argc, char ***argv, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context,
      "Runs a Keras model on input_0, input_1, ... of IO.h5 and compares.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
    return false;
  if (files && g_strv_length (files) == 2)
    return true;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
      "expected two files: MODEL IO.h5");
  return false;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) diffs = NULL;
  int status = STATUS_OK;

  setlocale (LC_ALL, "");
  if (parse (&argc, &argv, &error))
    diffs =
        golden_run (files[0], files[1], prefix ? prefix : "output_", &error);
  if (!diffs) {
    g_printerr ("nn-run: %s\n", error->message);
    return STATUS_ERROR;
  }
  for (guint i = 0; i < diffs->len; i++) {
    const GoldenDiff *const diff = &g_array_index (diffs, GoldenDiff, i);
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    g_print ("output %u: max_abs_diff %s\n", i,
        g_ascii_formatd (text, sizeof text, "%.3g", diff->max_abs_diff));
    if (!golden_diff_is_within (diff, atol_, rtol_))
      status = STATUS_BEYOND;
  }
  return status;
}
