/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>
#include "nn/error.h"

static void
fail_errno (const char *path, int code, GError **error)
{
  g_set_error (
      error, NN_ERROR, NN_ERROR_NOT_FOUND, "%s: %s", path, g_strerror (code));
}

static bool
check_kind (
    int fd, const char *path, guint64 max_bytes, gsize *len, GError **error)
{
  struct stat info;

  if (fstat (fd, &info) < 0) {
    fail_errno (path, errno, error);
  } else if (S_ISDIR (info.st_mode)) {
    g_set_error (error, NN_ERROR, NN_ERROR_NOT_FOUND,
        "%s: is a folder; a model is one file (.h5 or .keras; a SavedModel of "
        "TensorFlow is not supported)",
        path);
  } else if (!S_ISREG (info.st_mode)) {
    g_set_error (
        error, NN_ERROR, NN_ERROR_NOT_FOUND, "%s: is not a regular file", path);
  } else if ((guint64) info.st_size > max_bytes) {
    g_set_error (error, NN_ERROR, NN_ERROR_LIMIT,
        "%s: is larger than %" G_GUINT64_FORMAT " MiB", path, max_bytes >> 20);
  } else {
    *len = info.st_size;
    return true;
  }
  return false;
}

/* Reads up to len bytes; the file is what can be read. */
static bool
read_all (int fd, char *data, gsize *len)
{
  gsize done = 0;

  while (done < *len) {
    const gssize n = read (fd, data + done, *len - done);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return false;
    if (n == 0)
      break;
    done += n;
  }
  *len = done;
  return true;
}

GBytes *
nn_file_read (const char *path, guint64 max_bytes, GError **error)
{
  return nn_file_read_head (path, max_bytes, G_MAXSIZE, error);
}

GBytes *
nn_file_read_head (
    const char *path, guint64 max_bytes, gsize most, GError **error)
{
  g_autofree char *data = NULL;
  GBytes *bytes = NULL;
  gsize len;
  int fd;

  g_return_val_if_fail (path != NULL, NULL);
  fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
  if (fd < 0) {
    fail_errno (path, errno, error);
    return NULL;
  }
  if (check_kind (fd, path, max_bytes, &len, error)) {
    len = MIN (len, most);
    data = g_try_malloc (MAX (len, 1));
    if (data && read_all (fd, data, &len))
      bytes = g_bytes_new_take (g_steal_pointer (&data), len);
    else
      fail_errno (path, data ? errno : ENOMEM, error);
  }
  close (fd);
  return bytes;
}
