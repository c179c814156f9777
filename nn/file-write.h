/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that appear complete or not at all. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Whether path is a device, a pipe or a descriptor (/dev/stdout, whatever it is
 * redirected to), which is written into and must never be replaced. */
bool nn_file_is_stream (const char *path);

/* Opens such a path for writing. A descriptor, or -1 and errno. */
int nn_file_open_stream (const char *path);

/* A file that is being written: a temporary file beside it, or a stream. */
typedef struct {
  char *path;   /* as it was named */
  char *target; /* the same, with links resolved */
  char
      *temporary; /* what becomes target; NULL: a stream, or it has become it */
  int fd;         /* write here */
} NnFileDraft;

/* False and NN_ERROR_IO; self needs no clear then. */
bool nn_file_draft_open (NnFileDraft *self, const char *path, GError **error);

/* Syncs what was written (fsync) and renames it to target, with the permissions
 * of the file that it replaces. False and NN_ERROR_IO: the old file is
 * unchanged. */
bool nn_file_draft_publish (NnFileDraft *self, GError **error);

/* Removes what was not published. */
void nn_file_draft_clear (NnFileDraft *self);

/* Writes bytes by such a draft. False and NN_ERROR_IO: the old file is
 * unchanged. */
bool nn_file_write (const char *path, GBytes *bytes, GError **error);
