/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/tools/part.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "gst/tools/part-record.h"
#include "nn/file-write.h"

/* What is behind the name of a part that is not done. */
#define PARTIAL ".partial"

char *
part_listing_id (const char *const *keys, gsize n)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  for (gsize i = 0; i < n; i++)
    g_checksum_update (
        checksum, (const guchar *) keys[i], strlen (keys[i]) + 1);
  return g_strdup (g_checksum_get_string (checksum));
}

/* Reading */

/* One file of a part. */
typedef struct {
  GMappedFile *file;
  PartInfoStore store;
  gboolean has_info;
} Source;

struct _PartSet {
  GPtrArray *sources;  /* Source */
  GHashTable *names;   /* index -> name (owned) */
  GHashTable *records; /* index -> PartRecord (owned) */
  GPtrArray *sorted;   /* the records, borrowed */
};

static void
source_free (Source *source)
{
  part_info_store_clear (&source->store);
  g_clear_pointer (&source->file, g_mapped_file_unref);
  g_free (source);
}

static PartSet *
part_set_new (void)
{
  PartSet *self = g_new0 (PartSet, 1);

  self->sources = g_ptr_array_new_with_free_func ((GDestroyNotify) source_free);
  self->names =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  self->records =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  self->sorted = g_ptr_array_new ();
  return self;
}

void
part_set_free (PartSet *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->sorted);
  g_hash_table_unref (self->records);
  g_hash_table_unref (self->names);
  g_ptr_array_unref (self->sources);
  g_free (self);
}

/* Lines of "INDEX NAME", where names are escaped. */
static void
take_names (PartSet *self, const PartBlock *block)
{
  g_autofree char *text = g_strndup (block->data, block->len);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i]; i++) {
    char *name;
    guint64 index = g_ascii_strtoull (lines[i], &name, 10);

    if (*name == ' ')
      g_hash_table_replace (self->names, g_memdup2 (&index, sizeof index),
          g_strcompress (name + 1));
  }
}

/* A record that is fine stays, whatever else is said of its source. */
static void
take_record (PartSet *self, const PartBlock *block)
{
  const PartKind kind =
      block->kind == PART_BLOCK_FINE ? PART_FINE : PART_FAILED;
  const PartRecord *old = g_hash_table_lookup (self->records, &block->index);
  PartRecord *record;

  if (old && (old->kind == PART_FINE || kind == PART_FAILED))
    return;
  record = g_new (PartRecord, 1);
  *record = (PartRecord){ block->index, kind, block->data, block->len };
  g_hash_table_replace (self->records, &record->index, record);
}

/* FALSE where the file is no part at all. */
static gboolean
read_source (PartSet *self, Source *source)
{
  const char *text = g_mapped_file_get_contents (source->file);
  const gsize len = g_mapped_file_get_length (source->file);
  gsize position = 0;
  PartBlock block;

  while (part_block_next (text, len, &position, &block)) {
    if (block.kind == PART_BLOCK_INFO && !source->has_info)
      source->has_info =
          part_info_from_text (&source->store, block.data, block.len);
    else if (block.kind == PART_BLOCK_NAMES)
      take_names (self, &block);
    else if (block.kind != PART_BLOCK_INFO && source->has_info)
      take_record (self, &block);
  }
  return source->has_info;
}

/* wanted: what the part has to belong to, or NULL. */
static gboolean
load_file (PartSet *self, const char *path, gboolean is_partial,
    const PartInfo *wanted, GError **error)
{
  Source *source = g_new0 (Source, 1);
  const char *difference = NULL;

  g_ptr_array_add (self->sources, source);
  source->file = g_mapped_file_new (path, FALSE, error);
  if (!source->file)
    return FALSE;
  if (!read_source (self, source)) {
    if (is_partial)
      return g_ptr_array_remove (self->sources, source);
    difference = "is no part (its beginning is damaged, or it is another kind "
                 "of file)";
  } else if (wanted)
    difference = part_info_difference (wanted, &source->store.info);
  if (!difference)
    return TRUE;
  g_set_error (
      error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s %s", path, difference);
  return FALSE;
}

static gint
compare_records (gconstpointer a, gconstpointer b)
{
  const PartRecord *const *x = a, *const *y = b;

  return (*x)->index < (*y)->index ? -1 : (*x)->index > (*y)->index;
}

static void
sort_records (PartSet *self)
{
  GHashTableIter iter;
  gpointer record;

  g_hash_table_iter_init (&iter, self->records);
  while (g_hash_table_iter_next (&iter, NULL, &record))
    g_ptr_array_add (self->sorted, record);
  g_ptr_array_sort (self->sorted, compare_records);
}

/* What there is of a part, done or not. A worker that was killed before it had
 * begun its file left nothing. */
static gboolean
load_part (
    PartSet *self, const char *path, const PartInfo *wanted, GError **error)
{
  g_autofree char *partial = g_strconcat (path, PARTIAL, NULL);

  return (!g_file_test (path, G_FILE_TEST_EXISTS)
             || load_file (self, path, FALSE, wanted, error))
      && (!g_file_test (partial, G_FILE_TEST_EXISTS)
          || load_file (self, partial, TRUE, wanted, error));
}

PartSet *
part_set_load (const char *const *paths, const char *tool, GError **error)
{
  g_autoptr (PartSet) self = part_set_new ();

  for (guint i = 0; paths[i]; i++) {
    const guint n = self->sources->len;

    if (!load_part (self, paths[i], n > 0 ? part_set_info (self) : NULL, error))
      return NULL;
    if (self->sources->len == n) {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
          "%s: there is no such part", paths[i]);
      return NULL;
    }
    if (strcmp (part_set_info (self)->tool, tool) != 0) {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
          "%s was made by %s, not by %s", paths[i], part_set_info (self)->tool,
          tool);
      return NULL;
    }
  }
  sort_records (self);
  return g_steal_pointer (&self);
}

const PartInfo *
part_set_info (const PartSet *self)
{
  const Source *source = g_ptr_array_index (self->sources, 0);

  return &source->store.info;
}

gsize
part_set_count (const PartSet *self)
{
  return self->sorted->len;
}

const PartRecord *
part_set_get (const PartSet *self, gsize i)
{
  return g_ptr_array_index (self->sorted, i);
}

const char *
part_set_name (const PartSet *self, guint64 index)
{
  const char *name = g_hash_table_lookup (self->names, &index);

  return name ? name : "?";
}

static gint
compare_indices (gconstpointer a, gconstpointer b)
{
  const guint64 *const *x = a, *const *y = b;

  return **x < **y ? -1 : **x > **y;
}

static void
append_missing_sources (const PartSet *self, GString *text)
{
  g_autoptr (GPtrArray) indices = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer index;

  g_hash_table_iter_init (&iter, self->names);
  while (g_hash_table_iter_next (&iter, &index, NULL))
    if (!g_hash_table_contains (self->records, index))
      g_ptr_array_add (indices, index);
  g_ptr_array_sort (indices, compare_indices);
  for (guint i = 0; i < indices->len; i++)
    g_string_append_printf (text, "%s\n",
        part_set_name (self, *(guint64 *) g_ptr_array_index (indices, i)));
}

char *
part_set_missing (const PartSet *self)
{
  const guint n_shards = part_set_info (self)->shard.n;
  g_autofree gboolean *there = g_new0 (gboolean, n_shards + 1);
  GString *text = g_string_new (NULL);

  append_missing_sources (self, text);
  for (guint i = 0; i < self->sources->len; i++) {
    const Source *source = g_ptr_array_index (self->sources, i);

    there[source->store.info.shard.number] = TRUE;
  }
  for (guint i = 1; i <= n_shards; i++)
    if (!there[i])
      g_string_append_printf (text, "all of shard %u/%u\n", i, n_shards);
  return g_string_free (text, text->len == 0);
}

/* Writing */

struct _PartWriter {
  char *path, *partial;
  PartInfoStore store; /* of the part, a copy */
  GString *start;      /* the blocks before the records */
  gsize n;             /* records it will have */
  PartSet *old;        /* what was there; NULL: nothing */
  int fd;              /* of partial, locked */
  GMutex lock;         /* guards writing to it */
};

static gboolean
fail (PartWriter *self, const char *what, int code, GError **error)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), "%s %s: %s",
      self->partial, what, g_strerror (code));
  return FALSE;
}

static void
make_start (PartWriter *self, const PartInfo *info, const guint64 *indices,
    const char *const *names, gsize n)
{
  g_autofree char *info_text = part_info_to_text (info);
  g_autoptr (GString) lines = g_string_new (NULL);

  part_info_from_text (&self->store, info_text, strlen (info_text));
  for (gsize i = 0; i < n; i++) {
    g_autofree char *name = g_strescape (names[i], NULL);

    g_string_append_printf (
        lines, "%" G_GUINT64_FORMAT " %s\n", indices[i], name);
  }
  self->start = g_string_new (NULL);
  part_block_append (self->start,
      &(PartBlock){ PART_BLOCK_INFO, 0, info_text, strlen (info_text) });
  part_block_append (
      self->start, &(PartBlock){ PART_BLOCK_NAMES, 0, lines->str, lines->len });
}

static gboolean
write_all (PartWriter *self, const char *data, gsize len, GError **error)
{
  while (len > 0) {
    const gssize n = write (self->fd, data, len);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return fail (self, "cannot be written", n < 0 ? errno : EIO, error);
    data += n;
    len -= n;
  }
  return TRUE;
}

/* One process at a time. */
static gboolean
open_partial (PartWriter *self, gboolean resume, GError **error)
{
  self->fd =
      g_open (self->partial, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (self->fd < 0)
    return fail (self, "cannot be opened", errno, error);
  if (flock (self->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
        "%s is being written by another process", self->partial);
    return FALSE;
  }
  if (!resume && ftruncate (self->fd, 0) != 0)
    return fail (self, "cannot be emptied", errno, error);
  return TRUE;
}

static gboolean
load_old (PartWriter *self, GError **error)
{
  self->old = part_set_new ();
  if (!load_part (self->old, self->path, &self->store.info, error))
    return FALSE;
  for (guint i = 0; i < self->old->sources->len; i++) {
    const Source *source = g_ptr_array_index (self->old->sources, i);

    if (source->store.info.shard.number != self->store.info.shard.number) {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s is shard %u/%u",
          self->path, source->store.info.shard.number,
          source->store.info.shard.n);
      return FALSE;
    }
  }
  sort_records (self->old);
  return TRUE;
}

/* Behind what a killed worker left in mid-line, a new line begins. */
static gboolean
begin_partial (PartWriter *self, GError **error)
{
  g_autofree char *text = g_strconcat ("\n", self->start->str, NULL);

  return write_all (self, text, strlen (text), error);
}

PartWriter *
part_writer_new (const char *path, const PartInfo *info, const guint64 *indices,
    const char *const *names, gsize n, gboolean resume, GError **error)
{
  g_autoptr (PartWriter) self = g_new0 (PartWriter, 1);

  g_mutex_init (&self->lock);
  self->path = g_strdup (path);
  self->partial = g_strconcat (path, PARTIAL, NULL);
  self->n = n;
  make_start (self, info, indices, names, n);
  if (!open_partial (self, resume, error) || (resume && !load_old (self, error))
      || !begin_partial (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
part_writer_free (PartWriter *self)
{
  if (!self)
    return;
  if (self->fd >= 0)
    close (self->fd);
  g_clear_pointer (&self->old, part_set_free);
  part_info_store_clear (&self->store);
  g_string_free (self->start, TRUE);
  g_mutex_clear (&self->lock);
  g_free (self->path);
  g_free (self->partial);
  g_free (self);
}

gboolean
part_writer_has (PartWriter *self, guint64 index)
{
  const PartRecord *record =
      self->old ? g_hash_table_lookup (self->old->records, &index) : NULL;

  return record && record->kind == PART_FINE;
}

static PartBlock
block_of (const PartRecord *record)
{
  return (PartBlock){ record->kind == PART_FINE ? PART_BLOCK_FINE
                                                : PART_BLOCK_FAILED,
    record->index, record->data, record->len };
}

gboolean
part_writer_add (PartWriter *self, const PartRecord *record, GError **error)
{
  const PartBlock block = block_of (record);
  g_autoptr (GString) text = g_string_new (NULL);
  gboolean ok;

  part_block_append (text, &block);
  g_mutex_lock (&self->lock);
  ok = write_all (self, text->str, text->len, error);
  g_mutex_unlock (&self->lock);
  return ok;
}

gboolean
part_writer_finish (PartWriter *self, GError **error)
{
  g_autoptr (PartSet) set = part_set_new ();
  g_autoptr (GBytes) bytes = NULL;
  GString *text;

  if (!(self->old
              ? load_part (set, self->path, &self->store.info, error)
              : load_file (set, self->partial, TRUE, &self->store.info, error)))
    return FALSE;
  sort_records (set);
  if (set->sorted->len != self->n) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
        "%s has %u of %" G_GSIZE_FORMAT " records; --resume makes the others",
        self->partial, set->sorted->len, self->n);
    return FALSE;
  }
  text = g_string_new_len (self->start->str, self->start->len);
  for (guint i = 0; i < set->sorted->len; i++) {
    const PartBlock block = block_of (part_set_get (set, i));

    part_block_append (text, &block);
  }
  bytes = g_string_free_to_bytes (text);
  if (!nn_file_write (self->path, bytes, error))
    return FALSE;
  g_unlink (self->partial);
  return TRUE;
}
