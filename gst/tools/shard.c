/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/shard.h"

#include <string.h>

#define MAX_SHARDS 1000000

static gboolean
parse_number (const char *text, guint *number)
{
  guint64 value;
  const gboolean ok =
      g_ascii_string_to_unsigned (text, 10, 1, MAX_SHARDS, &value, NULL);

  *number = ok ? value : 0;
  return ok;
}

gboolean
tool_shard_parse (const char *text, ToolShard *shard, GError **error)
{
  g_auto (GStrv) sides = g_strsplit (text, "/", 2);

  if (g_strv_length (sides) == 2 && parse_number (sides[0], &shard->number)
      && parse_number (sides[1], &shard->n) && shard->number <= shard->n)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--shard must be I/N, from 1/N to N/N (2/5 is the second of five), not "
      "“%s”",
      text);
  return FALSE;
}

/* FNV-1a, then MurmurHash3's finaliser: without it the low bits for names that
 * differ only in their last letter would hardly differ. */
static guint64
hash (const char *key)
{
  guint64 h = G_GUINT64_CONSTANT (0xcbf29ce484222325);

  for (; *key; key++)
    h = (h ^ (guint8) *key) * G_GUINT64_CONSTANT (0x100000001b3);
  h = (h ^ (h >> 33)) * G_GUINT64_CONSTANT (0xff51afd7ed558ccd);
  h = (h ^ (h >> 33)) * G_GUINT64_CONSTANT (0xc4ceb9fe1a85ec53);
  return h ^ (h >> 33);
}

gboolean
tool_shard_has (const ToolShard *self, const char *key)
{
  return self->n == 1 || hash (key) % self->n == self->number - 1;
}
