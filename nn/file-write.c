/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/file-write.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "nn/error.h"

static bool
fail (const NnFileDraft *self, int reason, GError **error)
{
  g_set_error (error, NN_ERROR, NN_ERROR_IO, "cannot write %s: %s", self->path,
      g_strerror (reason));
  return false;
}

static bool
write_all (int fd, const char *data, gsize len)
{
  while (len > 0) {
    const ssize_t n = write (fd, data, len);

    if (n < 0 && errno != EINTR)
      return false;
    if (n > 0) {
      data += n;
      len -= n;
    }
  }
  return true;
}

/* A file that is replaced keeps its permissions. */
static bool
take_mode (int fd, const char *path)
{
  struct stat old;

  return stat (path, &old) != 0 || fchmod (fd, old.st_mode & 0777) == 0;
}

/* Names of descriptors may lead to regular files, which the shell has opened
 * and may go on writing. */
static bool
is_of_descriptors (const char *path)
{
  return g_str_has_prefix (path, "/dev/std")
      || g_str_has_prefix (path, "/dev/fd/")
      || g_str_has_prefix (path, "/proc/");
}

bool
nn_file_is_stream (const char *path)
{
  struct stat info;

  return stat (path, &info) == 0 && !S_ISDIR (info.st_mode)
      && (!S_ISREG (info.st_mode) || is_of_descriptors (path));
}

/* Our own standard output is not opened once more, at its beginning. */
int
nn_file_open_stream (const char *path)
{
  struct stat info, out;

  if (is_of_descriptors (path) && stat (path, &info) == 0
      && fstat (STDOUT_FILENO, &out) == 0 && info.st_dev == out.st_dev
      && info.st_ino == out.st_ino)
    return fcntl (STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
  return open (path, O_WRONLY | O_CLOEXEC);
}

bool
nn_file_draft_open (NnFileDraft *self, const char *path, GError **error)
{
  g_autofree char *real = NULL;
  int reason;

  *self = (NnFileDraft){ .path = g_strdup (path) };
  if (nn_file_is_stream (path)) {
    self->fd = nn_file_open_stream (path);
  } else {
    /* A link stays, and what it points to is replaced. */
    real = realpath (path, NULL);
    self->target = g_strdup (real ? real : path);
    self->temporary = g_strconcat (self->target, ".XXXXXX", NULL);
    self->fd = g_mkstemp_full (self->temporary, O_RDWR, 0666);
  }
  if (self->fd >= 0)
    return true;
  reason = errno;
  g_clear_pointer (&self->temporary, g_free);
  fail (self, reason, error);
  nn_file_draft_clear (self);
  return false;
}

bool
nn_file_draft_publish (NnFileDraft *self, GError **error)
{
  if (!self->temporary)
    return true;
  if (!take_mode (self->fd, self->target) || fsync (self->fd) != 0
      || g_rename (self->temporary, self->target) != 0)
    return fail (self, errno, error);
  g_clear_pointer (&self->temporary, g_free);
  return true;
}

void
nn_file_draft_clear (NnFileDraft *self)
{
  if (self->fd >= 0)
    close (self->fd);
  if (self->temporary)
    g_unlink (self->temporary);
  g_free (self->path);
  g_free (self->target);
  g_free (self->temporary);
}

bool
nn_file_write (const char *path, GBytes *bytes, GError **error)
{
  gsize len;
  const char *const data = g_bytes_get_data (bytes, &len);
  NnFileDraft draft;
  bool ok;

  if (!nn_file_draft_open (&draft, path, error))
    return false;
  ok = write_all (draft.fd, data, len) || fail (&draft, errno, error);
  ok = ok && nn_file_draft_publish (&draft, error);
  nn_file_draft_clear (&draft);
  return ok;
}
