/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/media/diagnosis.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/pbutils/pbutils.h>
#include <string.h>

#include "gst/media/extent.h"

#define PATIENCE 5 /* s, for a server that does not answer */

/* Debian's packages of plugins, and a plugin in each. */
static const struct {
  const char *package, *plugin;
} packages[] = {
  { "gstreamer1.0-plugins-good", "isomp4" },
  { "gstreamer1.0-plugins-bad", "mpegtsdemux" },
  { "gstreamer1.0-plugins-ugly", "asf" },
  { "gstreamer1.0-libav", "libav" },
};

/* Media types with sound that do not begin with "audio/" or "video/". */
static const char *const containers[] = { "application/ogg",
  "application/x-3gp", "application/mxf", "application/vnd.rn-realmedia",
  "application/x-ape", "application/x-id3", "application/x-hls",
  "application/dash+xml", "application/vnd.ms-sstr+xml", "application/sdp",
  "application/x-rtp", "application/x-rtsp", NULL };

static const char *const archives[] = { "application/zip", "application/x-rar",
  "application/x-gzip", "application/x-bzip", "application/x-7z-compressed",
  "application/x-xz", "application/x-tar", "application/x-compress",
  "application/x-lzip", "application/x-ar", "application/x-archive", NULL };

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

/* The media type for which a plugin is missing; NULL: the cause is another. */
static const char *
missing_type (GstMessage *missing)
{
  const GstStructure *const about = gst_message_get_structure (missing);
  const GValue *const detail = gst_structure_get_value (about, "detail");

  if (!detail || !GST_VALUE_HOLDS_CAPS (detail))
    return NULL;
  return gst_structure_get_name (
      gst_caps_get_structure (gst_value_get_caps (detail), 0));
}

static gboolean
is_media (const char *type)
{
  return !type || g_str_has_prefix (type, "audio/")
      || g_str_has_prefix (type, "video/")
      || g_strv_contains (containers, type);
}

/* What to install, or what else to do. */
static char *
missing_text (GstMessage *missing)
{
  const char *const kind =
      gst_structure_get_string (gst_message_get_structure (missing), "type");
  g_autofree char *name = NULL;
  g_autoptr (GString) wanted = g_string_new (NULL);

  gst_pb_utils_init ();
  name = gst_missing_plugin_message_get_description (missing);
  for (guint i = 0; i < G_N_ELEMENTS (packages); i++) {
    g_autoptr (GstPlugin) plugin =
        gst_registry_find_plugin (gst_registry_get (), packages[i].plugin);

    if (!plugin)
      g_string_append_printf (wanted, " %s", packages[i].package);
  }
  if (wanted->len > 0)
    return g_strdup_printf (
        "“%s” is missing (Debian: apt install%s)", name, wanted->str);
  if (g_strcmp0 (kind, "urisource") == 0)
    return g_strdup_printf ("“%s” is in no GStreamer package; download the "
                            "file first",
        name);
  return g_strdup_printf ("“%s” is in no GStreamer package; convert the "
                          "file first, for example with: ffmpeg -i IN OUT.wav",
      name);
}

char *
gst_emotion_diagnosis_passed_over (GstMessage *missing)
{
  g_autofree char *text = NULL;
  const char *const type = missing_type (missing);

  if (type && !g_str_has_prefix (type, "audio/"))
    return NULL;
  text = missing_text (missing);
  return g_strdup_printf ("part of it was skipped: %s", text);
}

/* The system's error about the file itself; NULL if there is none. */
static char *
file_trouble (const char *path)
{
  GStatBuf info;

  if (g_stat (path, &info) != 0 || g_access (path, R_OK) != 0)
    return g_strdup_printf ("cannot be read: %s", g_strerror (errno));
  if (S_ISREG (info.st_mode) && info.st_size == 0)
    return g_strdup ("the file is empty");
  return NULL;
}

/* Nothing can be decoded because the file is truncated. */
static char *
cut_trouble (const char *path)
{
  GstEmotionExtent extent;

  gst_emotion_extent_read (&extent, path);
  if (extent.lacks_index)
    return g_strdup ("the file has no index (“moov”), which is written last: "
                     "its recording or download was interrupted; download it "
                     "again, or repair it (for example with untrunc)");
  if (extent.is_cut)
    return g_strdup_printf (
        "the file is cut off before anything of it can be decoded (it has "
        "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " bytes): get it once "
        "more",
        extent.present, extent.stated);
  return NULL;
}

/* Connects as GStreamer would have, which only says “Internal data stream
 * error.” whatever went wrong. NULL: it can be reached, or is not a server. */
static char *
server_trouble (const char *uri)
{
  static const struct {
    const char *scheme;
    guint16 port;
    gboolean is_secure;
  } schemes[] = { { "http", 80, FALSE }, { "https", 443, TRUE },
    { "rtsp", 554, FALSE }, { "rtsps", 322, TRUE }, { "rtmp", 1935, FALSE } };
  g_autoptr (GSocketClient) client = NULL;
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    if (gst_uri_has_protocol (uri, schemes[i].scheme)) {
      client = g_socket_client_new ();
      g_socket_client_set_timeout (client, PATIENCE);
      g_socket_client_set_tls (client, schemes[i].is_secure);
      connection = g_socket_client_connect_to_uri (
          client, uri, schemes[i].port, NULL, &error);
      break;
    }
  if (!error)
    return NULL;
  return g_strdup_printf (
      "%s; check the address, and whether you are connected (and a proxy, "
      "http_proxy, if there is one)",
      error->message);
}

/* Bytes were received, but not in a format that can be decoded. */
static char *
foreign_text (const char *type)
{
  if (g_str_has_prefix (type, "text/html")
      || g_str_equal (type, "application/xhtml+xml"))
    return g_strdup (
        "it is a web page, not audio: perhaps a log-in page, or a page with a "
        "player. Open it in a browser and use the address of the audio itself");
  if (g_strv_contains (archives, type))
    return g_strdup_printf (
        "it is an archive (%s), not audio: unpack it first", type);
  return g_strdup_printf ("it is not audio, but “%s”", type);
}

static gboolean
is_unspecific (const GError *failure)
{
  return g_error_matches (failure, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED)
      || failure->domain == GST_RESOURCE_ERROR;
}

static char *
type_text (const char *uri, const GError *failure)
{
  if (gst_uri_has_protocol (uri, "fd"))
    return g_strdup_printf (
        "nothing that GStreamer can read from a pipe came through it (%s): "
        "look at the program that writes it, or save it as a file and name "
        "that",
        failure->message);
  return g_strdup_printf (
      "it is not audio in a format that GStreamer knows (%s)",
      failure->message);
}

static char *
source_text (const char *uri, const GError *failure, GstMessage *missing)
{
  g_autofree char *path = g_filename_from_uri (uri, NULL, NULL);
  char *trouble = path ? file_trouble (path) : NULL;
  const char *const type = missing ? missing_type (missing) : NULL;

  if (trouble)
    return trouble;
  if (missing && !is_media (type))
    return foreign_text (type);
  if (missing) {
    g_autofree char *text = missing_text (missing);

    return g_strdup_printf (
        "no installed GStreamer plugin can read it: %s", text);
  }
  if (path && (trouble = cut_trouble (path)))
    return trouble;
  if (g_error_matches (
          failure, GST_STREAM_ERROR, GST_STREAM_ERROR_TYPE_NOT_FOUND)
      || g_error_matches (
          failure, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE))
    return type_text (uri, failure);
  /* A decoder is missing, but not for sound. */
  if (gst_emotion_diagnosis_misses_plugin (failure))
    return g_strdup ("it contains no audio");
  if (g_error_matches (
          failure, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND)
      && !path)
    return g_strdup_printf (
        "the server does not have it (%s): check the address",
        failure->message);
  if (g_error_matches (
          failure, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED))
    return g_strdup_printf (
        "the server asks for a log-in (%s): use https://USER:PASSWORD@…, or "
        "download the file with a browser",
        failure->message);
  if (is_unspecific (failure) && (trouble = server_trouble (uri)))
    return trouble;
  if (g_error_matches (failure, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED)
      || g_error_matches (failure, GST_STREAM_ERROR, GST_STREAM_ERROR_DEMUX))
    return g_strdup_printf (
        "GStreamer cannot decode it (%s): it is damaged, or of a rare kind; "
        "GST_DEBUG=3 in the environment shows more",
        failure->message);
  return g_strdup (failure->message);
}

/* It exists, but cannot be read. */
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
    const char *uri, const GError *failure, GstMessage *missing)
{
  g_autofree char *text =
      uri ? source_text (uri, failure, missing) : device_text (failure);

  return g_error_new_literal (
      failure->domain, failure->code, g_strdelimit (text, "\r\n", ' '));
}
