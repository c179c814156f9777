/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>
#include "nn/error.h"
#include "nn/limits.h"

typedef struct archive Archive;

static void
archive_close_and_free (Archive *archive)
{
  archive_read_free (archive);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Archive, archive_close_and_free)

bool
nn_zip_is_zip (GBytes *bytes)
{
  gsize len;
  const char *const data = g_bytes_get_data (bytes, &len);

  return len >= 4 && memcmp (data, "PK\003\004", 4) == 0;
}

static bool
fail_damaged (const char *name, Archive *archive, GError **error)
{
  const char *const reason = archive_error_string (archive);

  g_set_error (error, NN_ERROR, NN_ERROR_FORMAT, "%s: damaged zip archive: %s",
      name, reason ? reason : "unknown fault");
  return false;
}

/* Seeks to the member; false and an error if there is none. */
static bool
find_member (const char *name, Archive *archive, const char *member,
    struct archive_entry **entry, GError **error)
{
  for (int i = 0; i < NN_MAX_ZIP_MEMBERS; i++) {
    const int status = archive_read_next_header (archive, entry);
    const char *path;

    if (status == ARCHIVE_EOF)
      break;
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
      return fail_damaged (name, archive, error);
    path = archive_entry_pathname (*entry);
    if (path && strcmp (path, member) == 0) {
      if (!archive_entry_is_encrypted (*entry))
        return true;
      g_set_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED,
          "%s: “%s” in this zip archive is encrypted", name, member);
      return false;
    }
  }
  g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
      "%s: no “%s” in this zip archive", name, member);
  return false;
}

static GBytes *
fail_large (const char *name, const char *member, gsize max, GError **error)
{
  g_set_error (error, NN_ERROR, NN_ERROR_LIMIT,
      "%s: “%s” in this zip archive is larger than %" G_GSIZE_FORMAT " bytes",
      name, member, max);
  return NULL;
}

static GBytes *
read_member (const char *name, Archive *archive, struct archive_entry *entry,
    const char *member, gsize max, GError **error)
{
  g_autoptr (GByteArray) contents = NULL;
  char chunk[1 << 16];
  la_ssize_t n;

  if (archive_entry_size_is_set (entry)
      && (archive_entry_size (entry) < 0
          || (guint64) archive_entry_size (entry) > max))
    return fail_large (name, member, max, error);
  contents = g_byte_array_sized_new (
      archive_entry_size_is_set (entry) ? archive_entry_size (entry) : 0);
  while ((n = archive_read_data (archive, chunk, sizeof chunk)) > 0) {
    if ((gsize) n > max - contents->len)
      return fail_large (name, member, max, error);
    g_byte_array_append (contents, (const guint8 *) chunk, n);
  }
  if (n < 0) {
    fail_damaged (name, archive, error);
    return NULL;
  }
  return g_byte_array_free_to_bytes (g_steal_pointer (&contents));
}

/* By the directory at the end of the archive, whose entries say where members
 * are, so others need not be inflated. NULL if there is none. */
static Archive *
open_archive (const char *name, GBytes *bytes, GError **error)
{
  g_autoptr (Archive) archive = archive_read_new ();
  gsize len;
  gconstpointer data = g_bytes_get_data (bytes, &len);

  if (archive_read_support_format_zip_seekable (archive) == ARCHIVE_OK
      && archive_read_open_memory (archive, data, len) == ARCHIVE_OK)
    return g_steal_pointer (&archive);
  fail_damaged (name, archive, error);
  return NULL;
}

/* Directory entries anywhere in the archive: libarchive reads them all, at a
 * microsecond each, whatever number the archive states. */
static bool
has_few_entries (GBytes *bytes)
{
  gsize len;
  const guint8 *const data = g_bytes_get_data (bytes, &len);
  const guint8 *const end = data + len;
  int n = 0;

  for (const guint8 *at = data;
       end - at >= 4 && (at = memchr (at, 'P', end - at - 3)) != NULL; at++)
    if (memcmp (at, "PK\001\002", 4) == 0 && ++n > NN_MAX_ZIP_MEMBERS)
      return false;
  return true;
}

char **
nn_zip_names (const char *name, GBytes *bytes, GError **error)
{
  g_autoptr (Archive) archive = NULL;
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  struct archive_entry *entry;

  if (!has_few_entries (bytes)) {
    g_set_error (error, NN_ERROR, NN_ERROR_LIMIT,
        "%s: this zip archive has more than %d members", name,
        NN_MAX_ZIP_MEMBERS);
    return NULL;
  }
  archive = open_archive (name, bytes, error);
  if (!archive)
    return NULL;
  while (archive_read_next_header (archive, &entry) == ARCHIVE_OK) {
    const char *const path = archive_entry_pathname (entry);

    g_ptr_array_add (names, g_strdup (path ? path : ""));
  }
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

GBytes *
nn_zip_read (const char *name, GBytes *bytes, const char *member,
    gsize max_bytes, GError **error)
{
  g_autoptr (Archive) archive = NULL;
  struct archive_entry *entry;
  gsize max;

  g_return_val_if_fail (name && bytes && member, NULL);
  archive = open_archive (name, bytes, error);
  max = MIN (max_bytes, nn_max_expanded (g_bytes_get_size (bytes)));
  if (!archive)
    return NULL;
  return find_member (name, archive, member, &entry, error)
      ? read_member (name, archive, entry, member, max, error)
      : NULL;
}
