/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small files through the element without a pipeline for each. The parser and
 * the decoder of a media type are kept; the calling thread pushes the whole
 * file through them and through one emotiondetect:
 *
 *   file -> parser -> decoder -> emotiondetect -> windows
 *
 * No thread starts, nothing is plugged and no preroll waits, so that decoding
 * and analysing are what is left. Which elements a media type needs is learned
 * from a file that went the general way (analysis.h): they are the same, and so
 * are the windows. Files with anything odd about them are left to that way.
 * One thread at a time. */
#pragma once

#include "gst/tools/analysis.h"

/* Bytes; in larger files, setting up is not what takes the time. */
#define QUICK_MAX_SIZE (8 * 1024 * 1024)

typedef struct _Quick Quick;

/* Free with quick_free. NULL where the element does not start. */
Quick *quick_new (const AnalysisOptions *options);
void quick_free (Quick *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Quick, quick_free)

/* A file in memory. */
typedef struct {
  GBytes *bytes;
  GstCaps *type;
} QuickFile;

/* FALSE where the file is too large, or its type not certain. */
gboolean quick_file_read (QuickFile *file, const char *path);
void quick_file_clear (QuickFile *file);

/* Appends to windows (GstStructure "emotion", owned) those of the file. FALSE
 * where it has to go the general way; then there are none. */
gboolean quick_run (Quick *self, const QuickFile *file, GPtrArray *windows);

/* Whether files of this type are worth learning from. */
gboolean quick_knows (const Quick *self, const QuickFile *file);

/* decoders: as analysis_run gives them for this file. */
void quick_learn (Quick *self, const QuickFile *file, GPtrArray *decoders);
