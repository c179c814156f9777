/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gst/media/source-uri.h"
#include "gst/tools/shard-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "gst/tools/shard-record.h"
#include "nn/file-write.h"

/* Suffix of a part that is not complete. */
#define PARTIAL ".partial"

char *
tool_shard_listing_id (const char *const *keys, gsize n)
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
  ToolShardInfoStore store;
  gboolean has_info;
} Source;

struct _ToolShardSet {
  GPtrArray *sources;  /* Source */
  GHashTable *names;   /* index -> name (owned) */
  GHashTable *records; /* index -> ToolShardRecord (owned) */
  GPtrArray *sorted;   /* the records, borrowed */
};

static void
source_free (Source *source)
{
  tool_shard_info_store_clear (&source->store);
  g_clear_pointer (&source->file, g_mapped_file_unref);
  g_free (source);
}

static ToolShardSet *
part_set_new (void)
{
  ToolShardSet *self = g_new0 (ToolShardSet, 1);

  self->sources = g_ptr_array_new_with_free_func ((GDestroyNotify) source_free);
  self->names =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  self->records =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  self->sorted = g_ptr_array_new ();
  return self;
}

void
tool_shard_set_free (ToolShardSet *self)
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
take_names (ToolShardSet *self, const ToolShardBlock *block)
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

/* The best record of a source is kept. */
static void
take_record (ToolShardSet *self, const ToolShardBlock *block)
{
  const ToolShardKind kind =
      block->kind - TOOL_SHARD_BLOCK_FINE + TOOL_SHARD_FINE;
  const ToolShardRecord *old =
      g_hash_table_lookup (self->records, &block->index);
  ToolShardRecord *record;

  if (old && old->kind <= kind)
    return;
  record = g_new (ToolShardRecord, 1);
  *record = (ToolShardRecord){ block->index, kind, block->data, block->len };
  g_hash_table_replace (self->records, &record->index, record);
}

/* FALSE if the file is not a part. */
static gboolean
read_source (ToolShardSet *self, Source *source)
{
  const char *text = g_mapped_file_get_contents (source->file);
  const gsize len = g_mapped_file_get_length (source->file);
  gsize position = 0;
  ToolShardBlock block;

  while (tool_shard_block_next (text, len, &position, &block)) {
    if (block.kind == TOOL_SHARD_BLOCK_INFO && !source->has_info)
      source->has_info =
          tool_shard_info_from_text (&source->store, block.data, block.len);
    else if (block.kind == TOOL_SHARD_BLOCK_NAMES)
      take_names (self, &block);
    else if (block.kind != TOOL_SHARD_BLOCK_INFO && source->has_info)
      take_record (self, &block);
  }
  return source->has_info;
}

/* wanted: info that the part must match, or NULL. */
static gboolean
load_file (ToolShardSet *self, const char *path, gboolean is_partial,
    const ToolShardInfo *wanted, GError **error)
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
    difference = "is not a shard file (its beginning is damaged, or it is "
                 "another kind of file)";
  } else if (wanted)
    difference = tool_shard_info_difference (wanted, &source->store.info);
  if (!difference)
    return TRUE;
  g_set_error (
      error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s %s", path, difference);
  return FALSE;
}

static gint
compare_records (gconstpointer a, gconstpointer b)
{
  const ToolShardRecord *const *x = a, *const *y = b;

  return (*x)->index < (*y)->index ? -1 : (*x)->index > (*y)->index;
}

static void
sort_records (ToolShardSet *self)
{
  GHashTableIter iter;
  gpointer record;

  g_hash_table_iter_init (&iter, self->records);
  while (g_hash_table_iter_next (&iter, NULL, &record))
    g_ptr_array_add (self->sorted, record);
  g_ptr_array_sort (self->sorted, compare_records);
}

/* Reads a part, complete or not. A worker that was killed before it began its
 * file left nothing. */
static gboolean
load_part (ToolShardSet *self, const char *path, const ToolShardInfo *wanted,
    GError **error)
{
  g_autofree char *partial = g_strconcat (path, PARTIAL, NULL);

  return (!g_file_test (path, G_FILE_TEST_EXISTS)
             || load_file (self, path, FALSE, wanted, error))
      && (!g_file_test (partial, G_FILE_TEST_EXISTS)
          || load_file (self, partial, TRUE, wanted, error));
}

ToolShardSet *
tool_shard_set_load (const char *const *paths, const char *tool, GError **error)
{
  g_autoptr (ToolShardSet) self = part_set_new ();

  for (guint i = 0; paths[i]; i++) {
    const guint n = self->sources->len;

    if (!load_part (
            self, paths[i], n > 0 ? tool_shard_set_info (self) : NULL, error))
      return NULL;
    if (self->sources->len == n) {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
          "%s: no such shard file", paths[i]);
      return NULL;
    }
    if (strcmp (tool_shard_set_info (self)->tool, tool) != 0) {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
          "%s was made by %s, not by %s", paths[i],
          tool_shard_set_info (self)->tool, tool);
      return NULL;
    }
  }
  sort_records (self);
  return g_steal_pointer (&self);
}

const ToolShardInfo *
tool_shard_set_info (const ToolShardSet *self)
{
  const Source *source = g_ptr_array_index (self->sources, 0);

  return &source->store.info;
}

gsize
tool_shard_set_count (const ToolShardSet *self)
{
  return self->sorted->len;
}

const ToolShardRecord *
tool_shard_set_get (const ToolShardSet *self, gsize i)
{
  return g_ptr_array_index (self->sorted, i);
}

const char *
tool_shard_set_name (const ToolShardSet *self, guint64 index)
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
append_missing_sources (const ToolShardSet *self, GString *text)
{
  g_autoptr (GPtrArray) indices = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer index;

  g_hash_table_iter_init (&iter, self->names);
  while (g_hash_table_iter_next (&iter, &index, NULL))
    if (!g_hash_table_contains (self->records, index))
      g_ptr_array_add (indices, index);
  g_ptr_array_sort (indices, compare_indices);
  for (guint i = 0; i < indices->len; i++) {
    g_autofree char *name = gst_emotion_source_line (tool_shard_set_name (
        self, *(guint64 *) g_ptr_array_index (indices, i)));

    g_string_append_printf (text, "%s\n", name);
  }
}

char *
tool_shard_set_missing (const ToolShardSet *self)
{
  const guint n_shards = tool_shard_set_info (self)->shard.n;
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

struct _ToolShardWriter {
  char *path, *partial;
  ToolShardInfoStore store; /* of the part, a copy */
  GString *start;           /* the blocks before the records */
  gsize n;                  /* total number of records */
  ToolShardSet *old;        /* previous records; NULL: none */
  int fd;                   /* of partial, locked */
  GMutex lock;              /* guards writing to it */
};

static gboolean
fail (ToolShardWriter *self, const char *what, int code, GError **error)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), "%s %s: %s",
      self->partial, what, g_strerror (code));
  return FALSE;
}

static void
make_start (ToolShardWriter *self, const ToolShardInfo *info,
    const guint64 *indices, const char *const *names, gsize n)
{
  g_autofree char *info_text = tool_shard_info_to_text (info);
  g_autoptr (GString) lines = g_string_new (NULL);

  tool_shard_info_from_text (&self->store, info_text, strlen (info_text));
  for (gsize i = 0; i < n; i++) {
    g_autofree char *name = g_strescape (names[i], NULL);

    g_string_append_printf (
        lines, "%" G_GUINT64_FORMAT " %s\n", indices[i], name);
  }
  self->start = g_string_new (NULL);
  tool_shard_block_append (self->start,
      &(ToolShardBlock){
          TOOL_SHARD_BLOCK_INFO, 0, info_text, strlen (info_text) });
  tool_shard_block_append (self->start,
      &(ToolShardBlock){ TOOL_SHARD_BLOCK_NAMES, 0, lines->str, lines->len });
}

static gboolean
write_all (ToolShardWriter *self, const char *data, gsize len, GError **error)
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

/* Locked by one process at a time. */
static gboolean
open_partial (ToolShardWriter *self, gboolean resume, GError **error)
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
load_old (ToolShardWriter *self, GError **error)
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

ToolShardWriter *
tool_shard_writer_new (const char *path, const ToolShardInfo *info,
    const guint64 *indices, const char *const *names, gsize n, gboolean resume,
    GError **error)
{
  g_autoptr (ToolShardWriter) self = g_new0 (ToolShardWriter, 1);
  g_autofree char *start = NULL;

  g_mutex_init (&self->lock);
  self->path = g_strdup (path);
  self->partial = g_strconcat (path, PARTIAL, NULL);
  self->n = n;
  make_start (self, info, indices, names, n);
  /* A killed worker may have left an incomplete line. */
  start = g_strconcat ("\n", self->start->str, NULL);
  if (!open_partial (self, resume, error) || (resume && !load_old (self, error))
      || !write_all (self, start, strlen (start), error))
    return NULL;
  return g_steal_pointer (&self);
}

void
tool_shard_writer_free (ToolShardWriter *self)
{
  if (!self)
    return;
  if (self->fd >= 0)
    close (self->fd);
  g_clear_pointer (&self->old, tool_shard_set_free);
  tool_shard_info_store_clear (&self->store);
  g_string_free (self->start, TRUE);
  g_mutex_clear (&self->lock);
  g_free (self->path);
  g_free (self->partial);
  g_free (self);
}

gboolean
tool_shard_writer_has (ToolShardWriter *self, guint64 index)
{
  const ToolShardRecord *record =
      self->old ? g_hash_table_lookup (self->old->records, &index) : NULL;

  return record && record->kind == TOOL_SHARD_FINE;
}

char *
tool_shard_record_loss (
    const ToolShardRecord *record, const char **data, gsize *len)
{
  const char *const end = memchr (record->data, '\n', record->len);
  const gsize n = end ? (gsize) (end - record->data) : record->len;

  *data = record->data + n + (end ? 1 : 0);
  *len = record->len - (gsize) (*data - record->data);
  return g_strndup (record->data, n);
}

static ToolShardBlock
block_of (const ToolShardRecord *record)
{
  return (
      ToolShardBlock){ record->kind - TOOL_SHARD_FINE + TOOL_SHARD_BLOCK_FINE,
    record->index, record->data, record->len };
}

gboolean
tool_shard_writer_add (
    ToolShardWriter *self, const ToolShardRecord *record, GError **error)
{
  const ToolShardBlock block = block_of (record);
  g_autoptr (GString) text = g_string_new (NULL);
  gboolean ok;

  tool_shard_block_append (text, &block);
  g_mutex_lock (&self->lock);
  ok = write_all (self, text->str, text->len, error);
  g_mutex_unlock (&self->lock);
  return ok;
}

gboolean
tool_shard_writer_finish (ToolShardWriter *self, GError **error)
{
  g_autoptr (ToolShardSet) set = part_set_new ();
  g_autoptr (GBytes) bytes = NULL;
  GString *text;

  if (!(self->old
              ? load_part (set, self->path, &self->store.info, error)
              : load_file (set, self->partial, TRUE, &self->store.info, error)))
    return FALSE;
  sort_records (set);
  if (set->sorted->len != self->n) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
        "%s has %u of %" G_GSIZE_FORMAT " records; --resume adds the others",
        self->partial, set->sorted->len, self->n);
    return FALSE;
  }
  text = g_string_new_len (self->start->str, self->start->len);
  for (guint i = 0; i < set->sorted->len; i++) {
    const ToolShardBlock block = block_of (tool_shard_set_get (set, i));

    tool_shard_block_append (text, &block);
  }
  bytes = g_string_free_to_bytes (text);
  if (!nn_file_write (self->path, bytes, error))
    return FALSE;
  g_unlink (self->partial);
  return TRUE;
}
