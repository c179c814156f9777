/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One source through an analyzer; what is said of it is told to a batch
 * (ToolAnalyzeItem), or kept as a record of a part. In any thread. */
#pragma once

#include "gst/tools/analyze-options.h"
#include "gst/tools/analyzer.h"
#include "gst/tools/batch.h"
#include "gst/tools/shard-file.h"
#include "gst/tools/timeline-plot.h"

/* Parts of one source that its progress is counted in. */
#define TOOL_ANALYZE_FINENESS 1000

/* What all sources have in common. */
typedef struct {
  const ToolAnalyzeOptions *options;
  ToolTimelinePlot *plot; /* NULL if none is wanted */
  ToolShardWriter *part;  /* of this process; NULL: records are told */
  gint *progress;         /* atomic: grows and shrinks with what is in hand */
} ToolAnalyzeSource;

/* The source's name; NULL is the microphone. */
const char *tool_analyze_source_name (const ToolListingEntry *entry);

/* Source number i of the batch, and number index of the listing. */
void tool_analyze_source_run (const ToolAnalyzeSource *self, ToolBatch *batch,
    gsize i, guint64 index, const ToolListingEntry *entry,
    ToolAnalyzer *analyzer);

/* text: what came out, or why nothing did. FALSE and G_FILE_ERROR where it
 * cannot be written. */
gboolean tool_analyze_source_record (ToolShardWriter *part, guint64 index,
    ToolShardKind kind, const char *text, GError **error);
