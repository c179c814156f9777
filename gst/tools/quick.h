/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small files through the element without a pipeline for each. The parser and
 * the decoder of a media type are kept; the calling thread pushes the whole
 * file through them and through one emotiondetect:
 *
 *   file -> parser -> decoder -> emotiondetect -> windows
 *
 * No thread is started, nothing is autoplugged and nothing waits for preroll,
 * so only decoding and analysis remain. Which elements a media type needs is
 * learned from a file that went through a pipeline (pipeline.h): the elements
 * are the same, and so are the windows. Files with anything odd about them are
 * left to a pipeline. One thread at a time. */
#pragma once

#include "gst/tools/analyzer.h"

/* Bytes; for larger files, the time to set up a pipeline does not matter. */
#define TOOL_QUICK_MAX_SIZE (8 * 1024 * 1024)

typedef struct _ToolQuick ToolQuick;

/* Free with tool_quick_free. NULL if the element does not start. */
ToolQuick *tool_quick_new (const ToolAnalyzerOptions *options);
void tool_quick_free (ToolQuick *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolQuick, tool_quick_free)

/* A file in memory. */
typedef struct {
  const char *path; /* borrowed */
  GBytes *bytes;
  GstCaps *type;
} ToolQuickFile;

/* path: stays as long as the file. FALSE if the file is too large, or its
 * type not certain. */
gboolean tool_quick_file_read (ToolQuickFile *file, const char *path);
void tool_quick_file_clear (ToolQuickFile *file);

/* Appends to windows (GstStructure "emotion", owned) those of the file. FALSE
 * if it needs a pipeline, for example because it is incomplete; windows is then
 * unchanged. */
gboolean tool_quick_run (
    ToolQuick *self, const ToolQuickFile *file, GPtrArray *windows);

/* Whether files of this type are worth learning from. */
gboolean tool_quick_knows (const ToolQuick *self, const ToolQuickFile *file);

/* decoders: as tool_pipeline_run gives them for this file. */
void tool_quick_learn (
    ToolQuick *self, const ToolQuickFile *file, GPtrArray *decoders);
