/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that read HDF5 (format specification version 3.0, by The
 * HDF Group). They read an image of the file in memory and trust nothing in it:
 *   h5-object.c     superblock, object headers: a list of messages
 *   h5-heap.c       fractal heaps and version 2 B-trees
 *   h5-group.c      links of groups, paths
 *   h5-type.c       datatypes, dataspaces, strings in global heaps
 *   h5-attribute.c  attributes
 *   h5-data.c       contents of datasets
 * Functions that can fail return false or NULL; h5.c, which knows the names,
 * makes the error messages. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include "nn/shape.h"

typedef struct _NnH5 NnH5;

/* The undefined address. */
#define H5_NO_ADDRESS G_MAXUINT64

struct _NnH5 {
  char *name;
  GBytes *bytes;
  const guint8 *data; /* [len], from the signature on */
  size_t len;
  guint64 start; /* of the data in bytes: after a user block */
  unsigned offset_size, length_size; /* bytes of an address, of a length */
  guint64 root;                      /* object header of the root group */
  GHashTable *groups;      /* address -> (name -> address): those read so far */
  GHashTable *collections; /* of global heaps: address -> (index -> offset) */
  size_t work;             /* against NN_MAX_H5_WORK */
  size_t expanded;   /* bytes decoded from the file: see nn_h5_may_expand */
  size_t source_len; /* of the file, or of the archive that contains it */
};

/* A span of bytes. Taking more than is left gives zeros and sets is_bad, which
 * stays set: so a whole structure is read before is_bad is checked once. */
typedef struct {
  const guint8 *at;
  size_t left;
  bool is_bad;
} H5Span;

static inline H5Span
nn_h5_take_span (H5Span *span, guint64 n)
{
  H5Span part = { span->at, n, span->is_bad };

  if (part.is_bad || n > span->left) {
    span->is_bad = true;
    return (H5Span){ .is_bad = true };
  }
  span->at += n;
  span->left -= n;
  return part;
}

/* An unsigned number of n <= 8 bytes, little-endian as all of HDF5. */
static inline guint64
nn_h5_take (H5Span *span, unsigned n)
{
  const H5Span part = nn_h5_take_span (span, n);
  guint64 value = 0;

  for (unsigned i = 0; i < n && !part.is_bad; i++)
    value |= (guint64) part.at[i] << 8 * i;
  return value;
}

static inline void
nn_h5_skip (H5Span *span, guint64 n)
{
  nn_h5_take_span (span, n);
}

/* Whether the next four bytes are this signature; takes them. */
static inline bool
nn_h5_take_signature (H5Span *span, const char *signature)
{
  const H5Span part = nn_h5_take_span (span, 4);

  return !part.is_bad && part.at[0] == (guint8) signature[0]
      && part.at[1] == (guint8) signature[1]
      && part.at[2] == (guint8) signature[2]
      && part.at[3] == (guint8) signature[3];
}

static inline guint64
nn_h5_take_length (const NnH5 *file, H5Span *span)
{
  return nn_h5_take (span, file->length_size);
}

static inline guint64
nn_h5_take_address (const NnH5 *file, H5Span *span)
{
  const guint64 value = nn_h5_take (span, file->offset_size);
  const guint64 none = G_MAXUINT64 >> (64 - 8 * file->offset_size);

  return value == none ? H5_NO_ADDRESS : value;
}

/* The bytes [address, address + n) of the file; is_bad past its end. */
static inline H5Span
nn_h5_span (const NnH5 *file, guint64 address, guint64 n)
{
  if (address > file->len || n > file->len - address)
    return (H5Span){ .is_bad = true };
  return (H5Span){ file->data + address, n, false };
}

/* From address to the end of the file. */
static inline H5Span
nn_h5_span_from (const NnH5 *file, guint64 address)
{
  return address > file->len
      ? (H5Span){ .is_bad = true }
      : (H5Span){ file->data + address, file->len - address, false };
}

/* Counts one more structure; false if a file has too many. */
bool nn_h5_work (NnH5 *file, size_t n);

/* Whether that many more bytes may be allocated for decoded data: filters
 * inflate, and one dataset may have many names. Bounded by the size of the
 * file. */
bool nn_h5_may_expand (NnH5 *file, size_t bytes);

/* Object headers. */

enum {
  H5_MESSAGE_DATASPACE = 0x01,
  H5_MESSAGE_LINK_INFO = 0x02,
  H5_MESSAGE_DATATYPE = 0x03,
  H5_MESSAGE_LINK = 0x06,
  H5_MESSAGE_EXTERNAL_FILES = 0x07,
  H5_MESSAGE_LAYOUT = 0x08,
  H5_MESSAGE_FILTERS = 0x0b,
  H5_MESSAGE_ATTRIBUTE = 0x0c,
  H5_MESSAGE_CONTINUATION = 0x10,
  H5_MESSAGE_SYMBOL_TABLE = 0x11,
  H5_MESSAGE_ATTRIBUTE_INFO = 0x15,
};

typedef struct {
  unsigned type;
  bool is_shared; /* the data is elsewhere: not supported */
  H5Span data;
} H5Message;

/* Finds the signature: false if there is none. */
bool nn_h5_find_start (NnH5 *file);

/* Reads the superblock after it, and from that the root group. */
bool nn_h5_read_superblock (NnH5 *file);

/* The messages (H5Message) of the object at address; NULL if damaged. */
GArray *nn_h5_read_object (NnH5 *file, guint64 address);

/* The first message of a type, or NULL. */
const H5Message *nn_h5_find_message (const GArray *messages, unsigned type);

/* Heaps. */

/* Calls func with each object of the fractal heap, if any, that a link or
 * attribute info message refers to. index_size: bytes of the largest creation
 * index in the message, if present; record_skip: bytes before the heap ID in a
 * record of the B-tree. False if damaged, or if func returns false. */
typedef bool (*H5ObjectFunc) (NnH5 *file, H5Span object, gpointer user_data);
bool nn_h5_heap_foreach (NnH5 *file, H5Span info, unsigned index_size,
    unsigned record_skip, H5ObjectFunc func, gpointer user_data);

/* Groups. */

/* name -> guint64 address, H5_NO_ADDRESS for links that are not hard. Borrowed
 * from file. NULL if the object is not a group, or damaged. */
GHashTable *nn_h5_group_links (NnH5 *file, guint64 address);

/* The object at path, by hard links. */
bool nn_h5_resolve (NnH5 *file, const char *path, guint64 *address);

/* Types. */

typedef enum {
  H5_TYPE_INTEGER,
  H5_TYPE_FLOAT,
  H5_TYPE_STRING,          /* of fixed length */
  H5_TYPE_VARIABLE_STRING, /* in a global heap */
  H5_TYPE_OPAQUE,          /* bytes, whose meaning an attribute may state */
  H5_TYPE_OTHER,
} H5TypeKind;

typedef struct {
  H5TypeKind kind;
  size_t size; /* bytes of one element */
  bool is_big_endian, is_signed;
  /* Of floats: positions and widths in bits. */
  unsigned sign, exponent, exponent_bits, mantissa, mantissa_bits;
  guint32 bias;
} H5Type;

bool nn_h5_read_type (H5Span span, H5Type *type);

/* The upper half of a float of 32 bits, little-endian: HDF5 has no type for it,
 * so Keras writes two opaque bytes and the attribute dtype "bfloat16". */
extern const H5Type nn_h5_bfloat16;

typedef enum {
  H5_SPACE_OK,
  H5_SPACE_DAMAGED,
  H5_SPACE_LARGE, /* past NN_MAX_RANK, NN_MAX_DIM or NN_MAX_ELEMENTS */
} H5SpaceStatus;

H5SpaceStatus nn_h5_read_space (
    const NnH5 *file, H5Span span, NnShape *shape, size_t *n);

/* n elements of data as numbers; false for other types. */
bool nn_h5_to_floats (
    const H5Type *type, const guint8 *data, size_t n, float *out);
bool nn_h5_to_doubles (
    const H5Type *type, const guint8 *data, size_t n, double *out);
/* n elements as strings; NULL if damaged or not strings. Free with g_strfreev.
 */
char **nn_h5_to_strings (NnH5 *file, const H5Type *type, H5Span data, size_t n);

/* Attributes. */

typedef struct {
  H5Type type;
  NnShape shape;
  size_t n; /* elements; 0 for a null dataspace */
  H5Span data;
} H5Attribute;

typedef enum { H5_FOUND, H5_ABSENT, H5_DAMAGED } H5Found;

H5Found nn_h5_find_attribute (
    NnH5 *file, guint64 object, const char *name, H5Attribute *attribute);

/* Datasets. */

typedef enum {
  H5_DATASET_OK,
  H5_DATASET_ABSENT, /* the object is not a dataset */
  H5_DATASET_DAMAGED,
  H5_DATASET_LARGE,
  H5_DATASET_STORAGE, /* external, virtual, or an unknown filter or index */
} H5DatasetStatus;

#define H5_MAX_FILTERS 4

typedef struct {
  H5Type type;
  NnShape shape;
  size_t n; /* elements */
  bool is_chunked;
  H5Span data;               /* not chunked: all data */
  guint64 tree;              /* chunked: version 1 B-tree */
  size_t chunk[NN_MAX_RANK]; /* elements of one */
  size_t chunk_n;
  unsigned n_filters;
  unsigned filters[H5_MAX_FILTERS];
} H5Dataset;

H5DatasetStatus nn_h5_open_dataset (
    NnH5 *file, guint64 object, H5Dataset *dataset);

/* The elements, row-major: *data points into the file, or to *owned, to be
 * freed with g_free. False if damaged or incomplete. */
bool nn_h5_read_data (
    NnH5 *file, const H5Dataset *dataset, const guint8 **data, guint8 **owned);
