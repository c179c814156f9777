/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources, one after the other in the calling thread: each by the quickest way
 * that there is for it (quick.h), and else by a pipeline of its own
 * (analysis.h). The results do not depend on the way. */
#pragma once

#include "gst/tools/analysis.h"

typedef struct _ToolAnalyzer ToolAnalyzer;

/* options: borrowed. Free with tool_analyzer_free. */
ToolAnalyzer *tool_analyzer_new (const ToolAnalysisOptions *options);
void tool_analyzer_free (ToolAnalyzer *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolAnalyzer, tool_analyzer_free)

/* source: a path or a URI; NULL: the microphone. *loss and FALSE: as of
 * tool_analysis_run. */
gboolean tool_analyzer_run (ToolAnalyzer *self, const char *source,
    const ToolAnalysisCallbacks *callbacks, gpointer user_data, char **loss,
    GError **error);
