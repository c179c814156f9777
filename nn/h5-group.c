/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups, in their three forms: a version 1 B-tree of symbol tables with names
 * in a local heap (the default of HDF5 1.x), link messages in the header, and
 * many links in a fractal heap (both HDF5 1.8 and later).
 */
#include <string.h>
#include "nn/h5-private.h"
#include "nn/limits.h"

typedef struct {
  GHashTable *links;
  H5Span names; /* the local heap */
} Symbols;

static void
add_link (GHashTable *links, char *name, guint64 address)
{
  guint64 *value = g_new (guint64, 1);

  *value = address;
  g_hash_table_insert (links, name, value);
}

/* "SNOD": a list of symbols. */
static bool
read_symbols (NnH5 *file, guint64 address, const Symbols *symbols)
{
  H5Span span = nn_h5_span_from (file, address);
  unsigned n;

  if (!nn_h5_take_signature (&span, "SNOD"))
    return false;
  nn_h5_skip (&span, 2);
  n = nn_h5_take (&span, 2);
  for (unsigned i = 0; i < n; i++) {
    const guint64 name = nn_h5_take_address (file, &span);
    const guint64 object = nn_h5_take_address (file, &span);
    const unsigned cache = nn_h5_take (&span, 4);
    const char *text, *end;

    nn_h5_skip (&span, 4 + 16);
    if (span.is_bad || name >= symbols->names.left || !nn_h5_work (file, 1))
      return false;
    text = (const char *) symbols->names.at + name;
    end = memchr (text, 0, symbols->names.left - name);
    if (!end || g_hash_table_size (symbols->links) >= NN_MAX_NAMES)
      return false;
    add_link (symbols->links, g_strndup (text, end - text),
        cache == 2 ? H5_NO_ADDRESS : object); /* 2: a soft link */
  }
  return true;
}

/* level: what the node must have, or -1: the root. Levels fall to 0. */
static bool
read_tree (
    NnH5 *file, guint64 address, int expected_level, const Symbols *symbols)
{
  H5Span span = nn_h5_span_from (file, address);
  int level;
  unsigned n, type;

  if (!nn_h5_take_signature (&span, "TREE") || !nn_h5_work (file, 1))
    return false;
  type = nn_h5_take (&span, 1);
  level = nn_h5_take (&span, 1);
  n = nn_h5_take (&span, 2);
  nn_h5_skip (&span, 2 * file->offset_size + file->length_size);
  if (type != 0 || level > NN_MAX_H5_LEVELS
      || (expected_level >= 0 && level != expected_level))
    return false;
  for (unsigned i = 0; i < n; i++) {
    const guint64 child = nn_h5_take_address (file, &span);

    nn_h5_take_length (file, &span); /* the next key */
    if (span.is_bad
        || !(level > 0 ? read_tree (file, child, level - 1, symbols)
                       : read_symbols (file, child, symbols)))
      return false;
  }
  return true;
}

static bool
read_symbol_table (NnH5 *file, H5Span span, GHashTable *links)
{
  Symbols symbols = { .links = links };
  const guint64 tree = nn_h5_take_address (file, &span);
  const guint64 heap = nn_h5_take_address (file, &span);
  H5Span head;
  guint64 len, address;

  if (span.is_bad)
    return false;
  head = nn_h5_span_from (file, heap);
  if (!nn_h5_take_signature (&head, "HEAP"))
    return false;
  nn_h5_skip (&head, 4);
  len = nn_h5_take_length (file, &head);
  nn_h5_take_length (file, &head); /* free list */
  address = nn_h5_take_address (file, &head);
  symbols.names = nn_h5_span (file, address, len);
  return !head.is_bad && !symbols.names.is_bad
      && read_tree (file, tree, -1, &symbols);
}

/* One link message. */
static bool
read_link (NnH5 *file, H5Span span, gpointer user_data)
{
  GHashTable *const links = user_data;
  unsigned version, flags, type = 0;
  guint64 name_len, object = H5_NO_ADDRESS;
  H5Span name;

  version = nn_h5_take (&span, 1);
  flags = nn_h5_take (&span, 1);
  if (flags & 0x08)
    type = nn_h5_take (&span, 1);
  nn_h5_skip (&span, (flags & 0x04 ? 8 : 0) + (flags & 0x10 ? 1 : 0));
  name_len = nn_h5_take (&span, 1u << (flags & 3));
  name = nn_h5_take_span (&span, name_len);
  if (type == 0)
    object = nn_h5_take_address (file, &span);
  if (span.is_bad || version != 1 || g_hash_table_size (links) >= NN_MAX_NAMES
      || !nn_h5_work (file, 1))
    return false;
  add_link (links, g_strndup ((const char *) name.at, name.left), object);
  return true;
}

static bool
read_links (NnH5 *file, const GArray *messages, GHashTable *links)
{
  bool is_group = false;

  for (guint i = 0; i < messages->len; i++) {
    const H5Message *const message = &g_array_index (messages, H5Message, i);
    bool is_ok = true;

    if (message->type == H5_MESSAGE_SYMBOL_TABLE)
      is_ok = read_symbol_table (file, message->data, links);
    else if (message->type == H5_MESSAGE_LINK_INFO)
      is_ok = nn_h5_heap_foreach (file, message->data, 8, 4, read_link, links);
    else if (message->type == H5_MESSAGE_LINK)
      is_ok = read_link (file, message->data, links);
    else
      continue;
    if (!is_ok || message->is_shared)
      return false;
    is_group = true;
  }
  return is_group;
}

GHashTable *
nn_h5_group_links (NnH5 *file, guint64 address)
{
  GHashTable *const known = g_hash_table_lookup (file->groups, &address);
  g_autoptr (GArray) messages = NULL;
  g_autoptr (GHashTable) links = NULL;
  guint64 *key;

  if (known)
    return known;
  messages = nn_h5_read_object (file, address);
  links = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (!messages || !read_links (file, messages, links))
    return NULL;
  key = g_new (guint64, 1);
  *key = address;
  g_hash_table_insert (file->groups, key, links);
  return g_steal_pointer (&links);
}

bool
nn_h5_resolve (NnH5 *file, const char *path, guint64 *address)
{
  g_auto (GStrv) parts = NULL;

  *address = file->root;
  if (strlen (path) > NN_MAX_PATH)
    return false;
  parts = g_strsplit (path, "/", -1);
  for (size_t i = 0; parts[i]; i++) {
    GHashTable *links;
    const guint64 *object;

    if (parts[i][0] == '\0')
      continue;
    links = nn_h5_group_links (file, *address);
    object = links ? g_hash_table_lookup (links, parts[i]) : NULL;
    if (!object || *object == H5_NO_ADDRESS)
      return false;
    *address = *object;
  }
  return true;
}
