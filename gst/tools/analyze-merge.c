/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/analyze-merge.h"

#include <stdio.h>
#include <string.h>

#include "gst/tools/progress.h"
#include "gst/tools/text-output.h"

gboolean
tool_analyze_write_parts (const ToolShardSet *set, const char *path,
    gboolean tells_failures, GError **error)
{
  const char *head = tool_shard_set_info (set)->head;
  g_autoptr (ToolTextOutput) output = tool_text_output_new (path, error);
  gboolean is_whole = TRUE;

  if (!output)
    return FALSE;
  tool_text_output_write (output, head, strlen (head));
  for (gsize i = 0; i < tool_shard_set_count (set); i++) {
    const ToolShardRecord *record = tool_shard_set_get (set, i);
    const char *data = record->data;
    gsize len = record->kind == TOOL_SHARD_FAILED ? 0 : record->len;
    g_autofree char *trouble = record->kind == TOOL_SHARD_SHORT
        ? tool_shard_record_loss (record, &data, &len)
        : g_strndup (record->data, record->len - len);

    tool_text_output_write (output, data, len);
    if (record->kind == TOOL_SHARD_FINE)
      continue;
    is_whole = FALSE;
    if (tells_failures)
      tool_progress_complain (
          PROGRAM, tool_shard_set_name (set, record->index), trouble);
  }
  return tool_text_output_finish (output, error) && is_whole;
}

gboolean
tool_analyze_merge (const ToolAnalyzeOptions *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ToolShardSet) set = tool_shard_set_load (
      (const char *const *) options->parts, PROGRAM, &error);
  g_autofree char *missing = set ? tool_shard_set_missing (set) : NULL;
  gboolean ok;

  if (missing)
    fprintf (stderr,
        PROGRAM ": the result is incomplete; missing:\n%s"
                "Run the workers again with --resume.\n",
        missing);
  ok = set && !missing
      && tool_analyze_write_parts (set, options->output, TRUE, &error);
  if (error)
    fprintf (stderr, PROGRAM ": %s\n", error->message);
  return ok;
}
