/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/analyze-item.h"

#include <string.h>

ToolAnalyzeItem *
tool_analyze_item_new (
    ToolAnalyzeItemKind kind, const char *text, gdouble seconds)
{
  ToolAnalyzeItem *self = g_new (ToolAnalyzeItem, 1);

  *self = (ToolAnalyzeItem){ kind, g_strdup (text), seconds };
  return self;
}

void
tool_analyze_item_free (gpointer item)
{
  ToolAnalyzeItem *const self = item;

  if (!self)
    return;
  g_free (self->text);
  g_free (self);
}

/* The kind, the seconds, the text. */
void
tool_analyze_item_pack (gconstpointer item, GByteArray *bytes)
{
  const ToolAnalyzeItem *const self = item;
  const guint8 kind = self->kind;
  const char *const text = self->text ? self->text : "";

  g_byte_array_append (bytes, &kind, 1);
  g_byte_array_append (
      bytes, (const guint8 *) &self->seconds, sizeof self->seconds);
  g_byte_array_append (bytes, (const guint8 *) text, strlen (text) + 1);
}

gpointer
tool_analyze_item_unpack (const char **at)
{
  const ToolAnalyzeItemKind kind = *(*at)++;
  ToolAnalyzeItem *self;
  gdouble seconds;

  memcpy (&seconds, *at, sizeof seconds);
  *at += sizeof seconds;
  self = tool_analyze_item_new (kind, *at, seconds);
  *at += strlen (*at) + 1;
  return self;
}
