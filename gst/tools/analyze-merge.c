/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/analyze-merge.h"

#include <stdio.h>
#include <string.h>

#include "gst/tools/text-output.h"

gboolean
analyze_write_parts (const PartSet *set, const char *path,
    gboolean tells_failures, GError **error)
{
  const char *head = part_set_info (set)->head;
  g_autoptr (TextOutput) output = text_output_new (path, error);
  gboolean is_whole = TRUE;

  if (!output)
    return FALSE;
  text_output_write (output, head, strlen (head));
  for (gsize i = 0; i < part_set_count (set); i++) {
    const PartRecord *record = part_set_get (set, i);

    if (record->kind == PART_FINE) {
      text_output_write (output, record->data, record->len);
      continue;
    }
    is_whole = FALSE;
    if (tells_failures)
      fprintf (stderr, PROGRAM ": %s: %.*s\n",
          part_set_name (set, record->index), (int) record->len, record->data);
  }
  return text_output_finish (output, error) && is_whole;
}

gboolean
analyze_merge (const AnalyzeOptions *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PartSet) set =
      part_set_load ((const char *const *) options->parts, PROGRAM, &error);
  g_autofree char *missing = set ? part_set_missing (set) : NULL;
  gboolean ok;

  if (missing)
    fprintf (stderr,
        PROGRAM ": not all of it is there; this is missing:\n%s"
                "The workers can go on with --resume.\n",
        missing);
  ok = set && !missing
      && analyze_write_parts (set, options->output, TRUE, &error);
  if (error)
    fprintf (stderr, PROGRAM ": %s\n", error->message);
  return ok;
}
