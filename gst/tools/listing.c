/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/listing.h"

#include <glib/gstdio.h>
#include <gst/base/gsttypefindhelper.h>
#include <gst/gst.h>
#include <string.h>
#include <unistd.h>

#include "gst/media/file-bytes.h"
#include "gst/media/folder.h"
#include "gst/media/text-file.h"
#include "gst/tools/playlist.h"

/* Media types with sound that do not begin with "audio/" or "video/". */
static const char *const container_types[] = { "application/ogg",
  "application/x-3gp", "application/mxf", "application/vnd.rn-realmedia",
  "application/x-ape", "application/x-id3" };
/* Notes, not sound. */
static const char *const silent_types[] = { "audio/midi", "audio/riff-midi",
  "audio/mobile-xmf" };

/* Files that need not be opened. */
static const char *const foreign_extensions[] = { "csv", "tsv", "json", "log",
  "md", "py", "c", "h", "h5", "keras", "npy", "part", "partial", "srt", "vtt",
  "m3u", "m3u8", "pls", "textgrid" };

/* Bytes read to find the type of a file. */
#define HEAD_SIZE 16384

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
is_type_of_sound (GstCaps *caps)
{
  if (!caps || gst_caps_is_any (caps))
    return FALSE;
  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    const char *const name =
        gst_structure_get_name (gst_caps_get_structure (caps, i));

    if (is_among (name, silent_types, G_N_ELEMENTS (silent_types)))
      return FALSE;
    if (g_str_has_prefix (name, "audio/") || g_str_has_prefix (name, "video/")
        || is_among (name, container_types, G_N_ELEMENTS (container_types)))
      return TRUE;
  }
  return FALSE;
}

/* Extension -> whether type finders know it as one of sounds. */
static gpointer
make_extensions (gpointer data)
{
  GHashTable *known = g_hash_table_new (g_str_hash, g_str_equal);
  GList *factories = gst_type_find_factory_get_list ();

  for (GList *item = factories; item; item = item->next) {
    const char *const *names =
        gst_type_find_factory_get_extensions (item->data);
    const gboolean is_sound =
        is_type_of_sound (gst_type_find_factory_get_caps (item->data));

    for (; names && *names; names++)
      if (is_sound || !g_hash_table_contains (known, *names))
        g_hash_table_insert (known, (gpointer) g_intern_string (*names),
            GINT_TO_POINTER (is_sound));
  }
  gst_plugin_feature_list_free (factories);
  /* Lists, tables, texts and programs are common beside sounds. */
  for (guint i = 0; i < G_N_ELEMENTS (foreign_extensions); i++)
    if (!g_hash_table_contains (known, foreign_extensions[i]))
      g_hash_table_insert (known, (gpointer) foreign_extensions[i], NULL);
  return known;
}

/* By its first bytes, with GStreamer's type finders. */
static gboolean
begins_as_sound (const char *path)
{
  GstEmotionFileBytes file;
  guint8 head[HEAD_SIZE];
  GstTypeFindProbability certainty = GST_TYPE_FIND_NONE;
  g_autoptr (GstCaps) type = NULL;

  if (!gst_emotion_file_bytes_open (&file, path))
    return FALSE;

  const gsize n = MIN (file.size, sizeof head);

  if (n > 0 && gst_emotion_file_bytes_read (&file, 0, head, n))
    type = gst_type_find_helper_for_data (NULL, head, n, &certainty);
  gst_emotion_file_bytes_close (&file);
  return certainty >= GST_TYPE_FIND_NEARLY_CERTAIN && is_type_of_sound (type);
}

/* Voice notes of messengers, audio books, recorders: type finders do not know
 * all extensions, and some sounds have none. */
gboolean
tool_listing_is_sound (const char *path)
{
  static GOnce once = G_ONCE_INIT;
  GHashTable *known = g_once (&once, make_extensions, NULL);
  g_autofree char *name = g_path_get_basename (path);
  const char *dot = strrchr (name, '.');
  g_autofree char *extension = dot ? g_ascii_strdown (dot + 1, -1) : NULL;
  gpointer is_sound;

  if (extension
      && g_hash_table_lookup_extended (known, extension, NULL, &is_sound))
    return GPOINTER_TO_INT (is_sound);
  return begins_as_sound (path);
}

/* Folders */

/* Pipes and devices could block, or never end. Unreadable files give an error
 * when they are opened. */
static gboolean
is_regular (const char *path)
{
  GStatBuf info;

  return g_stat (path, &info) != 0 || S_ISREG (info.st_mode);
}

static void
add_folder (ToolListing *self, const char *folder, gsize folder_len)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) names = gst_emotion_folder_names (folder, &error);

  if (!names) {
    add_entry (self, g_strdup (folder), MIN (folder_len, strlen (folder)))
        ->failure = g_strdup (error->message);
    return;
  }
  for (guint i = 0; i < names->len; i++) {
    const char *name = g_ptr_array_index (names, i);
    char *path = g_build_filename (folder, name, NULL);

    if (!g_file_test (path, G_FILE_TEST_IS_DIR)) {
      if (is_regular (path) && tool_listing_is_sound (path)) {
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

/* FALSE if it is one sound, or none. */
static gboolean
add_playlist (ToolListing *self, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) sources = tool_playlist_read (path, &error);

  for (char **source = sources; source && *source; source++)
    add_entry (self, g_strdup (*source), 0);
  if (error)
    add_entry (self, g_strdup (path), 0)->failure = g_strdup (error->message);
  return sources || error;
}

/* Why it has no sound; NULL: it may have some. */
static const char *
standard_input_trouble (ToolListing *self)
{
  if (self->reads_stdin)
    return "standard input is read already, and cannot be read twice";
  self->reads_stdin = TRUE;
  return isatty (STDIN_FILENO)
      ? "standard input is a terminal: send a sound to it (… | PROGRAM -)"
      : NULL;
}

void
tool_listing_add (ToolListing *self, const char *source)
{
  const guint n = self->entries->len;

  if (!*source) {
    add_entry (self, g_strdup ("\"\""), 0)->failure = g_strdup (
        "an empty argument is no source (an unset variable of a script?)");
    return;
  }
  if (g_str_equal (source, "-")) {
    add_entry (self, g_strdup (source), 0)->failure =
        g_strdup (standard_input_trouble (self));
    return;
  }
  if (!g_file_test (source, G_FILE_TEST_IS_DIR)) {
    if (!(tool_playlist_is (source) && is_regular (source)
            && add_playlist (self, source)))
      add_entry (self, g_strdup (source), 0);
    return;
  }
  add_folder (self, source, length_of_folder (source));
  if (self->entries->len == n)
    add_entry (self, g_strdup (source), 0)->failure =
        g_strdup ("no audio or video file in this folder");
}

/* Lists */

gboolean
tool_listing_add_file (ToolListing *self, const char *path, GError **error)
{
  g_autofree char *text = NULL;

  if (tool_playlist_is (path)) {
    tool_listing_add (self, path);
    return TRUE;
  }
  text = gst_emotion_text_read (path, error);
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
