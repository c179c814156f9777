/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Contents of datasets: contiguous, compact, or chunked and possibly filtered.
 * All data must be present: a dataset that was never written is an error,
 * because otherwise a small file could stand for any amount of zeros. */
#include <string.h>
#include <zlib.h>
#include "nn/h5-private.h"
#include "nn/limits.h"

enum { LAYOUT_COMPACT, LAYOUT_CONTIGUOUS, LAYOUT_CHUNKED };
enum { FILTER_DEFLATE = 1, FILTER_SHUFFLE = 2 };

static bool
read_filters (H5Span span, H5Dataset *dataset)
{
  const unsigned version = nn_h5_take (&span, 1);

  dataset->n_filters = nn_h5_take (&span, 1);
  nn_h5_skip (&span, version == 1 ? 6 : 0);
  if (span.is_bad || version < 1 || version > 2
      || dataset->n_filters > H5_MAX_FILTERS)
    return false;
  for (unsigned i = 0; i < dataset->n_filters; i++) {
    const unsigned id = nn_h5_take (&span, 2);
    const unsigned name_len =
        version == 1 || id >= 256 ? nn_h5_take (&span, 2) : 0;
    unsigned n_values;

    nn_h5_skip (&span, 2);
    n_values = nn_h5_take (&span, 2);
    nn_h5_skip (&span, name_len);
    nn_h5_skip (&span, 4 * (n_values + (version == 1 ? n_values & 1 : 0)));
    if (span.is_bad || (id != FILTER_DEFLATE && id != FILTER_SHUFFLE))
      return false;
    dataset->filters[i] = id;
  }
  return true;
}

/* The shape of chunks: one axis more than the data, for the bytes of an
 * element. */
static bool
read_chunk_shape (H5Span *span, H5Dataset *dataset, unsigned rank)
{
  if (rank != dataset->shape.rank + 1 || dataset->shape.rank == 0)
    return false;
  dataset->chunk_n = 1;
  for (unsigned i = 0; i + 1 < rank; i++) {
    dataset->chunk[i] = nn_h5_take (span, 4);
    if (dataset->chunk[i] == 0
        || !g_size_checked_mul (
            &dataset->chunk_n, dataset->chunk_n, dataset->chunk[i])
        || dataset->chunk_n > NN_MAX_ELEMENTS)
      return false;
  }
  return nn_h5_take (span, 4) == dataset->type.size;
}

static H5DatasetStatus
read_layout (NnH5 *file, H5Span span, H5Dataset *dataset)
{
  const unsigned version = nn_h5_take (&span, 1);
  const unsigned kind = nn_h5_take (&span, 1);
  guint64 bytes, address;

  if (span.is_bad)
    return H5_DATASET_DAMAGED;
  /* Version 4 differs for chunks and virtual datasets only. */
  if (version < 3 || version > 4 || kind > LAYOUT_CHUNKED
      || (version == 4 && kind == LAYOUT_CHUNKED))
    return H5_DATASET_STORAGE;
  if (kind == LAYOUT_CHUNKED) {
    const unsigned rank = nn_h5_take (&span, 1);

    dataset->is_chunked = true;
    dataset->tree = nn_h5_take_address (file, &span);
    return read_chunk_shape (&span, dataset, rank) && !span.is_bad
        ? H5_DATASET_OK
        : H5_DATASET_DAMAGED;
  }
  if (!g_size_checked_mul (&bytes, dataset->n, dataset->type.size))
    return H5_DATASET_DAMAGED;
  if (kind == LAYOUT_COMPACT) {
    nn_h5_skip (&span, 2);
    dataset->data = nn_h5_take_span (&span, bytes);
  } else {
    address = nn_h5_take_address (file, &span);
    dataset->data = bytes == 0 ? (H5Span){ .at = file->data }
                               : nn_h5_span (file, address, bytes);
  }
  return dataset->data.is_bad || span.is_bad ? H5_DATASET_DAMAGED
                                             : H5_DATASET_OK;
}

H5DatasetStatus
nn_h5_open_dataset (NnH5 *file, guint64 object, H5Dataset *dataset)
{
  g_autoptr (GArray) messages = nn_h5_read_object (file, object);
  const H5Message *type, *space, *layout, *filters;
  H5SpaceStatus status;

  *dataset = (H5Dataset){ 0 };
  if (!messages)
    return H5_DATASET_DAMAGED;
  type = nn_h5_find_message (messages, H5_MESSAGE_DATATYPE);
  space = nn_h5_find_message (messages, H5_MESSAGE_DATASPACE);
  layout = nn_h5_find_message (messages, H5_MESSAGE_LAYOUT);
  filters = nn_h5_find_message (messages, H5_MESSAGE_FILTERS);
  if (!type || !space || !layout)
    return H5_DATASET_ABSENT;
  if (type->is_shared || space->is_shared
      || nn_h5_find_message (messages, H5_MESSAGE_EXTERNAL_FILES))
    return H5_DATASET_STORAGE;
  if (!nn_h5_read_type (type->data, &dataset->type))
    return H5_DATASET_DAMAGED;
  status = nn_h5_read_space (file, space->data, &dataset->shape, &dataset->n);
  if (status != H5_SPACE_OK)
    return status == H5_SPACE_LARGE ? H5_DATASET_LARGE : H5_DATASET_DAMAGED;
  if (filters && !read_filters (filters->data, dataset))
    return H5_DATASET_STORAGE;
  return read_layout (file, layout->data, dataset);
}

/* One dataset that is read chunk by chunk. */
typedef struct {
  NnH5 *file;
  const H5Dataset *dataset;
  size_t chunk_bytes;
  size_t grid[NN_MAX_RANK]; /* chunks along each axis */
  size_t n_chunks, n_done;
  guint8 *done; /* [n_chunks] */
  guint8 *out;
  guint8 *buffers[2]; /* [chunk_bytes] */
} ChunkReader;

static void
reader_clear (ChunkReader *reader)
{
  g_free (reader->done);
  g_free (reader->out);
  g_free (reader->buffers[0]);
  g_free (reader->buffers[1]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ChunkReader, reader_clear)

static bool
inflate_chunk (ChunkReader *reader, H5Span in, guint8 *out)
{
  uLongf len = reader->chunk_bytes;

  return uncompress (out, &len, in.at, in.left) == Z_OK
      && len == reader->chunk_bytes;
}

/* Stored are the first bytes of all elements, then the second bytes, ... */
static void
unshuffle (const guint8 *in, size_t len, size_t size, guint8 *out)
{
  const size_t n = len / size;

  for (size_t k = 0; k < size; k++)
    for (size_t i = 0; i < n; i++)
      out[i * size + k] = in[k * n + i];
  memcpy (out + n * size, in + n * size, len - n * size);
}

/* Undoes the filters, last first. mask: those that were skipped. */
static bool
unpack (ChunkReader *reader, H5Span *chunk, unsigned mask)
{
  const H5Dataset *const dataset = reader->dataset;
  int next = 0;

  for (unsigned i = dataset->n_filters; i-- > 0;) {
    guint8 *const out = reader->buffers[next];

    if (mask >> i & 1)
      continue;
    if (dataset->filters[i] == FILTER_DEFLATE) {
      if (!inflate_chunk (reader, *chunk, out))
        return false;
    } else {
      if (chunk->left != reader->chunk_bytes)
        return false;
      unshuffle (chunk->at, chunk->left, dataset->type.size, out);
    }
    *chunk = (H5Span){ out, reader->chunk_bytes, false };
    next = !next;
  }
  return chunk->left == reader->chunk_bytes;
}

/* Copies what is inside the dataset of a chunk, row by row. first: the index of
 * its first element. */
static void
copy_chunk (ChunkReader *reader, const guint8 *chunk, const size_t *first)
{
  const H5Dataset *const dataset = reader->dataset;
  const size_t rank = dataset->shape.rank, size = dataset->type.size;
  const size_t *const dim = dataset->shape.dim;
  const size_t row =
      MIN (dataset->chunk[rank - 1], dim[rank - 1] - first[rank - 1]);
  size_t index[NN_MAX_RANK] = { 0 }; /* in the chunk; its last axis stays 0 */

  for (;;) {
    size_t from = 0, to = 0, axis;

    for (size_t i = 0; i < rank; i++) {
      from = from * dataset->chunk[i] + index[i];
      to = to * dim[i] + first[i] + index[i];
    }
    memcpy (reader->out + to * size, chunk + from * size, row * size);
    for (axis = rank - 1; axis > 0; axis--) {
      if (++index[axis - 1] < dataset->chunk[axis - 1]
          && first[axis - 1] + index[axis - 1] < dim[axis - 1])
        break;
      index[axis - 1] = 0;
    }
    if (axis == 0)
      return;
  }
}

/* A chunk listed in the tree: checks its place, and that it occurs once. */
static bool
read_chunk (ChunkReader *reader, H5Span key, guint64 address)
{
  const H5Dataset *const dataset = reader->dataset;
  const guint64 stored = nn_h5_take (&key, 4);
  const unsigned mask = nn_h5_take (&key, 4);
  H5Span chunk = nn_h5_span (reader->file, address, stored);
  size_t first[NN_MAX_RANK], place = 0;

  for (size_t i = 0; i < dataset->shape.rank; i++) {
    const guint64 at = nn_h5_take (&key, 8);

    if (at % dataset->chunk[i] != 0 || at >= dataset->shape.dim[i])
      return false;
    first[i] = at;
    place = place * reader->grid[i] + at / dataset->chunk[i];
  }
  if (key.is_bad || chunk.is_bad || reader->done[place]
      || !unpack (reader, &chunk, mask))
    return false;
  reader->done[place] = 1;
  reader->n_done++;
  copy_chunk (reader, chunk.at, first);
  return true;
}

static bool
read_chunk_tree (ChunkReader *reader, guint64 address, int expected_level)
{
  NnH5 *const file = reader->file;
  const size_t key_len = 8 + 8 * (reader->dataset->shape.rank + 1);
  H5Span span = nn_h5_span_from (file, address);
  unsigned type, n;
  int level;

  if (!nn_h5_take_signature (&span, "TREE") || !nn_h5_work (file, 1))
    return false;
  type = nn_h5_take (&span, 1);
  level = nn_h5_take (&span, 1);
  n = nn_h5_take (&span, 2);
  nn_h5_skip (&span, 2 * file->offset_size);
  if (type != 1 || level > NN_MAX_H5_LEVELS
      || (expected_level >= 0 && level != expected_level))
    return false;
  for (unsigned i = 0; i < n; i++) {
    const H5Span key = nn_h5_take_span (&span, key_len);
    const guint64 child = nn_h5_take_address (file, &span);

    if (span.is_bad
        || !(level > 0 ? read_chunk_tree (reader, child, level - 1)
                       : read_chunk (reader, key, child)))
      return false;
  }
  return true;
}

static bool
reader_init (ChunkReader *reader, NnH5 *file, const H5Dataset *dataset)
{
  const size_t bytes = dataset->n * dataset->type.size;

  reader->file = file;
  reader->dataset = dataset;
  reader->n_chunks = 1;
  for (size_t i = 0; i < dataset->shape.rank; i++) {
    reader->grid[i] =
        (dataset->shape.dim[i] + dataset->chunk[i] - 1) / dataset->chunk[i];
    reader->n_chunks *= reader->grid[i];
  }
  if (!g_size_checked_mul (
          &reader->chunk_bytes, dataset->chunk_n, dataset->type.size)
      || reader->chunk_bytes > NN_MAX_FILE_BYTES
      || !nn_h5_may_expand (file, bytes + 2 * reader->chunk_bytes))
    return false;
  reader->done = g_try_malloc0 (MAX (reader->n_chunks, 1));
  reader->out = g_try_malloc (MAX (bytes, 1));
  for (int i = 0; i < 2; i++)
    reader->buffers[i] = g_try_malloc (reader->chunk_bytes);
  return reader->done && reader->out && reader->buffers[0]
      && reader->buffers[1];
}

bool
nn_h5_read_data (
    NnH5 *file, const H5Dataset *dataset, const guint8 **data, guint8 **owned)
{
  g_auto (ChunkReader) reader = { 0 };

  *owned = NULL;
  if (!dataset->is_chunked) {
    *data = dataset->data.at;
    return dataset->n_filters == 0;
  }
  if (dataset->type.size > 4096 || !reader_init (&reader, file, dataset))
    return false;
  if (reader.n_chunks > 0
      && (!read_chunk_tree (&reader, dataset->tree, -1)
          || reader.n_done != reader.n_chunks))
    return false;
  *data = *owned = g_steal_pointer (&reader.out);
  return true;
}
