/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/output-folder.h"

#include <string.h>

gboolean
tool_output_folder_is (const char *path)
{
  return g_str_has_suffix (path, G_DIR_SEPARATOR_S)
      || g_file_test (path, G_FILE_TEST_IS_DIR);
}

/* The last part of a URI's path as a file name. */
static char *
uri_name (const char *uri)
{
  const gsize len = strcspn (uri, "?#");
  g_autofree char *path = g_strndup (uri, len);
  g_autofree char *last = g_path_get_basename (path);
  char *name = g_uri_unescape_string (last, "/");

  return name ? name : g_steal_pointer (&last);
}

/* Below the folder; with the extension. */
static char *
place_of (const ToolListingEntry *entry)
{
  g_autofree char *scheme = NULL;

  if (!entry)
    return g_strdup ("microphone");
  if (entry->key != entry->source)
    return g_strdup (entry->key);
  scheme = g_uri_parse_scheme (entry->source);
  if (scheme && !g_file_test (entry->source, G_FILE_TEST_EXISTS))
    return uri_name (entry->source);
  return g_path_get_basename (entry->source);
}

/* Without ".wav". */
static char *
without_extension (const char *place)
{
  const char *const slash = strrchr (place, G_DIR_SEPARATOR);
  const char *const name = slash ? slash + 1 : place;
  const char *const point = strrchr (name, '.');

  return point && point > name ? g_strndup (place, (gsize) (point - place))
                               : g_strdup (place);
}

/* How many have it. */
static void
count (GHashTable *counts, const char *name)
{
  g_hash_table_insert (counts, g_strdup (name),
      GUINT_TO_POINTER (
          GPOINTER_TO_UINT (g_hash_table_lookup (counts, name)) + 1));
}

GPtrArray *
tool_output_folder_paths (
    const char *folder, const ToolListing *listing, const char *extension)
{
  const guint n = listing ? listing->entries->len : 1;
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) stems =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) taken =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < n; i++) {
    g_autofree char *place =
        place_of (listing ? g_ptr_array_index (listing->entries, i) : NULL);
    g_autofree char *stem = without_extension (place);

    count (stems, stem);
  }
  for (guint i = 0; i < n; i++) {
    g_autofree char *place =
        place_of (listing ? g_ptr_array_index (listing->entries, i) : NULL);
    g_autofree char *stem = without_extension (place);
    const gboolean is_alone =
        GPOINTER_TO_UINT (g_hash_table_lookup (stems, stem)) == 1;
    g_autofree char *name = g_strdup (is_alone ? stem : place);

    for (guint k = 2; g_hash_table_contains (taken, name); k++) {
      g_free (name);
      name = g_strdup_printf ("%s-%u", place, k);
    }
    g_hash_table_add (taken, g_strdup (name));
    g_ptr_array_add (paths,
        g_strdup_printf ("%s%s%s%s", folder,
            g_str_has_suffix (folder, G_DIR_SEPARATOR_S) ? ""
                                                         : G_DIR_SEPARATOR_S,
            name, extension));
  }
  return paths;
}
