/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/media/text-file.h"

#include <stdio.h>
#include <string.h>

static char *
read_standard_input (gsize *len, GError **error)
{
  GString *text = g_string_new (NULL);
  char block[4096];
  gsize n;

  while ((n = fread (block, 1, sizeof block, stdin)) > 0)
    g_string_append_len (text, block, n);
  *len = text->len;
  if (!ferror (stdin))
    return g_string_free (text, FALSE);
  g_set_error (
      error, G_FILE_ERROR, G_FILE_ERROR_IO, "cannot read standard input");
  g_string_free (text, TRUE);
  return NULL;
}

/* The UTF-16 encoding, by its byte order mark or by where zeros are; NULL: one
 * byte per character, or UTF-8. */
static const char *
wide_encoding (const char *text, gsize len)
{
  gsize n_even = 0, n_odd = 0;

  if (len >= 2 && memcmp (text, "\xff\xfe", 2) == 0)
    return "UTF-16LE";
  if (len >= 2 && memcmp (text, "\xfe\xff", 2) == 0)
    return "UTF-16BE";
  for (gsize i = 0; i < len; i++)
    if (text[i] == '\0')
      (*(i % 2 == 0 ? &n_even : &n_odd))++;
  if (len % 2 != 0 || n_even + n_odd == 0 || n_even + n_odd < len / 4)
    return NULL;
  return n_even > n_odd ? "UTF-16BE" : "UTF-16LE";
}

char *
gst_emotion_text_read (const char *path, GError **error)
{
  gsize len = 0;
  g_autofree char *bytes = NULL;
  g_autofree char *text = NULL;
  const char *encoding;

  if (g_str_equal (path, "-"))
    bytes = read_standard_input (&len, error);
  else
    g_file_get_contents (path, &bytes, &len, error);
  if (!bytes)
    return NULL;
  encoding = wide_encoding (bytes, len);
  if (encoding)
    text = g_convert (bytes, (gssize) len, "UTF-8", encoding, NULL, &len, NULL);
  else
    text = g_steal_pointer (&bytes);
  if (!text || strlen (text) != len) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "%s is not text: expected a list in UTF-8 or UTF-16",
        g_str_equal (path, "-") ? "standard input" : path);
    return NULL;
  }
  if (g_str_has_prefix (text, "\xef\xbb\xbf"))
    memmove (text, text + 3, len - 3 + 1);
  return g_steal_pointer (&text);
}
