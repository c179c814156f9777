/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which sources there are: from arguments and lists of files, folders and URIs
 * to one list of sources in one order. */
#pragma once

#include <glib.h>

typedef struct {
  char *source;    /* path or URI; owned */
  const char *key; /* what shards go by: the path below its folder, else all of
                      source; part of it */
  char *failure;   /* why there is nothing to read; owned; NULL: nobody knows */
} ToolListingEntry;

typedef struct {
  GPtrArray *entries;   /* ToolListingEntry */
  gboolean reads_stdin; /* standard input is used for something else, or was */
} ToolListing;

ToolListing *tool_listing_new (void);
void tool_listing_free (ToolListing *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolListing, tool_listing_free)

/* A file, "-" (standard input), a URI, a playlist (then what it names), or a
 * folder: then all sound and video files in it and the folders below it, sorted
 * by their names as bytes. What GStreamer knows by its extension is taken by
 * that; what it does not know, by its contents. Links to folders inside of it
 * are not followed. A folder without any becomes an entry with a failure. */
void tool_listing_add (ToolListing *self, const char *source);

/* A line for each of the above; empty lines do not count. "-" is standard
 * input. FALSE and G_FILE_ERROR where it cannot be read. */
gboolean tool_listing_add_file (
    ToolListing *self, const char *path, GError **error);
