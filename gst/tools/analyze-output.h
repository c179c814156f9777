/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the text of all sources: into one output, or into a file for each in a
 * folder. */
#pragma once

#include "gst/tools/analyze-options.h"

typedef struct _ToolAnalyzeOutput ToolAnalyzeOutput;

/* head: precedes the first source; in every file of a folder. NULL and
 * G_FILE_ERROR. Free with tool_analyze_output_free. */
ToolAnalyzeOutput *tool_analyze_output_new (
    const ToolAnalyzeOptions *options, const char *head, GError **error);
/* What was not finished does not appear. NULL is fine. */
void tool_analyze_output_free (ToolAnalyzeOutput *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolAnalyzeOutput, tool_analyze_output_free)

/* Text of a source, by its index in the listing, one source after the other.
 * FALSE and G_FILE_ERROR if its file cannot be created. */
gboolean tool_analyze_output_write (
    ToolAnalyzeOutput *self, guint64 index, const char *text, GError **error);

/* Ends a source: in a folder, its file appears. */
gboolean tool_analyze_output_end_source (
    ToolAnalyzeOutput *self, GError **error);

/* Ends the output. */
gboolean tool_analyze_output_finish (ToolAnalyzeOutput *self, GError **error);
