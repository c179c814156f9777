/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/media/source-uri.h"

#include <fcntl.h>
#include <gst/gst.h>

char *
gst_emotion_source_uri (const char *source, GError **error)
{
  if (gst_uri_is_valid (source) && !g_file_test (source, G_FILE_TEST_EXISTS))
    return g_strdup (source);
  return gst_filename_to_uri (source, error);
}

char *
gst_emotion_source_pushed (const char *uri, int *fd)
{
  g_autofree char *path = g_filename_from_uri (uri, NULL, NULL);

  *fd = path ? open (path, O_RDONLY | O_CLOEXEC) : -1;
  return *fd >= 0 ? g_strdup_printf ("fd://%d", *fd) : NULL;
}
