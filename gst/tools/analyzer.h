/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources, one after the other in the calling thread: each by the quickest way
 * that there is for it (quick.h), and else by a pipeline of its own
 * (analysis.h). What is told of a source does not depend on the way. */
#pragma once

#include "gst/tools/analysis.h"

typedef struct _Analyzer Analyzer;

/* options: borrowed. Free with analyzer_free. */
Analyzer *analyzer_new (const AnalysisOptions *options);
void analyzer_free (Analyzer *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Analyzer, analyzer_free)

/* source: a path or a URI; NULL: the microphone. FALSE and an error as from
 * analysis_run. */
gboolean analyzer_run (Analyzer *self, const char *source,
    const AnalysisCallbacks *callbacks, gpointer user_data, GError **error);
