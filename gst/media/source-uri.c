/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/media/source-uri.h"

#include <gst/gst.h>

char *
gst_emotion_source_uri (const char *source, GError **error)
{
  if (gst_uri_is_valid (source) && !g_file_test (source, G_FILE_TEST_EXISTS))
    return g_strdup (source);
  return gst_filename_to_uri (source, error);
}
