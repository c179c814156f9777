/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/text-output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "nn/file-write.h"

struct _ToolTextOutput {
  gboolean has_draft; /* FALSE: standard output */
  NnFileDraft draft;
  FILE *file;
  int failure; /* errno of the first, or 0 */
};

static gboolean
fail (const ToolTextOutput *self, int code, GError **error)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code),
      "cannot write %s: %s",
      self->has_draft ? self->draft.path : "standard output",
      g_strerror (code));
  return FALSE;
}

ToolTextOutput *
tool_text_output_new (const char *path, GError **error)
{
  g_autoptr (ToolTextOutput) self = g_new0 (ToolTextOutput, 1);

  self->file = stdout;
  if (!path)
    return g_steal_pointer (&self);
  if (!nn_file_draft_open (&self->draft, path, error)) {
    g_free (g_steal_pointer (&self));
    return NULL;
  }
  self->has_draft = TRUE;
  self->file = fdopen (fcntl (self->draft.fd, F_DUPFD_CLOEXEC, 0), "w");
  if (self->file)
    return g_steal_pointer (&self);
  fail (self, errno, error);
  return NULL;
}

void
tool_text_output_free (ToolTextOutput *self)
{
  if (!self)
    return;
  if (self->has_draft) {
    if (self->file)
      fclose (self->file);
    nn_file_draft_clear (&self->draft);
  }
  g_free (self);
}

/* Whether what is written appears at once. */
static gboolean
is_stream (const ToolTextOutput *self)
{
  return !self->has_draft || !self->draft.temporary;
}

void
tool_text_output_write (ToolTextOutput *self, const char *text, gsize len)
{
  if (fwrite (text, 1, len, self->file) != len
      || (is_stream (self) && fflush (self->file) != 0))
    self->failure = self->failure ? self->failure : errno;
}

gboolean
tool_text_output_finish (ToolTextOutput *self, GError **error)
{
  if (fflush (self->file) != 0 && self->failure == 0)
    self->failure = errno;
  if (self->failure)
    return fail (self, self->failure, error);
  return !self->has_draft || nn_file_draft_publish (&self->draft, error);
}
