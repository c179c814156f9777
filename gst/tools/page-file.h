/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page of --html: the sections of all sources, and a table of them. */
#pragma once

#include <glib.h>

typedef struct _ToolPageFile ToolPageFile;

/* The file appears when it is complete, or not at all. NULL and G_FILE_ERROR.
 * Free with tool_page_file_free. */
ToolPageFile *tool_page_file_new (const char *path, GError **error);
void tool_page_file_free (ToolPageFile *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolPageFile, tool_page_file_free)

/* section: of tool_page_section_write. */
void tool_page_file_add (ToolPageFile *self, const char *section);

gboolean tool_page_file_finish (ToolPageFile *self, GError **error);
