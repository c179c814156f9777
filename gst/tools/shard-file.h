/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one worker made of its shard, on disk: a record for each source, each
 * with a checksum, so that a worker that was killed goes on where it was, and
 * what is damaged is done again. Parts of all shards together give what one
 * worker without shards would have written. What a record holds is the tool's
 * business.
 *
 * While a worker works, records are appended to PART.partial, which is locked;
 * in the end it becomes PART, sorted. */
#pragma once

#include <glib.h>
#include "gst/tools/shard.h"

typedef enum {
  TOOL_SHARD_FINE,   /* data: what the tool made of it */
  TOOL_SHARD_SHORT,  /* data: what of the source is missing, as a line of text,
                  and  what the tool made of the rest */
  TOOL_SHARD_FAILED, /* data: why there is none, as text */
} ToolShardKind;

typedef struct {
  guint64 index; /* in the listing */
  ToolShardKind kind;
  const char *data; /* [len], not terminated */
  gsize len;
} ToolShardRecord;

/* What parts that belong together have in common, and of which shard one is. */
typedef struct {
  const char *tool;
  const char *settings; /* whatever changes the records, as text */
  const char *head;     /* what comes before the first record of the whole */
  const char *listing;  /* tool_shard_listing_id */
  guint64 n_listed;     /* sources in the whole listing */
  ToolShard shard;
} ToolShardInfo;

/* Identifies a listing: n names (keys) in their order. Free with g_free. */
char *tool_shard_listing_id (const char *const *keys, gsize n);

/* One part, being made. Any number of threads at once. */
typedef struct _ToolShardWriter ToolShardWriter;

/* indices [n], rising: the sources of the shard, and names [n]: what to call
 * those that are missing. resume: what PART and PART.partial hold counts, but
 * for failures and sources that were not whole, which are tried again; else
 * they are made anew. NULL and G_FILE_ERROR where another process writes the
 * part, where it cannot be written, or where it was made with other settings or
 * of another listing. */
ToolShardWriter *tool_shard_writer_new (const char *path,
    const ToolShardInfo *info, const guint64 *indices, const char *const *names,
    gsize n, gboolean resume, GError **error);
/* What was not finished stays, to be resumed. NULL is fine. */
void tool_shard_writer_free (ToolShardWriter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolShardWriter, tool_shard_writer_free)

/* Whether there was a record already that need not be made again. Does not
 * change after tool_shard_writer_new. */
gboolean tool_shard_writer_has (ToolShardWriter *self, guint64 index);

/* FALSE and G_FILE_ERROR where it cannot be written. */
gboolean tool_shard_writer_add (
    ToolShardWriter *self, const ToolShardRecord *record, GError **error);

/* Gives the part its name, where it has all its records; all of them can be
 * had from tool_shard_set_load then. FALSE and G_FILE_ERROR. */
gboolean tool_shard_writer_finish (ToolShardWriter *self, GError **error);

/* Parts that are done, or not quite. */
typedef struct _ToolShardSet ToolShardSet;

/* Any parts, in any order, of one listing made with the same settings. tool:
 * that they have to be of. A part that has not got its name yet is read as far
 * as it is. NULL and G_FILE_ERROR, which names the part. */
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

/* What to call the source of a record. */
const char *tool_shard_set_name (const ToolShardSet *self, guint64 index);

/* A line for each source without a record, and for each shard without a part;
 * NULL if nothing is missing. Free with g_free. */
char *tool_shard_set_missing (const ToolShardSet *self);
