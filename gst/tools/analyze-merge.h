/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Merges the parts written by workers of emotion-analyze into one output. */
#pragma once

#include "gst/tools/analyze-options.h"
#include "gst/tools/shard-file.h"

/* Writes the contents of parts as if from one worker; failures to standard
 * error, if wanted. path: NULL: standard output. FALSE and G_FILE_ERROR, or
 * without an error if something had failed. */
gboolean tool_analyze_write_parts (const ToolShardSet *set, const char *path,
    gboolean tells_failures, GError **error);

/* Joins the parts that the options name. Reports on standard error what fails
 * or is missing, and returns whether there was none. */
gboolean tool_analyze_merge (const ToolAnalyzeOptions *options);
