/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fractal heaps and version 2 B-trees: where HDF5 1.8 and later keep links and
 * attributes once there are more than eight. A record of the tree holds an ID;
 * the ID says where in the heap the object is.
 */
#include "nn/h5-private.h"
#include "nn/limits.h"

/* A doubling table: rows of width blocks; the first two rows have blocks of
 * start bytes, each further row blocks twice as large. Blocks of up to
 * max_direct bytes hold objects, larger ones another table. */
typedef struct {
  unsigned id_len;
  unsigned width;
  guint64 start, max_direct;
  unsigned max_bits; /* of an offset into the heap */
  unsigned n_rows;   /* of the root; 0: the root is a block of objects */
  guint64 root;
  unsigned offset_bytes, len_bytes; /* in an ID */
} Heap;

/* The tree: max_records and so on by level, 0 being leaves. */
typedef struct {
  unsigned node_size, record_size, record_skip;
  unsigned depth;
  unsigned count_bytes; /* of the number of records in a node */
  unsigned total_bytes[16];
  const Heap *heap;
  H5ObjectFunc func;
  gpointer user_data;
} Tree;

static unsigned
log2_of (guint64 value)
{
  unsigned n = 0;

  while (value >>= 1)
    n++;
  return n;
}

static bool
is_power_of_two (guint64 value)
{
  return value > 0 && (value & (value - 1)) == 0;
}

static bool
read_heap (const NnH5 *file, guint64 address, Heap *heap)
{
  H5Span span = nn_h5_span_from (file, address);
  unsigned filter_len;
  guint64 max_object;

  if (!nn_h5_take_signature (&span, "FRHP"))
    return false;
  nn_h5_skip (&span, 1);
  heap->id_len = nn_h5_take (&span, 2);
  filter_len = nn_h5_take (&span, 2);
  nn_h5_skip (&span, 1);
  max_object = nn_h5_take (&span, 4);
  nn_h5_skip (&span, 10 * file->length_size + 2 * file->offset_size);
  heap->width = nn_h5_take (&span, 2);
  heap->start = nn_h5_take_length (file, &span);
  heap->max_direct = nn_h5_take_length (file, &span);
  heap->max_bits = nn_h5_take (&span, 2);
  nn_h5_skip (&span, 2);
  heap->root = nn_h5_take_address (file, &span);
  heap->n_rows = nn_h5_take (&span, 2);
  if (span.is_bad || filter_len != 0 || heap->width == 0
      || !is_power_of_two (heap->start) || !is_power_of_two (heap->max_direct)
      || heap->start > heap->max_direct || heap->max_direct > G_MAXUINT32
      || heap->max_bits == 0 || heap->max_bits > 64 || max_object == 0)
    return false;
  heap->offset_bytes = (heap->max_bits + 7) / 8;
  heap->len_bytes =
      MIN ((log2_of (heap->max_direct) + 7) / 8, log2_of (max_object) / 8 + 1);
  return true;
}

/* The object [offset, offset + len) in the block of objects at address, whose
 * first byte is at offset 0. */
static H5Span
object_in_block (const NnH5 *file, guint64 address, guint64 block_len,
    guint64 offset, guint64 len)
{
  H5Span span = nn_h5_span (file, address, block_len);

  if (!nn_h5_take_signature (&span, "FHDB") || offset < 4 || offset > block_len
      || len > block_len - offset)
    return (H5Span){ .is_bad = true };
  return nn_h5_span (file, address + offset, len);
}

/* The child of a table at address for offset, which becomes relative to it. */
static guint64
find_child (const NnH5 *file, const Heap *heap, guint64 address,
    unsigned n_rows, guint64 *offset, unsigned *row, guint64 *block_len)
{
  const guint64 first = heap->start * heap->width;
  H5Span span = nn_h5_span_from (file, address);
  guint64 row_start = 0, column;

  *row = *offset < first ? 0 : log2_of (*offset / first) + 1;
  if (*row >= n_rows || *row + log2_of (first) > 62
      || !nn_h5_take_signature (&span, "FHIB"))
    return H5_NO_ADDRESS;
  *block_len = heap->start << (*row > 0 ? *row - 1 : 0);
  if (*row > 0)
    row_start = first << (*row - 1);
  column = (*offset - row_start) / *block_len;
  nn_h5_skip (&span, 1 + file->offset_size + heap->offset_bytes);
  nn_h5_skip (&span, (*row * heap->width + column) * file->offset_size);
  *offset -= row_start + column * *block_len;
  return span.is_bad ? H5_NO_ADDRESS : nn_h5_take_address (file, &span);
}

static H5Span
find_object (NnH5 *file, const Heap *heap, guint64 offset, guint64 len)
{
  guint64 address = heap->root, block_len = heap->start;
  unsigned n_rows = heap->n_rows, row;

  /* Each table has smaller blocks than the one above. */
  while (n_rows > 0) {
    address =
        find_child (file, heap, address, n_rows, &offset, &row, &block_len);
    if (address == H5_NO_ADDRESS || !nn_h5_work (file, 1))
      return (H5Span){ .is_bad = true };
    if (block_len <= heap->max_direct)
      break;
    n_rows = log2_of (block_len / (heap->start * heap->width)) + 1;
  }
  return object_in_block (file, address, block_len, offset, len);
}

static bool
visit_record (NnH5 *file, const Tree *tree, H5Span record)
{
  const Heap *const heap = tree->heap;
  guint64 offset, len;
  unsigned kind;
  H5Span object;

  nn_h5_skip (&record, tree->record_skip);
  kind = nn_h5_take (&record, 1);
  offset = nn_h5_take (&record, heap->offset_bytes);
  len = nn_h5_take (&record, heap->len_bytes);
  /* Bits 4 and 5: 0 is "managed"; other kinds are objects larger than a block,
   * or stored in the ID: neither are used for links or our attributes. */
  if (record.is_bad || (kind & 0xf0) != 0 || !nn_h5_work (file, 1))
    return false;
  object = find_object (file, heap, offset, len);
  return !object.is_bad && tree->func (file, object, tree->user_data);
}

static bool
visit_node (NnH5 *file, const Tree *tree, guint64 address, unsigned level,
    guint64 n_records)
{
  H5Span span = nn_h5_span (file, address, tree->node_size), records;

  if (!nn_h5_work (file, 1)
      || !nn_h5_take_signature (&span, level ? "BTIN" : "BTLF"))
    return false;
  nn_h5_skip (&span, 2);
  records = nn_h5_take_span (&span, n_records * tree->record_size);
  if (span.is_bad)
    return false;
  for (guint64 i = 0; i < n_records; i++)
    if (!visit_record (
            file, tree, nn_h5_take_span (&records, tree->record_size)))
      return false;
  for (guint64 i = 0; level > 0 && i <= n_records; i++) {
    const guint64 child = nn_h5_take_address (file, &span);
    const guint64 n = nn_h5_take (&span, tree->count_bytes);

    nn_h5_skip (&span, tree->total_bytes[level - 1]);
    if (span.is_bad || !visit_node (file, tree, child, level - 1, n))
      return false;
  }
  return true;
}

/* Bytes of the record counts, by level. */
static bool
find_widths (const NnH5 *file, Tree *tree)
{
  guint64 most, total;

  if (tree->node_size < 64 || tree->node_size > 1 << 20
      || tree->record_size == 0 || tree->record_size > tree->node_size - 10
      || tree->depth >= 16)
    return false;
  total = most = (tree->node_size - 10) / tree->record_size;
  tree->count_bytes = log2_of (most) / 8 + 1;
  tree->total_bytes[0] = 0; /* a leaf has just its own records */
  for (unsigned level = 1; level < tree->depth; level++) {
    const unsigned pointer =
        file->offset_size + tree->count_bytes + tree->total_bytes[level - 1];

    if (tree->node_size <= 10 + pointer)
      return false;
    most = (tree->node_size - 10 - pointer) / (tree->record_size + pointer);
    if (total > G_MAXUINT32)
      return false;
    total = (most + 1) * total + most;
    tree->total_bytes[level] = log2_of (total) / 8 + 1;
  }
  return true;
}

static bool
visit_tree (NnH5 *file, guint64 heap_address, guint64 tree_address,
    unsigned record_skip, H5ObjectFunc func, gpointer user_data)
{
  Heap heap;
  Tree tree = { .record_skip = record_skip,
    .heap = &heap,
    .func = func,
    .user_data = user_data };
  H5Span span = nn_h5_span_from (file, tree_address);
  guint64 root, n_records;

  if (!read_heap (file, heap_address, &heap)
      || !nn_h5_take_signature (&span, "BTHD"))
    return false;
  nn_h5_skip (&span, 2);
  tree.node_size = nn_h5_take (&span, 4);
  tree.record_size = nn_h5_take (&span, 2);
  tree.depth = nn_h5_take (&span, 2);
  nn_h5_skip (&span, 2);
  root = nn_h5_take_address (file, &span);
  n_records = nn_h5_take (&span, 2);
  if (span.is_bad || !find_widths (file, &tree))
    return false;
  return n_records == 0
      || visit_node (file, &tree, root, tree.depth, n_records);
}

bool
nn_h5_heap_foreach (NnH5 *file, H5Span info, unsigned index_size,
    unsigned record_skip, H5ObjectFunc func, gpointer user_data)
{
  const unsigned version = nn_h5_take (&info, 1);
  const unsigned flags = nn_h5_take (&info, 1);
  guint64 heap, tree;

  nn_h5_skip (&info, flags & 1 ? index_size : 0);
  heap = nn_h5_take_address (file, &info);
  tree = nn_h5_take_address (file, &info);
  if (info.is_bad || version != 0)
    return false;
  return heap == H5_NO_ADDRESS
      || visit_tree (file, heap, tree, record_skip, func, user_data);
}
