/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "nn/h5-private.h"
#include "nn/limits.h"

bool
nn_h5_work (NnH5 *file, size_t n)
{
  if (n > NN_MAX_H5_WORK - MIN (file->work, NN_MAX_H5_WORK))
    return false;
  file->work += n;
  return true;
}

bool
nn_h5_may_expand (NnH5 *file, size_t bytes)
{
  const size_t max = nn_max_expanded (file->source_len);

  if (bytes > max - MIN (file->expanded, max))
    return false;
  file->expanded += bytes;
  return true;
}

static bool
is_size (unsigned n)
{
  return n == 2 || n == 4 || n == 8;
}

/* Versions 0 and 1: HDF5 up to 1.6, and the default of later versions. */
static void
read_superblock_old (
    NnH5 *file, H5Span *span, unsigned version, guint64 *base, guint64 *end)
{
  nn_h5_skip (span, 4); /* versions of other structures */
  file->offset_size = nn_h5_take (span, 1);
  file->length_size = nn_h5_take (span, 1);
  nn_h5_skip (span, 1 + 2 + 2 + 4 + (version == 1 ? 4 : 0));
  if (!is_size (file->offset_size) || !is_size (file->length_size)) {
    span->is_bad = true;
    return;
  }
  *base = nn_h5_take_address (file, span);
  nn_h5_take_address (file, span); /* free space */
  *end = nn_h5_take_address (file, span);
  nn_h5_take_address (file, span); /* driver information */
  nn_h5_take_address (file, span); /* name of the root group: none */
  file->root = nn_h5_take_address (file, span);
}

/* Versions 2 and 3: HDF5 1.8 and 1.10. */
static void
read_superblock_new (NnH5 *file, H5Span *span, guint64 *base, guint64 *end)
{
  file->offset_size = nn_h5_take (span, 1);
  file->length_size = nn_h5_take (span, 1);
  nn_h5_skip (span, 1); /* flags */
  if (!is_size (file->offset_size) || !is_size (file->length_size)) {
    span->is_bad = true;
    return;
  }
  *base = nn_h5_take_address (file, span);
  nn_h5_take_address (file, span); /* extension: not needed */
  *end = nn_h5_take_address (file, span);
  file->root = nn_h5_take_address (file, span);
}

/* The file begins at the signature: at 0, or after a user block of 512, 1024,
 * 2048, ... bytes. */
static guint64
skip_user_block (NnH5 *file)
{
  static const guint8 signature[] = "\x89HDF\r\n\x1a\n";

  for (guint64 at = 0; at < file->len && file->len - at >= 8;
       at = at == 0 ? 512 : 2 * at)
    if (memcmp (file->data + at, signature, 8) == 0) {
      file->data += at;
      file->len -= at;
      return at;
    }
  return H5_NO_ADDRESS;
}

bool
nn_h5_find_start (NnH5 *file)
{
  file->start = skip_user_block (file);
  return file->start != H5_NO_ADDRESS;
}

bool
nn_h5_read_superblock (NnH5 *file)
{
  H5Span span = nn_h5_span (file, 8, file->len - 8);
  guint64 base = 1, end = H5_NO_ADDRESS;
  const unsigned version = nn_h5_take (&span, 1);

  if (version <= 1)
    read_superblock_old (file, &span, version, &base, &end);
  else if (version <= 3)
    read_superblock_new (file, &span, &base, &end);
  else
    return false;
  /* The end is counted from the beginning of the user block. */
  return !span.is_bad && (base == 0 || base == file->start)
      && end <= file->len + file->start;
}

/* One block of an object header. */
typedef struct {
  guint64 address, len;
} Block;

typedef struct {
  GArray *messages;
  GArray *blocks; /* of Block, to be read */
  unsigned version;
  bool has_order; /* version 2: messages have a number */
} Header;

static void
header_clear (Header *header)
{
  g_clear_pointer (&header->messages, g_array_unref);
  g_clear_pointer (&header->blocks, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Header, header_clear)

static bool
add_message (NnH5 *file, Header *header, const H5Message *message)
{
  H5Span span = message->data;
  Block block;

  if (!nn_h5_work (file, 1))
    return false;
  if (message->type != H5_MESSAGE_CONTINUATION) {
    g_array_append_vals (header->messages, message, 1);
    return true;
  }
  block.address = nn_h5_take_address (file, &span);
  block.len = nn_h5_take_length (file, &span);
  g_array_append_val (header->blocks, block);
  return !span.is_bad && header->blocks->len <= NN_MAX_H5_BLOCKS;
}

static bool
read_messages (NnH5 *file, Header *header, H5Span span)
{
  const size_t head =
      header->version == 1 ? 8 : 4 + (header->has_order ? 2 : 0);

  while (span.left >= head) {
    H5Message message = { 0 };
    size_t len;
    unsigned flags;

    message.type = nn_h5_take (&span, header->version == 1 ? 2 : 1);
    len = nn_h5_take (&span, 2);
    flags = nn_h5_take (&span, 1);
    nn_h5_skip (&span, head - (header->version == 1 ? 5 : 4));
    message.is_shared = flags & 2;
    message.data = nn_h5_take_span (&span, len);
    if (span.is_bad || !add_message (file, header, &message))
      return false;
  }
  return true;
}

/* Version 2 blocks begin with a signature and end with a checksum. The length
 * of the first is in the header's prefix. */
static bool
read_first_block (NnH5 *file, Header *header, H5Span span)
{
  unsigned flags;
  guint64 len;

  if (span.left >= 4 && memcmp (span.at, "OHDR", 4) == 0) {
    nn_h5_skip (&span, 4);
    header->version = nn_h5_take (&span, 1);
    flags = nn_h5_take (&span, 1);
    header->has_order = flags & 0x04;
    nn_h5_skip (&span, (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0));
    len = nn_h5_take (&span, 1u << (flags & 3));
    if (header->version != 2)
      return false;
  } else {
    header->version = nn_h5_take (&span, 1);
    nn_h5_skip (&span, 1 + 2 + 4);
    len = nn_h5_take (&span, 4);
    nn_h5_skip (&span, 4);
    if (header->version != 1)
      return false;
  }
  span = nn_h5_take_span (&span, len);
  return !span.is_bad && read_messages (file, header, span);
}

static bool
read_next_block (NnH5 *file, Header *header, const Block *block)
{
  H5Span span = nn_h5_span (file, block->address, block->len);

  if (span.is_bad)
    return false;
  if (header->version == 2) {
    if (block->len < 8 || !nn_h5_take_signature (&span, "OCHK"))
      return false;
    span.left -= 4;
  }
  return read_messages (file, header, span);
}

GArray *
nn_h5_read_object (NnH5 *file, guint64 address)
{
  g_auto (Header) header = {
    .messages = g_array_new (FALSE, FALSE, sizeof (H5Message)),
    .blocks = g_array_new (FALSE, FALSE, sizeof (Block)),
  };
  const H5Span span = nn_h5_span_from (file, address);

  if (span.is_bad || !nn_h5_work (file, 1)
      || !read_first_block (file, &header, span))
    return NULL;
  for (guint i = 0; i < header.blocks->len; i++) {
    const Block block = g_array_index (header.blocks, Block, i);

    if (!read_next_block (file, &header, &block))
      return NULL;
  }
  return g_steal_pointer (&header.messages);
}

const H5Message *
nn_h5_find_message (const GArray *messages, unsigned type)
{
  for (guint i = 0; i < messages->len; i++) {
    const H5Message *const message = &g_array_index (messages, H5Message, i);

    if (message->type == type)
      return message;
  }
  return NULL;
}
