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
  GPtrArray *entries; /* ToolListingEntry */
} ToolListing;

ToolListing *tool_listing_new (void);
void tool_listing_free (ToolListing *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolListing, tool_listing_free)

/* A file, a URI, or a folder: then all sound and video files (by the extensions
 * that GStreamer knows) in it and the folders below it, sorted by their names
 * as bytes. Links to folders inside of it are not followed. A folder without
 * any becomes an entry with a failure. */
void tool_listing_add (ToolListing *self, const char *source);

/* A line for each of the above; empty lines do not count. "-" is standard
 * input. FALSE and G_FILE_ERROR where it cannot be read. */
gboolean tool_listing_add_file (
    ToolListing *self, const char *path, GError **error);
