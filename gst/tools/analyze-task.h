/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One task of emotion-analyze: one source through an analyzer. What it gives is
 * emitted to a batch (ToolAnalyzeItem), or kept as a record of a part. In any
 * thread. */
#pragma once

#include "gst/tools/analyze-options.h"
#include "gst/tools/analyzer.h"
#include "gst/tools/batch.h"
#include "gst/tools/shard-file.h"
#include "gst/tools/timeline-plot.h"

/* Units of progress that make one source. */
#define TOOL_ANALYZE_FINENESS 1000

/* What all tasks share. */
typedef struct {
  const ToolAnalyzeOptions *options;
  ToolTimelinePlot *plot; /* NULL if none is wanted */
  ToolShardWriter *part;  /* of this process; NULL: records are emitted */
  gint *progress;         /* atomic: of all sources in progress */
} ToolAnalyzeShared;

/* The source's name; entry NULL is the microphone. */
const char *tool_analyze_task_name (const ToolListingEntry *entry);

/* Source number i of the batch, and number index of the listing. */
void tool_analyze_task_run (const ToolAnalyzeShared *self, ToolBatch *batch,
    gsize i, guint64 index, const ToolListingEntry *entry,
    ToolAnalyzer *analyzer);

/* text: the results, or why there are none. FALSE and G_FILE_ERROR where it
 * cannot be written. */
gboolean tool_analyze_task_record (ToolShardWriter *part, guint64 index,
    ToolShardKind kind, const char *text, GError **error);
