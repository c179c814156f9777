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

/* A file that is replaced keeps its rights. */
static bool
take_mode (int fd, const char *path)
{
  struct stat old;

  return stat (path, &old) != 0 || fchmod (fd, old.st_mode & 0777) == 0;
}

bool
nn_file_write (const char *path, GBytes *bytes, GError **error)
{
  g_autofree char *temporary = g_strdup_printf ("%s.XXXXXX", path);
  gsize len;
  const char *const data = g_bytes_get_data (bytes, &len);
  const int fd = g_mkstemp_full (temporary, O_WRONLY, 0666);
  bool is_well = fd >= 0;
  int reason = errno;

  if (fd >= 0) {
    is_well =
        write_all (fd, data, len) && take_mode (fd, path) && fsync (fd) == 0;
    reason = errno;
    if (close (fd) != 0 && is_well) {
      is_well = false;
      reason = errno;
    }
    if (is_well && g_rename (temporary, path) != 0) {
      is_well = false;
      reason = errno;
    }
    if (!is_well)
      g_unlink (temporary);
  }
  if (!is_well)
    g_set_error (
        error, NN_ERROR, NN_ERROR_IO, "%s: %s", path, g_strerror (reason));
  return is_well;
}
