/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/file-write.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "nn/error.h"

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

bool
nn_file_is_stream (const char *path)
{
  struct stat info;

  return stat (path, &info) == 0 && !S_ISREG (info.st_mode)
      && !S_ISDIR (info.st_mode);
}

/* errno, or 0. */
static int
write_stream (const char *path, const char *data, gsize len)
{
  const int fd = open (path, O_WRONLY | O_CLOEXEC);
  int reason;

  if (fd < 0)
    return errno;
  reason = write_all (fd, data, len) ? 0 : errno;
  if (close (fd) != 0 && reason == 0)
    reason = errno;
  return reason;
}

/* The same. */
static int
replace_file (const char *path, const char *data, gsize len)
{
  g_autofree char *temporary = g_strdup_printf ("%s.XXXXXX", path);
  const int fd = g_mkstemp_full (temporary, O_WRONLY, 0666);
  int reason = 0;

  if (fd < 0)
    return errno;
  if (!write_all (fd, data, len) || !take_mode (fd, path) || fsync (fd) != 0)
    reason = errno;
  if (close (fd) != 0 && reason == 0)
    reason = errno;
  if (reason == 0 && g_rename (temporary, path) != 0)
    reason = errno;
  if (reason != 0)
    g_unlink (temporary);
  return reason;
}

bool
nn_file_write (const char *path, GBytes *bytes, GError **error)
{
  gsize len;
  const char *const data = g_bytes_get_data (bytes, &len);
  const int reason = nn_file_is_stream (path) ? write_stream (path, data, len)
                                              : replace_file (path, data, len);

  if (reason != 0)
    g_set_error (
        error, NN_ERROR, NN_ERROR_IO, "%s: %s", path, g_strerror (reason));
  return reason == 0;
}
