/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All sources of a command line through the analyzer, and what comes out of it
 * to where it goes: standard output, a file, or a part of several. */
#pragma once

#include "gst/ranks/ranks.h"
#include "gst/tools/analyze-options.h"

/* Called by all ranks, which share the sources out; rank 0 writes. Returns when
 * all is done. head: what comes before the first line. stop: not 0
 * ends it, by g_atomic_int_get. Says on standard error what fails, and returns
 * whether all went well. */
gboolean tool_analyze_run (const ToolAnalyzeOptions *options, Ranks *ranks,
    const char *head, const gint *stop);
