/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What emotion-analyze does: all sources of a command line through the
 * analyzers, and the results to standard output, a file, or a shard's part. */
#pragma once

#include "gst/ranks/ranks.h"
#include "gst/tools/analyze-options.h"

/* Called by all ranks, which share the sources between them; rank 0 writes.
 * Returns when all are done. head: precedes the first line. stop: ends it when
 * not 0, by g_atomic_int_get. Reports failures on standard error, and returns
 * whether there were none. */
gboolean tool_analyze_all (const ToolAnalyzeOptions *options, Ranks *ranks,
    const char *head, const gint *stop);
