/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/playlist.h"

#include <stdlib.h>
#include <string.h>

#include "gst/media/text-file.h"

static gboolean
has_extension (const char *path, const char *const *extensions)
{
  const char *const dot = strrchr (path, '.');
  g_autofree char *extension = dot ? g_ascii_strdown (dot + 1, -1) : NULL;

  return extension && g_strv_contains (extensions, extension);
}

static gboolean
is_read (const char *path)
{
  static const char *const extensions[] = { "m3u", "m3u8", "pls", NULL };

  return has_extension (path, extensions);
}

gboolean
tool_playlist_is (const char *path)
{
  static const char *const others[] = { "xspf", "asx", "wpl", "cue", NULL };

  return is_read (path) || has_extension (path, others);
}

/* The source in a line of a playlist; NULL: none. */
static char *
source_of (const char *line, gboolean is_pls, const char *folder)
{
  g_autofree char *path = NULL;

  if (is_pls) {
    if (g_ascii_strncasecmp (line, "File", 4) != 0)
      return NULL;
    line += 4 + strspn (line + 4, "0123456789");
    if (*line++ != '=')
      return NULL;
  } else if (*line == '#')
    return NULL;
  line += strspn (line, " \t");
  if (!*line)
    return NULL;
  if (strstr (line, "://"))
    return g_strdup (line);
  path = g_path_is_absolute (line) || g_str_equal (folder, ".")
      ? g_strdup (line)
      : g_build_filename (folder, line, NULL);
  /* Of Windows. */
  if (strchr (path, '\\') && !g_file_test (path, G_FILE_TEST_EXISTS)) {
    g_autofree char *other = g_strdelimit (g_strdup (path), "\\", '/');

    if (g_file_test (other, G_FILE_TEST_EXISTS))
      return g_steal_pointer (&other);
  }
  return g_steal_pointer (&path);
}

char **
tool_playlist_read (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  g_autofree char *folder = g_path_get_dirname (path);
  g_auto (GStrv) lines = NULL;
  g_autoptr (GPtrArray) sources = g_ptr_array_new_with_free_func (g_free);
  gboolean is_pls;

  if (!is_read (path)) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "playlists of this kind are not read; save it as .m3u, or name the "
        "sounds");
    return NULL;
  }
  text = gst_emotion_text_read (path, error);
  if (!text || strstr (text, "#EXT-X-"))
    return NULL;
  is_pls = g_ascii_strncasecmp (text, "[playlist]", 10) == 0;
  lines = g_strsplit_set (text, "\r\n", -1);
  for (char **line = lines; *line; line++) {
    char *const source = source_of (*line, is_pls, folder);

    if (source)
      g_ptr_array_add (sources, source);
  }
  if (sources->len == 0) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "this playlist names no sound");
    return NULL;
  }
  g_ptr_array_add (sources, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&sources), FALSE);
}
