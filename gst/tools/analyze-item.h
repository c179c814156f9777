/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is reported about a source while it is analysed: in the order of the
 * sources, from threads of this process or from other processes. */
#pragma once

#include "gst/tools/batch.h"

typedef enum {
  TOOL_ANALYZE_TEXT,
  TOOL_ANALYZE_PAGE, /* of tool_page_section_write */
  TOOL_ANALYZE_FAILURE,
  TOOL_ANALYZE_WARNING,
  TOOL_ANALYZE_END,
  TOOL_ANALYZE_FINE, /* records of a part, from another rank: as ToolShardKind
                      */
  TOOL_ANALYZE_SHORT,
  TOOL_ANALYZE_FAILED,
} ToolAnalyzeItemKind;

typedef struct {
  ToolAnalyzeItemKind kind;
  char *text;      /* owned; or NULL */
  gdouble seconds; /* of sound, so far */
} ToolAnalyzeItem;

/* Free with tool_analyze_item_free. */
ToolAnalyzeItem *tool_analyze_item_new (
    ToolAnalyzeItemKind kind, const char *text, gdouble seconds);

/* For ToolBatchPacking: of gpointer, as that calls them. NULL has nothing to be
 * freed. */
void tool_analyze_item_free (gpointer item);
void tool_analyze_item_pack (gconstpointer item, GByteArray *bytes);
gpointer tool_analyze_item_unpack (const char **at);
