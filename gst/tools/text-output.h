/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Output of lines: to standard output, a device or a pipe at once; or to a file
 * that appears complete or not at all. */
#pragma once

#include <glib.h>

typedef struct _ToolTextOutput ToolTextOutput;

/* path: NULL: standard output. Free with tool_text_output_free. NULL and
 * NN_ERROR_IO or G_FILE_ERROR. */
ToolTextOutput *tool_text_output_new (const char *path, GError **error);
/* A file that was not finished does not appear. NULL is fine. */
void tool_text_output_free (ToolTextOutput *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolTextOutput, tool_text_output_free)

/* Errors are reported at the end. */
void tool_text_output_write (ToolTextOutput *self, const char *text, gsize len);

gboolean tool_text_output_finish (ToolTextOutput *self, GError **error);
