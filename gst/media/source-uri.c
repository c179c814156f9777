/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/media/source-uri.h"

#include <fcntl.h>
#include <gst/gst.h>

char *
gst_emotion_source_name (const char *source)
{
  GString *name = g_string_new (NULL);
  const char *end;

  for (; !g_utf8_validate (source, -1, &end); source = end + 1) {
    g_string_append_len (name, source, end - source);
    g_string_append_printf (name, "\\x%02x", (guchar) *end);
  }
  g_string_append (name, source);
  return g_string_free (name, FALSE);
}

char *
gst_emotion_source_line (const char *text)
{
  g_autofree char *name = gst_emotion_source_name (text);
  GString *line = g_string_new (NULL);
  const char *next;

  for (const char *c = name; *c; c = next) {
    next = g_utf8_next_char (c);
    if (!g_unichar_iscntrl (g_utf8_get_char (c)))
      g_string_append_len (line, c, next - c);
    else
      for (; c < next; c++)
        g_string_append_printf (line, "\\x%02x", (guchar) *c);
  }
  return g_string_free (line, FALSE);
}

char *
gst_emotion_source_uri (const char *source, GError **error)
{
  if (g_str_equal (source, "-"))
    return g_strdup ("fd://0");
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
