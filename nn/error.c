/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/error.h"

#include <string.h>

G_DEFINE_QUARK (nn_error, nn_error)

char *
nn_printable (const char *text, gsize max)
{
  g_autofree char *valid =
      g_utf8_make_valid (text, MIN (strlen (text), 4 * max));
  GString *printable = g_string_new (NULL);

  for (const char *c = valid; *c && max > 0; c = g_utf8_next_char (c), max--)
    g_string_append_unichar (printable,
        g_unichar_iscntrl (g_utf8_get_char (c)) ? 0xfffd : g_utf8_get_char (c));
  return g_string_free (printable, FALSE);
}
