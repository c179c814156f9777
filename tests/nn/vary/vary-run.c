/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vary-run < LIST: each line a model, a tab, and the file with its inputs and
 * outputs. Prints a line for each: the largest difference of its outputs,
 * relative to the largest value where that is more than 1, or "refused: " and
 * the message. vary-run --list: the names of all layers there are. */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include "nn/layer.h"
#include "tests/nn/golden-run.h"

int
main (int argc, char **argv)
{
  g_autofree char *layers = nn_layer_class_list ();
  g_autoptr (GIOChannel) in = g_io_channel_unix_new (0);
  char *line;

  setlocale (LC_ALL, "");
  if (argc > 1 && strcmp (argv[1], "--list") == 0)
    return puts (layers) < 0;
  while (g_io_channel_read_line (in, &line, NULL, NULL, NULL)
      == G_IO_STATUS_NORMAL) {
    g_auto (GStrv) files = g_strsplit (g_strchomp (line), "\t", 2);
    g_autoptr (GError) error = NULL;
    g_autoptr (GArray) diffs =
        golden_run (files[0], files[1], "output_", &error);
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    double worst = 0;

    for (guint i = 0; diffs && i < diffs->len; i++) {
      const GoldenDiff *const diff = &g_array_index (diffs, GoldenDiff, i);

      worst = MAX (worst, diff->max_abs_diff / MAX (1, diff->max_abs_ref));
    }
    if (diffs)
      puts (g_ascii_dtostr (number, sizeof number, worst));
    else
      printf ("refused: %s\n", error->message);
    g_free (line);
  }
  return 0;
}
