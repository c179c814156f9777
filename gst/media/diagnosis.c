/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/media/diagnosis.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/pbutils/pbutils.h>

#define ALL_PLUGINS                                                            \
  "gstreamer1.0-plugins-good gstreamer1.0-plugins-bad "                        \
  "gstreamer1.0-plugins-ugly gstreamer1.0-libav"
#define MISSING "“%s” is missing (Debian: apt install " ALL_PLUGINS ")"

gboolean
gst_emotion_diagnosis_is_missing_plugin (GstMessage *message)
{
  return gst_is_missing_plugin_message (message);
}

gboolean
gst_emotion_diagnosis_misses_plugin (const GError *error)
{
  return g_error_matches (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN)
      || g_error_matches (
          error, GST_STREAM_ERROR, GST_STREAM_ERROR_CODEC_NOT_FOUND);
}

char *
gst_emotion_diagnosis_missing_plugin (GstMessage *message)
{
  gst_pb_utils_init ();
  return gst_missing_plugin_message_get_description (message);
}

char *
gst_emotion_diagnosis_passed_over (const char *missing)
{
  return g_strdup_printf ("part of it was skipped: " MISSING, missing);
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
        "no installed GStreamer plugin can read it: " MISSING, missing);
  if (g_error_matches (
          failure, GST_STREAM_ERROR, GST_STREAM_ERROR_TYPE_NOT_FOUND)
      || g_error_matches (
          failure, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE))
    return g_strdup_printf (
        "it is not audio in a format that GStreamer knows (%s)",
        failure->message);
  /* A decoder is missed, but for nothing that is sound. */
  if (gst_emotion_diagnosis_misses_plugin (failure))
    return g_strdup ("it contains no audio");
  return g_strdup (failure->message);
}

/* It is there, but cannot be had. */
static gboolean
is_refusal (const GError *failure)
{
  static const GstResourceError codes[] = { GST_RESOURCE_ERROR_OPEN_READ,
    GST_RESOURCE_ERROR_OPEN_READ_WRITE, GST_RESOURCE_ERROR_BUSY,
    GST_RESOURCE_ERROR_NOT_AUTHORIZED };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    if (g_error_matches (failure, GST_RESOURCE_ERROR, codes[i]))
      return TRUE;
  return FALSE;
}

static char *
device_text (const GError *failure)
{
  return g_strdup_printf ("%s %s --list-devices lists the available ones, "
                          "--device NAME selects one",
      failure->message,
      is_refusal (failure)
          ? "You may lack permission to use it, or another program is using "
            "it: close that program, or join the group “audio” (Debian: "
            "adduser USER audio)."
          : "Is one connected, and do you have permission to use it?");
}

GError *
gst_emotion_diagnosis_of (
    const char *uri, const GError *failure, const char *missing)
{
  g_autofree char *text =
      uri ? file_text (uri, failure, missing) : device_text (failure);

  return g_error_new_literal (
      failure->domain, failure->code, g_strdelimit (text, "\r\n", ' '));
}
