/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the text of all sources goes: into one output, or into a file for each
 * in a folder. */
#pragma once

#include "gst/tools/analyze-options.h"

typedef struct _ToolAnalyzeOutput ToolAnalyzeOutput;

/* head: what comes before the first source; of every file in a folder. NULL and
 * G_FILE_ERROR. Free with tool_analyze_output_free. */
ToolAnalyzeOutput *tool_analyze_output_new (
    const ToolAnalyzeOptions *options, const char *head, GError **error);
/* What was not finished does not appear. NULL is fine. */
void tool_analyze_output_free (ToolAnalyzeOutput *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolAnalyzeOutput, tool_analyze_output_free)

/* Text of a source, by its number in the listing: of one after the other. FALSE
 * and G_FILE_ERROR where its file cannot be made. */
gboolean tool_analyze_output_write (
    ToolAnalyzeOutput *self, guint64 index, const char *text, GError **error);

/* That was all of this source: in a folder, its file appears. */
gboolean tool_analyze_output_end_source (
    ToolAnalyzeOutput *self, GError **error);

/* That was all. */
gboolean tool_analyze_output_finish (ToolAnalyzeOutput *self, GError **error);
