/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/text-output.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

#include "nn/file-write.h"

struct _ToolTextOutput {
  char *path;      /* NULL: standard output */
  char *temporary; /* what becomes path; NULL: a stream */
  FILE *file;
  int failure; /* errno of the first, or 0 */
};

static gboolean
fail (const ToolTextOutput *self, int code, GError **error)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code),
      "cannot write %s: %s", self->path ? self->path : "standard output",
      g_strerror (code));
  return FALSE;
}

ToolTextOutput *
tool_text_output_new (const char *path, GError **error)
{
  g_autoptr (ToolTextOutput) self = g_new0 (ToolTextOutput, 1);
  int fd;

  self->file = stdout;
  if (!path)
    return g_steal_pointer (&self);
  self->path = g_strdup (path);
  if (nn_file_is_stream (path)) {
    self->file = fopen (path, "w");
    if (self->file)
      return g_steal_pointer (&self);
    fail (self, errno, error);
    return NULL;
  }
  self->temporary = g_strconcat (path, ".XXXXXX", NULL);
  fd = g_mkstemp_full (self->temporary, O_RDWR, 0666);
  self->file = fd >= 0 ? fdopen (fd, "w") : NULL;
  if (self->file)
    return g_steal_pointer (&self);
  fail (self, errno, error);
  if (fd < 0)
    g_clear_pointer (&self->temporary, g_free);
  else
    close (fd);
  return NULL;
}

void
tool_text_output_free (ToolTextOutput *self)
{
  if (!self)
    return;
  if (self->path && self->file)
    fclose (self->file);
  if (self->temporary)
    g_unlink (self->temporary);
  g_free (self->path);
  g_free (self->temporary);
  g_free (self);
}

void
tool_text_output_write (ToolTextOutput *self, const char *text, gsize len)
{
  if (fwrite (text, 1, len, self->file) != len
      || (!self->temporary && fflush (self->file) != 0))
    self->failure = self->failure ? self->failure : errno;
}

gboolean
tool_text_output_finish (ToolTextOutput *self, GError **error)
{
  if (fflush (self->file) != 0 && self->failure == 0)
    self->failure = errno;
  if (self->failure)
    return fail (self, self->failure, error);
  if (!self->temporary)
    return TRUE;
  if (fsync (fileno (self->file)) != 0
      || g_rename (self->temporary, self->path) != 0)
    return fail (self, errno, error);
  g_clear_pointer (&self->temporary, g_free);
  return TRUE;
}
