/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/csv-string.h"

#include <string.h>

void
tool_csv_append_string (GString *out, const char *text)
{
  if (!strpbrk (text, ",\"\r\n")) {
    g_string_append (out, text);
    return;
  }
  tool_csv_append_quoted (out, text);
}

void
tool_csv_append_quoted (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (; *text; text++) {
    if (*text == '"')
      g_string_append_c (out, '"');
    g_string_append_c (out, *text);
  }
  g_string_append_c (out, '"');
}
