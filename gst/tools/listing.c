/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/listing.h"

#include <glib/gstdio.h>
#include <gst/gst.h>
#include <stdio.h>
#include <string.h>

/* Types of what holds sound that do not begin with "audio/" or "video/". */
static const char *const container_types[] = { "application/ogg",
  "application/x-3gp", "application/mxf", "application/vnd.rn-realmedia",
  "application/x-ape", "application/x-id3" };
/* Notes, not sound. */
static const char *const silent_types[] = { "audio/midi", "audio/riff-midi",
  "audio/mobile-xmf" };

ToolListing *
tool_listing_new (void)
{
  ToolListing *self = g_new0 (ToolListing, 1);

  self->entries = g_ptr_array_new ();
  return self;
}

void
tool_listing_free (ToolListing *self)
{
  if (!self)
    return;
  for (guint i = 0; i < self->entries->len; i++) {
    ToolListingEntry *entry = g_ptr_array_index (self->entries, i);

    g_free (entry->source);
    g_free (entry->failure);
    g_free (entry);
  }
  g_ptr_array_unref (self->entries);
  g_free (self);
}

static ToolListingEntry *
add_entry (ToolListing *self, char *source, gsize folder_len)
{
  ToolListingEntry *entry = g_new0 (ToolListingEntry, 1);

  entry->source = source;
  entry->key = source + folder_len;
  g_ptr_array_add (self->entries, entry);
  return entry;
}

/* Extensions of sound and video files */

static gboolean
is_among (const char *name, const char *const *names, gsize n)
{
  for (gsize i = 0; i < n; i++)
    if (g_str_equal (names[i], name))
      return TRUE;
  return FALSE;
}

static gboolean
holds_sound (GstTypeFindFactory *factory)
{
  GstCaps *caps = gst_type_find_factory_get_caps (factory);
  const char *name;

  if (!caps || gst_caps_is_any (caps) || gst_caps_is_empty (caps))
    return FALSE;
  name = gst_structure_get_name (gst_caps_get_structure (caps, 0));
  if (is_among (name, silent_types, G_N_ELEMENTS (silent_types)))
    return FALSE;
  return g_str_has_prefix (name, "audio/") || g_str_has_prefix (name, "video/")
      || is_among (name, container_types, G_N_ELEMENTS (container_types));
}

static gpointer
make_extensions (gpointer data)
{
  GHashTable *known = g_hash_table_new (g_str_hash, g_str_equal);
  GList *factories = gst_type_find_factory_get_list ();

  for (GList *item = factories; item; item = item->next) {
    const char *const *names =
        gst_type_find_factory_get_extensions (item->data);

    for (; names && *names && holds_sound (item->data); names++)
      g_hash_table_add (known, (gpointer) g_intern_string (*names));
  }
  gst_plugin_feature_list_free (factories);
  return known;
}

static gboolean
is_media (const char *name)
{
  static GOnce once = G_ONCE_INIT;
  GHashTable *known = g_once (&once, make_extensions, NULL);
  const char *dot = strrchr (name, '.');
  g_autofree char *extension = dot ? g_ascii_strdown (dot + 1, -1) : NULL;

  return extension && g_hash_table_contains (known, extension);
}

/* Folders */

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The names in a folder, sorted. Free with g_ptr_array_unref. */
static GPtrArray *
read_names (const char *path)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  return names;
}

/* Pipes and devices would wait for somebody, or never end. What cannot be
 * looked at will say so when it is opened. */
static gboolean
is_file (const char *path)
{
  GStatBuf info;

  return g_stat (path, &info) != 0 || S_ISREG (info.st_mode);
}

static void
add_folder (ToolListing *self, const char *folder, gsize folder_len)
{
  g_autoptr (GPtrArray) names = read_names (folder);

  for (guint i = 0; i < names->len; i++) {
    const char *name = g_ptr_array_index (names, i);
    char *path = g_build_filename (folder, name, NULL);

    if (!g_file_test (path, G_FILE_TEST_IS_DIR)) {
      if (is_media (name) && is_file (path)) {
        add_entry (self, path, folder_len);
        continue;
      }
    } else if (!g_file_test (path, G_FILE_TEST_IS_SYMLINK))
      add_folder (self, path, folder_len);
    g_free (path);
  }
}

/* Of the folder's name and the separator after it. */
static gsize
length_of_folder (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "x", NULL);

  return strlen (path) - 1;
}

void
tool_listing_add (ToolListing *self, const char *source)
{
  const guint n = self->entries->len;

  if (!g_file_test (source, G_FILE_TEST_IS_DIR)) {
    add_entry (self, g_strdup (source), 0);
    return;
  }
  add_folder (self, source, length_of_folder (source));
  if (self->entries->len == n)
    add_entry (self, g_strdup (source), 0)->failure =
        g_strdup ("no audio or video file in this folder");
}

/* Lists */

static char *
read_standard_input (GError **error)
{
  GString *text = g_string_new (NULL);
  char block[4096];
  gsize n;

  while ((n = fread (block, 1, sizeof block, stdin)) > 0)
    g_string_append_len (text, block, n);
  if (!ferror (stdin))
    return g_string_free (text, FALSE);
  g_set_error (
      error, G_FILE_ERROR, G_FILE_ERROR_IO, "cannot read standard input");
  g_string_free (text, TRUE);
  return NULL;
}

gboolean
tool_listing_add_file (ToolListing *self, const char *path, GError **error)
{
  g_autofree char *text = NULL;

  if (g_str_equal (path, "-"))
    text = read_standard_input (error);
  else
    g_file_get_contents (path, &text, NULL, error);
  if (!text)
    return FALSE;
  for (char *line = text, *next; *line; line = next) {
    const gsize len = strcspn (line, "\n");

    next = line + len + (line[len] ? 1 : 0);
    line[len] = '\0';
    if (len > 0 && line[len - 1] == '\r')
      line[len - 1] = '\0';
    if (*line)
      tool_listing_add (self, line);
  }
  return TRUE;
}
