/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/train/csv.h"

#include <string.h>

/* Appends what stands between quotes; at is behind the first. Returns the place
 * behind the last; a pair of quotes inside stands for one. */
static const char *
read_quoted (const char *at, GString *field)
{
  for (; *at; at++) {
    if (*at == '"' && *++at != '"')
      break;
    g_string_append_c (field, *at);
  }
  return at;
}

GPtrArray *
train_csv_read_row (const char **text)
{
  GPtrArray *fields = g_ptr_array_new_with_free_func (g_free);
  const char *at = *text;

  for (;;) {
    GString *field = g_string_new (NULL);

    if (*at == '"')
      at = read_quoted (at + 1, field);

    const gsize len = strcspn (at, ",\r\n");

    g_string_append_len (field, at, len);
    at += len;
    g_ptr_array_add (fields, g_string_free (field, FALSE));
    if (*at != ',')
      break;
    at++;
  }
  at += *at == '\r';
  at += *at == '\n';
  *text = at;
  return fields;
}
