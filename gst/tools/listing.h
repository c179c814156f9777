/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Expands arguments and lists of files, folders and URIs to one ordered list of
 * sources. */
#pragma once

#include <glib.h>

typedef struct {
  char *source;    /* path or URI; owned */
  const char *key; /* for sharding: the path below its folder, else all of
                      source; points into it */
  char *failure;   /* why there is nothing to read; owned; NULL: unknown */
} ToolListingEntry;

typedef struct {
  GPtrArray *entries;   /* ToolListingEntry */
  gboolean reads_stdin; /* standard input has been used */
} ToolListing;

ToolListing *tool_listing_new (void);
void tool_listing_free (ToolListing *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolListing, tool_listing_free)

/* A file, "-" (standard input), a URI, a playlist (then what it names), or a
 * folder: then all sound and video files in it and the folders below it, sorted
 * by their names as bytes. Files are recognised by extensions that GStreamer
 * knows, else by their contents. Links to folders inside a folder are not
 * followed. A folder without sounds, or that cannot be read, becomes an entry
 * with a failure; so does an empty source. */
void tool_listing_add (ToolListing *self, const char *source);

/* A line for each of the above; empty lines are ignored. "-" is standard input.
 * FALSE and G_FILE_ERROR if it cannot be read. */
gboolean tool_listing_add_file (
    ToolListing *self, const char *path, GError **error);

/* Whether a file is a sound (or a video) that a folder of the above stands for.
 */
gboolean tool_listing_is_sound (const char *path);
