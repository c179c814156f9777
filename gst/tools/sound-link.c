/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/sound-link.h"

#include <gio/gio.h>
#include <string.h>

#include "gst/media/source-uri.h"
#include "gst/page/page.h"

/* The path of a source that is a local file, from the root on; or NULL. */
static char *
local_path (const char *source)
{
  g_autofree char *uri = gst_emotion_source_uri (source, NULL);
  g_autofree char *path = uri ? g_filename_from_uri (uri, NULL, NULL) : NULL;

  return path ? g_canonicalize_filename (path, NULL) : NULL;
}

/* The relative path from a folder to a path: "../sounds/a.wav". */
static void
append_relative (GString *out, const char *folder, const char *path)
{
  gsize common = 0; /* up to the last "/" that both have */

  for (gsize i = 0; folder[i] && folder[i] == path[i]; i++)
    if (path[i + 1] == G_DIR_SEPARATOR
        && (folder[i + 1] == G_DIR_SEPARATOR || !folder[i + 1]))
      common = i + 1;
  for (const char *c = folder + common; *c; c++)
    if (*c == G_DIR_SEPARATOR && c[1])
      g_string_append (out, "../");
  gst_emotion_page_url (out, path + common + 1);
}

gboolean
tool_sound_link (GString *out, const char *source, const char *page)
{
  g_autofree char *path = local_path (source);
  g_autofree char *canonical = g_canonicalize_filename (page, NULL);
  g_autofree char *folder = g_path_get_dirname (canonical);
  g_autofree char *scheme = g_uri_parse_scheme (source);

  if (path) {
    append_relative (out, folder, path);
    return TRUE;
  }
  if (!scheme
      || (g_ascii_strcasecmp (scheme, "http") != 0
          && g_ascii_strcasecmp (scheme, "https") != 0))
    return FALSE;
  gst_emotion_page_text (out, source);
  return TRUE;
}

/* Browsers first check the type of a data: URL, then sniff its contents. */
static const struct {
  const char *extension, *type;
} types[] = {
  { ".aac", "audio/aac" },
  { ".flac", "audio/flac" },
  { ".m4a", "audio/mp4" },
  { ".mkv", "video/x-matroska" },
  { ".mov", "video/mp4" },
  { ".mp3", "audio/mpeg" },
  { ".mp4", "video/mp4" },
  { ".oga", "audio/ogg" },
  { ".ogg", "audio/ogg" },
  { ".ogv", "video/ogg" },
  { ".opus", "audio/ogg" },
  { ".wav", "audio/wav" },
  { ".weba", "audio/webm" },
  { ".webm", "video/webm" },
};

static const char *
type_of (const char *path)
{
  const char *const point = strrchr (path, '.');

  for (gsize i = 0; point && i < G_N_ELEMENTS (types); i++)
    if (g_ascii_strcasecmp (point, types[i].extension) == 0)
      return types[i].type;
  return "audio/*";
}

gboolean
tool_sound_embed (GString *out, const char *source, GError **error)
{
  g_autofree char *path = local_path (source);
  g_autoptr (GMappedFile) file = NULL;
  g_autofree char *text = NULL;

  if (!path) {
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "only local files can be put into the page");
    return FALSE;
  }
  file = g_mapped_file_new (path, FALSE, error);
  if (!file)
    return FALSE;
  if (g_mapped_file_get_length (file) > TOOL_SOUND_MAX_EMBEDDED) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "%" G_GSIZE_FORMAT " MB are more than browsers accept in a page (%d); "
        "without --embed the page plays the file itself",
        g_mapped_file_get_length (file) >> 20, TOOL_SOUND_MAX_EMBEDDED >> 20);
    return FALSE;
  }
  text = g_base64_encode ((const guchar *) g_mapped_file_get_contents (file),
      g_mapped_file_get_length (file));
  g_string_append_printf (out, "data:%s;base64,", type_of (path));
  g_string_append (out, text);
  return TRUE;
}
