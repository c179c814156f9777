/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The results of one worker for its shard, on disk: a record for each source,
 * with a checksum, so that a killed worker continues where it was, and damaged
 * records are redone. Parts of all shards together give what one worker without
 * shards would have written. The contents of a record are up to the tool.
 *
 * While a worker works, records are appended to PART.partial, which is locked;
 * in the end it becomes PART, sorted. */
#pragma once

#include <glib.h>
#include "gst/tools/shard.h"

typedef enum {
  TOOL_SHARD_FINE,   /* data: the results of the tool */
  TOOL_SHARD_SHORT,  /* data: a line of text on what is missing of the source,
                        and the results for the rest */
  TOOL_SHARD_FAILED, /* data: why there is none, as text */
} ToolShardKind;

typedef struct {
  guint64 index; /* in the listing */
  ToolShardKind kind;
  const char *data; /* [len], not terminated */
  gsize len;
} ToolShardRecord;

/* What related parts have in common, and the shard of one. */
typedef struct {
  const char *tool;
  const char *settings; /* everything that affects the records, as text */
  const char *head;     /* the header before the first record */
  const char *listing;  /* tool_shard_listing_id */
  guint64 n_listed;     /* sources in the whole listing */
  ToolShard shard;
} ToolShardInfo;

/* Identifies a listing: n names (keys) in their order. Free with g_free. */
char *tool_shard_listing_id (const char *const *keys, gsize n);

/* A part being written. Any number of threads at once. */
typedef struct _ToolShardWriter ToolShardWriter;

/* indices [n], ascending: the sources of the shard, and names [n], for
 * reporting missing ones. resume: keeps the records of PART and PART.partial,
 * except failures and incomplete sources, which are tried again; else starts
 * anew. NULL and G_FILE_ERROR if another process writes the part, if it cannot
 * be written, or if it was made with other settings or from another listing. */
ToolShardWriter *tool_shard_writer_new (const char *path,
    const ToolShardInfo *info, const guint64 *indices, const char *const *names,
    gsize n, gboolean resume, GError **error);
/* An unfinished part is kept, to be resumed. NULL is fine. */
void tool_shard_writer_free (ToolShardWriter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolShardWriter, tool_shard_writer_free)

/* Whether there was a record already that need not be redone. Does not change
 * after tool_shard_writer_new. */
gboolean tool_shard_writer_has (ToolShardWriter *self, guint64 index);

/* FALSE and G_FILE_ERROR where it cannot be written. */
gboolean tool_shard_writer_add (
    ToolShardWriter *self, const ToolShardRecord *record, GError **error);

/* Renames the part to its final name if it has all its records;
 * tool_shard_set_load then reads them. FALSE and G_FILE_ERROR. */
gboolean tool_shard_writer_finish (ToolShardWriter *self, GError **error);

/* Parts, complete or not. */
typedef struct _ToolShardSet ToolShardSet;

/* Any parts, in any order, of one listing made with the same settings. tool:
 * the one that must have made them. An incomplete part is read as far as it
 * goes. NULL and G_FILE_ERROR, which names the part. */
ToolShardSet *tool_shard_set_load (
    const char *const *paths, const char *tool, GError **error);
void tool_shard_set_free (ToolShardSet *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolShardSet, tool_shard_set_free)

/* Of the first part. */
const ToolShardInfo *tool_shard_set_info (const ToolShardSet *self);

/* The records there are, in the order of the listing. */
gsize tool_shard_set_count (const ToolShardSet *self);
const ToolShardRecord *tool_shard_set_get (const ToolShardSet *self, gsize i);

/* Of a TOOL_SHARD_SHORT: its line, to be freed; *data [*len] is what comes
 * after. */
char *tool_shard_record_loss (
    const ToolShardRecord *record, const char **data, gsize *len);

/* The name of the source of a record. */
const char *tool_shard_set_name (const ToolShardSet *self, guint64 index);

/* A line for each source without a record, and for each shard without a part;
 * NULL if nothing is missing. Free with g_free. */
char *tool_shard_set_missing (const ToolShardSet *self);
