/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/analyze-output.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "gst/tools/output-folder.h"
#include "gst/tools/text-output.h"

struct _ToolAnalyzeOutput {
  char *head;
  GPtrArray *paths;       /* of the sources; NULL: all go into one output */
  ToolTextOutput *output; /* NULL: no file is open */
};

static gboolean
begin (ToolAnalyzeOutput *self, const char *path, GError **error)
{
  self->output = tool_text_output_new (path, error);
  if (!self->output)
    return FALSE;
  tool_text_output_write (self->output, self->head, strlen (self->head));
  return TRUE;
}

ToolAnalyzeOutput *
tool_analyze_output_new (
    const ToolAnalyzeOptions *options, const char *head, GError **error)
{
  g_autoptr (ToolAnalyzeOutput) self = g_new0 (ToolAnalyzeOutput, 1);

  self->head = g_strdup (head);
  if (options->in_folder)
    self->paths = tool_output_folder_paths (
        options->output, options->listing, options->format.writer->extension);
  else if (!begin (self, options->output, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
tool_analyze_output_free (ToolAnalyzeOutput *self)
{
  if (!self)
    return;
  tool_text_output_free (self->output);
  g_clear_pointer (&self->paths, g_ptr_array_unref);
  g_free (self->head);
  g_free (self);
}

static gboolean
begin_in_folder (ToolAnalyzeOutput *self, const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);

  if (g_mkdir_with_parents (folder, 0777) == 0)
    return begin (self, path, error);
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
      "cannot create the folder %s: %s", folder, g_strerror (errno));
  return FALSE;
}

gboolean
tool_analyze_output_write (
    ToolAnalyzeOutput *self, guint64 index, const char *text, GError **error)
{
  if (!self->output
      && !begin_in_folder (self, g_ptr_array_index (self->paths, index), error))
    return FALSE;
  tool_text_output_write (self->output, text, strlen (text));
  return TRUE;
}

gboolean
tool_analyze_output_end_source (ToolAnalyzeOutput *self, GError **error)
{
  g_autoptr (ToolTextOutput) output = NULL;

  if (!self->paths || !self->output)
    return TRUE;
  output = g_steal_pointer (&self->output);
  return tool_text_output_finish (output, error);
}

gboolean
tool_analyze_output_finish (ToolAnalyzeOutput *self, GError **error)
{
  return self->paths || tool_text_output_finish (self->output, error);
}
