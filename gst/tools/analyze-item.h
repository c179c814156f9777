/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is told of a source while it is analysed: in the order of the sources,
 * by threads of this process or by other processes. */
#pragma once

#include "gst/tools/batch.h"

typedef enum {
  ANALYZE_TEXT,
  ANALYZE_FAILURE,
  ANALYZE_WARNING,
  ANALYZE_END,
  ANALYZE_FINE, /* records of a part, from where it is not written */
  ANALYZE_FAILED,
} AnalyzeItemKind;

typedef struct {
  AnalyzeItemKind kind;
  char *text;      /* owned; or NULL */
  gdouble seconds; /* of sound, so far */
} AnalyzeItem;

/* Free with analyze_item_free. */
AnalyzeItem *analyze_item_new (
    AnalyzeItemKind kind, const char *text, gdouble seconds);
void analyze_item_free (AnalyzeItem *self); /* NULL is fine */

/* For BatchPacking. */
void analyze_item_pack (gconstpointer item, GByteArray *bytes);
gpointer analyze_item_unpack (const char **at);
