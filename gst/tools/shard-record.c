/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/shard-record.h"

#include <string.h>

static const char *const kind_names[TOOL_SHARD_N_BLOCKS] = {
  [TOOL_SHARD_BLOCK_INFO] = "info",
  [TOOL_SHARD_BLOCK_NAMES] = "names",
  [TOOL_SHARD_BLOCK_FINE] = "fine",
  [TOOL_SHARD_BLOCK_SHORT] = "short",
  [TOOL_SHARD_BLOCK_FAILED] = "failed",
};

#define CHECKSUM_LEN 64
#define MAX_LINE 128 /* of a block's first line */
#define GROUP "part"
#define FORMAT 1

static char *
checksum_of (const ToolShardBlock *block)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *start = g_strdup_printf (
      "%s %" G_GUINT64_FORMAT "\n", kind_names[block->kind], block->index);

  g_checksum_update (checksum, (const guchar *) start, -1);
  g_checksum_update (checksum, (const guchar *) block->data, block->len);
  return g_strdup (g_checksum_get_string (checksum));
}

void
tool_shard_block_append (GString *out, const ToolShardBlock *block)
{
  g_autofree char *checksum = checksum_of (block);

  g_string_append_printf (out,
      "%s %" G_GUINT64_FORMAT " %" G_GSIZE_FORMAT " %s\n",
      kind_names[block->kind], block->index, block->len, checksum);
  g_string_append_len (out, block->data, block->len);
  g_string_append_c (out, '\n');
}

static gboolean
parse_kind (const char *name, ToolShardBlockKind *kind)
{
  for (guint i = 0; i < TOOL_SHARD_N_BLOCKS; i++)
    if (strcmp (kind_names[i], name) == 0) {
      *kind = i;
      return TRUE;
    }
  return FALSE;
}

/* The first line, without its end. */
static gboolean
parse_line (
    const char *line, ToolShardBlock *block, guint64 *len, char **checksum)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 5);

  if (g_strv_length (words) != 4 || !parse_kind (words[0], &block->kind)
      || !g_ascii_string_to_unsigned (
          words[1], 10, 0, G_MAXUINT64, &block->index, NULL)
      || !g_ascii_string_to_unsigned (words[2], 10, 0, G_MAXSIZE, len, NULL))
    return FALSE;
  *checksum = g_strdup (words[3]);
  return TRUE;
}

/* Reads the block that begins at text [len]; returns its length, or 0 if there
 * is none. */
static gsize
parse_block (const char *text, gsize len, ToolShardBlock *block)
{
  const char *end = memchr (text, '\n', MIN (len, MAX_LINE));
  g_autofree char *line = end ? g_strndup (text, end - text) : NULL;
  g_autofree char *wanted = NULL;
  g_autofree char *found = NULL;
  guint64 data_len;

  if (!line || !parse_line (line, block, &data_len, &wanted))
    return 0;
  block->data = end + 1;
  if (data_len >= len - (block->data - text))
    return 0;
  block->len = data_len;
  if (block->data[block->len] != '\n')
    return 0;
  found = checksum_of (block);
  return strcmp (found, wanted) == 0 ? block->data + block->len + 1 - text : 0;
}

gboolean
tool_shard_block_next (
    const char *text, gsize len, gsize *position, ToolShardBlock *block)
{
  while (*position < len) {
    const char *start = text + *position;
    const gsize block_len = parse_block (start, len - *position, block);
    const char *line_end;

    if (block_len > 0) {
      *position += block_len;
      return TRUE;
    }
    line_end = memchr (start, '\n', len - *position);
    *position = line_end ? (gsize) (line_end + 1 - text) : len;
  }
  return FALSE;
}

char *
tool_shard_info_to_text (const ToolShardInfo *info)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();

  g_key_file_set_integer (file, GROUP, "format", FORMAT);
  g_key_file_set_string (file, GROUP, "tool", info->tool);
  g_key_file_set_string (file, GROUP, "settings", info->settings);
  g_key_file_set_string (file, GROUP, "head", info->head);
  g_key_file_set_string (file, GROUP, "listing", info->listing);
  g_key_file_set_uint64 (file, GROUP, "listed", info->n_listed);
  g_key_file_set_integer (file, GROUP, "shard", info->shard.number);
  g_key_file_set_integer (file, GROUP, "shards", info->shard.n);
  return g_key_file_to_data (file, NULL, NULL);
}

gboolean
tool_shard_info_from_text (
    ToolShardInfoStore *store, const char *text, gsize len)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  ToolShardInfo *const info = &store->info;

  if (!g_key_file_load_from_data (file, text, len, G_KEY_FILE_NONE, NULL)
      || g_key_file_get_integer (file, GROUP, "format", NULL) != FORMAT)
    return FALSE;
  info->tool = store->tool = g_key_file_get_string (file, GROUP, "tool", NULL);
  info->settings = store->settings =
      g_key_file_get_string (file, GROUP, "settings", NULL);
  info->head = store->head = g_key_file_get_string (file, GROUP, "head", NULL);
  info->listing = store->listing =
      g_key_file_get_string (file, GROUP, "listing", NULL);
  info->n_listed = g_key_file_get_uint64 (file, GROUP, "listed", NULL);
  info->shard.number = g_key_file_get_integer (file, GROUP, "shard", NULL);
  info->shard.n = g_key_file_get_integer (file, GROUP, "shards", NULL);
  return info->tool && info->settings && info->head && info->listing
      && info->shard.number > 0 && info->shard.number <= info->shard.n;
}

void
tool_shard_info_store_clear (ToolShardInfoStore *store)
{
  g_clear_pointer (&store->tool, g_free);
  g_clear_pointer (&store->settings, g_free);
  g_clear_pointer (&store->head, g_free);
  g_clear_pointer (&store->listing, g_free);
}

const char *
tool_shard_info_difference (const ToolShardInfo *a, const ToolShardInfo *b)
{
  if (strcmp (a->tool, b->tool) != 0)
    return "was made by another tool";
  if (a->n_listed != b->n_listed || strcmp (a->listing, b->listing) != 0)
    return "was made from another list of sources";
  if (strcmp (a->settings, b->settings) != 0 || strcmp (a->head, b->head) != 0)
    return "was made with other options";
  if (a->shard.n != b->shard.n)
    return "belongs to another number of shards";
  return NULL;
}
