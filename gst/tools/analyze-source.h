/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One source through an analyzer; what is said of it is told to a batch
 * (AnalyzeItem), or kept as a record of a part. In any thread. */
#pragma once

#include "gst/tools/analyze-options.h"
#include "gst/tools/analyzer.h"
#include "gst/tools/batch.h"
#include "gst/tools/part.h"
#include "gst/tools/timeline-plot.h"

/* Parts of one source that its progress is counted in. */
#define ANALYZE_FINENESS 1000

/* What all sources have in common. */
typedef struct {
  const AnalyzeOptions *options;
  TimelinePlot *plot; /* NULL where none is wanted */
  PartWriter *part;   /* of this process; NULL: records are told */
  gint *progress;     /* atomic: grows and shrinks with what is in hand */
} AnalyzeSource;

/* The source's name; NULL is the microphone. */
const char *analyze_source_name (const ListingEntry *entry);

/* Source number i of the batch, and number index of the listing. */
void analyze_source_run (const AnalyzeSource *self, Batch *batch, gsize i,
    guint64 index, const ListingEntry *entry, Analyzer *analyzer);

/* text: what came out, or why nothing did. FALSE and G_FILE_ERROR where it
 * cannot be written. */
gboolean analyze_source_record (PartWriter *part, guint64 index, PartKind kind,
    const char *text, GError **error);
