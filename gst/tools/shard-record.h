/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The form of a part's file: records one after the other,
 *
 *   KIND INDEX LENGTH CHECKSUM \n DATA \n
 *
 * with the SHA-256 of kind, index and data. The first two identify the part and
 * its sources. After damaged bytes, the next intact record is still found. */
#pragma once

#include "gst/tools/shard-file.h"

typedef enum {
  TOOL_SHARD_BLOCK_INFO,
  TOOL_SHARD_BLOCK_NAMES,
  TOOL_SHARD_BLOCK_FINE, /* from here on, as ToolShardKind */
  TOOL_SHARD_BLOCK_SHORT,
  TOOL_SHARD_BLOCK_FAILED,
  TOOL_SHARD_N_BLOCKS,
} ToolShardBlockKind;

typedef struct {
  ToolShardBlockKind kind;
  guint64 index;
  const char *data; /* [len], points into the text */
  gsize len;
} ToolShardBlock;

void tool_shard_block_append (GString *out, const ToolShardBlock *block);

/* The first intact block in text [len] from *position on, which is moved past
 * it. FALSE if there is none. */
gboolean tool_shard_block_next (
    const char *text, gsize len, gsize *position, ToolShardBlock *block);

/* Info as the data of a block, and the reverse; its strings are borrowed from
 * file. */
char *tool_shard_info_to_text (const ToolShardInfo *info);
/* Owns the strings of an info that was read. */
typedef struct {
  ToolShardInfo info;
  char *tool, *settings, *head, *listing;
} ToolShardInfoStore;
gboolean tool_shard_info_from_text (
    ToolShardInfoStore *store, const char *text, gsize len);
void tool_shard_info_store_clear (ToolShardInfoStore *store);

/* Why a and b do not belong together, to be appended to the part's name; NULL
 * if they do. */
const char *tool_shard_info_difference (
    const ToolShardInfo *a, const ToolShardInfo *b);
