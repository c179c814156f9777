/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Divides a listing into N shards, for as many independent workers: each source
 * belongs to one, by a hash of its name. */
#pragma once

#include <glib.h>

typedef struct {
  guint number; /* 1..n */
  guint n;
} ToolShard;

#define TOOL_SHARD_ALL ((ToolShard){ 1, 1 })

/* From "I/N". FALSE and G_OPTION_ERROR_BAD_VALUE. */
gboolean tool_shard_parse (const char *text, ToolShard *shard, GError **error);

/* key: any bytes. The same on every machine and in every version. */
gboolean tool_shard_has (const ToolShard *self, const char *key);
