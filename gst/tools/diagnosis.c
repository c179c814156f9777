/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/diagnosis.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/pbutils/pbutils.h>

#define ALL_PLUGINS                                                            \
  "gstreamer1.0-plugins-good gstreamer1.0-plugins-bad "                        \
  "gstreamer1.0-plugins-ugly gstreamer1.0-libav"

gboolean
diagnosis_is_missing_plugin (GstMessage *message)
{
  return gst_is_missing_plugin_message (message);
}

char *
diagnosis_missing_plugin (GstMessage *message)
{
  gst_pb_utils_init ();
  return gst_missing_plugin_message_get_description (message);
}

/* What the system says of the file itself; NULL where it is fine. */
static char *
file_trouble (const char *uri)
{
  g_autofree char *path = g_filename_from_uri (uri, NULL, NULL);
  GStatBuf info;

  if (!path)
    return NULL;
  if (g_stat (path, &info) != 0)
    return g_strdup_printf ("cannot be read: %s", g_strerror (errno));
  if (g_access (path, R_OK) != 0)
    return g_strdup_printf ("cannot be read: %s", g_strerror (errno));
  if (S_ISREG (info.st_mode) && info.st_size == 0)
    return g_strdup ("the file is empty");
  return NULL;
}

static char *
file_text (const char *uri, const GError *failure, const char *missing)
{
  char *trouble = file_trouble (uri);

  if (trouble)
    return trouble;
  if (missing)
    return g_strdup_printf (
        "no plugin of GStreamer here can read it: “%s” is missing (Debian: "
        "apt install " ALL_PLUGINS ")",
        missing);
  if (g_error_matches (
          failure, GST_STREAM_ERROR, GST_STREAM_ERROR_TYPE_NOT_FOUND)
      || g_error_matches (
          failure, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE))
    return g_strdup_printf (
        "this is no sound that GStreamer knows (%s)", failure->message);
  /* A decoder is missed, but for nothing that is sound. */
  if (g_error_matches (failure, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN)
      || g_error_matches (
          failure, GST_STREAM_ERROR, GST_STREAM_ERROR_CODEC_NOT_FOUND))
    return g_strdup ("there is no sound in it");
  return g_strdup (failure->message);
}

GError *
diagnosis_of (const char *uri, const GError *failure, const char *missing)
{
  g_autofree char *text = NULL;

  if (uri)
    text = file_text (uri, failure, missing);
  else
    text = g_strdup_printf (
        "%s Is one connected, and may you use it? --list-devices shows those "
        "that are there, --device NAME chooses one",
        failure->message);
  return g_error_new_literal (
      failure->domain, failure->code, g_strdelimit (text, "\r\n", ' '));
}
