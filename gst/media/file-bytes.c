/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/media/file-bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

gboolean
gst_emotion_file_bytes_open (GstEmotionFileBytes *file, const char *path)
{
  struct stat info;

  /* Opening and closing a pipe would disconnect its writer. */
  if (stat (path, &info) != 0 || !S_ISREG (info.st_mode))
    return FALSE;
  file->fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file->fd < 0)
    return FALSE;
  if (fstat (file->fd, &info) == 0 && S_ISREG (info.st_mode)) {
    file->size = (guint64) info.st_size;
    file->path = path;
    return TRUE;
  }
  close (file->fd);
  return FALSE;
}

void
gst_emotion_file_bytes_close (GstEmotionFileBytes *file)
{
  close (file->fd);
}

gboolean
gst_emotion_file_bytes_read (
    const GstEmotionFileBytes *file, guint64 at, gpointer data, gsize n)
{
  return at <= file->size && file->size - at >= n
      && pread (file->fd, data, n, (off_t) at) == (gssize) n;
}

gboolean
gst_emotion_file_bytes_is_placeholder (guint64 size)
{
  return size == 0 || (size >= 0xfffff000 && size <= G_MAXUINT32)
      || (size >= 0x7ffff000 && size <= 0x80001000);
}
