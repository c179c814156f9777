/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#include <string.h>
#include "nn/h5-private.h"
#include "nn/limits.h"

enum {
  CLASS_INTEGER,
  CLASS_FLOAT,
  CLASS_STRING = 3,
  CLASS_OPAQUE = 5,
  CLASS_ENUMERATION = 8,
  CLASS_VARIABLE = 9
};

const H5Type nn_h5_bfloat16 = { .kind = H5_TYPE_FLOAT,
  .size = 2,
  .sign = 15,
  .exponent = 7,
  .exponent_bits = 8,
  .mantissa = 0,
  .mantissa_bits = 7,
  .bias = 127 };

/* Numbers without padding bits, as NumPy writes. */
static bool
read_bits (H5Span *span, size_t size)
{
  const unsigned offset = nn_h5_take (span, 2);
  const unsigned precision = nn_h5_take (span, 2);

  return !span->is_bad && offset == 0 && size <= 8 && precision == 8 * size;
}

static bool
read_float (H5Span *span, unsigned bits, H5Type *type)
{
  const unsigned normalisation = bits >> 4 & 3; /* 2: leading bit implied */

  type->sign = bits >> 8 & 0xff;
  if (!read_bits (span, type->size))
    return false;
  type->exponent = nn_h5_take (span, 1);
  type->exponent_bits = nn_h5_take (span, 1);
  type->mantissa = nn_h5_take (span, 1);
  type->mantissa_bits = nn_h5_take (span, 1);
  type->bias = nn_h5_take (span, 4);
  return !span->is_bad && normalisation == 2 && type->sign < 8 * type->size
      && type->exponent_bits > 0 && type->exponent_bits <= 15
      && type->mantissa_bits > 0 && type->mantissa_bits <= 52
      && type->exponent + type->exponent_bits <= 8 * type->size
      && type->mantissa + type->mantissa_bits <= 8 * type->size;
}

/* The integer type of an enumeration. */
static bool
read_base (H5Span span, H5Type *type)
{
  const size_t size = type->size;

  if (span.left == 0 || (span.at[0] & 0x0f) != CLASS_INTEGER)
    return true;
  return nn_h5_read_type (span, type) && type->size == size;
}

bool
nn_h5_read_type (H5Span span, H5Type *type)
{
  const unsigned head = nn_h5_take (&span, 1);
  const unsigned bits = nn_h5_take (&span, 3);
  bool is_known = false;

  *type = (H5Type){ .kind = H5_TYPE_OTHER };
  type->size = nn_h5_take (&span, 4);
  if (span.is_bad || type->size == 0)
    return false;
  type->is_big_endian = bits & 1;
  switch (head & 0x0f) {
    case CLASS_INTEGER:
      type->is_signed = bits & 8;
      is_known = read_bits (&span, type->size);
      type->kind = H5_TYPE_INTEGER;
      break;
    case CLASS_FLOAT:
      is_known = (bits & 0x40) == 0 && read_float (&span, bits, type);
      type->kind = H5_TYPE_FLOAT;
      break;
    case CLASS_STRING:
      is_known = true;
      type->kind = H5_TYPE_STRING;
      break;
    case CLASS_OPAQUE:
      is_known = true;
      type->kind = H5_TYPE_OPAQUE;
      break;
    case CLASS_ENUMERATION: /* h5py's booleans; the type below it is first */
      return read_base (span, type);
    case CLASS_VARIABLE:
      is_known = (bits & 0x0f) == 1;
      type->kind = H5_TYPE_VARIABLE_STRING;
      break;
  }
  if (!is_known)
    type->kind = H5_TYPE_OTHER;
  return true;
}

H5SpaceStatus
nn_h5_read_space (const NnH5 *file, H5Span span, NnShape *shape, size_t *n)
{
  const unsigned version = nn_h5_take (&span, 1);
  const unsigned rank = nn_h5_take (&span, 1);
  unsigned kind;

  nn_h5_skip (&span, 1);
  kind = nn_h5_take (&span, 1); /* version 2: 2 is "null", no elements */
  nn_h5_skip (&span, version == 1 ? 4 : 0);
  *shape = (NnShape){ .rank = rank };
  *n = version == 2 && kind == 2 ? 0 : 1;
  if (span.is_bad || version < 1 || version > 2)
    return H5_SPACE_DAMAGED;
  if (rank > NN_MAX_RANK)
    return H5_SPACE_LARGE;
  for (unsigned i = 0; i < rank; i++) {
    const guint64 dim = nn_h5_take_length (file, &span);

    if (span.is_bad)
      return H5_SPACE_DAMAGED;
    if (dim > NN_MAX_DIM || !g_size_checked_mul (n, *n, dim)
        || *n > NN_MAX_ELEMENTS)
      return H5_SPACE_LARGE;
    shape->dim[i] = dim;
  }
  return H5_SPACE_OK;
}

static guint64
bits_of (const H5Type *type, const guint8 *data)
{
  guint64 value = 0;

  for (size_t i = 0; i < type->size; i++)
    value |= (guint64) data[type->is_big_endian ? type->size - 1 - i : i]
        << 8 * i;
  return value;
}

static double
integer_value (const H5Type *type, guint64 bits)
{
  const unsigned width = 8 * type->size;

  if (type->is_signed && bits >> (width - 1) & 1)
    return -(double) ((~bits & (G_MAXUINT64 >> (64 - width))) + 1);
  return bits;
}

static double
float_value (const H5Type *type, guint64 bits)
{
  const guint64 mantissa = bits >> type->mantissa
      & ((G_GUINT64_CONSTANT (1) << type->mantissa_bits) - 1);
  const int exponent =
      bits >> type->exponent & ((1u << type->exponent_bits) - 1);
  const double sign = bits >> type->sign & 1 ? -1 : 1;
  const double fraction = ldexp (mantissa, -(int) type->mantissa_bits);
  const int bias = MIN (type->bias, 1u << 20);

  if (exponent == (1 << type->exponent_bits) - 1)
    return mantissa ? NAN : sign * INFINITY;
  return sign
      * (exponent == 0 ? ldexp (fraction, 1 - bias)
                       : ldexp (1 + fraction, exponent - bias));
}

static bool
is_number (const H5Type *type)
{
  return type->kind == H5_TYPE_INTEGER || type->kind == H5_TYPE_FLOAT;
}

static double
number (const H5Type *type, const guint8 *data)
{
  const guint64 bits = bits_of (type, data);

  return type->kind == H5_TYPE_FLOAT ? float_value (type, bits)
                                     : integer_value (type, bits);
}

static bool
is_native_float (const H5Type *type)
{
  return G_BYTE_ORDER == G_LITTLE_ENDIAN && type->kind == H5_TYPE_FLOAT
      && !type->is_big_endian && type->size == 4 && type->sign == 31
      && type->exponent == 23 && type->exponent_bits == 8 && type->mantissa == 0
      && type->mantissa_bits == 23 && type->bias == 127;
}

bool
nn_h5_to_floats (const H5Type *type, const guint8 *data, size_t n, float *out)
{
  if (!is_number (type))
    return false;
  if (is_native_float (type))
    memcpy (out, data, n * sizeof *out);
  else
    for (size_t i = 0; i < n; i++)
      out[i] = number (type, data + i * type->size);
  return true;
}

bool
nn_h5_to_doubles (const H5Type *type, const guint8 *data, size_t n, double *out)
{
  if (!is_number (type))
    return false;
  for (size_t i = 0; i < n; i++)
    out[i] = number (type, data + i * type->size);
  return true;
}

/* The objects of the global heap collection at address: index -> position of
 * its header in the file. NULL if damaged. Each collection is read once. */
static GHashTable *
collection_at (NnH5 *file, guint64 address)
{
  GHashTable *objects = g_hash_table_lookup (file->collections, &address);
  H5Span span = nn_h5_span_from (file, address);
  guint64 len;

  if (objects)
    return objects;
  if (!nn_h5_take_signature (&span, "GCOL"))
    return NULL;
  nn_h5_skip (&span, 4);
  len = nn_h5_take_length (file, &span);
  span = nn_h5_span (file, address, len);
  nn_h5_skip (&span, 8 + file->length_size);
  if (span.is_bad)
    return NULL;
  objects = g_hash_table_new (NULL, NULL);
  g_hash_table_insert (
      file->collections, g_memdup2 (&address, sizeof address), objects);
  while (span.left >= 8 + file->length_size) {
    const size_t at = span.at - file->data;
    const gpointer index = GUINT_TO_POINTER (nn_h5_take (&span, 2));

    nn_h5_skip (&span, 6);
    len = nn_h5_take_length (file, &span);
    nn_h5_skip (&span, len);
    if (!index || span.is_bad
        || !nn_h5_work (file, 1)) /* 0: the rest is free */
      break;
    if (!g_hash_table_contains (objects, index))
      g_hash_table_insert (objects, index, GSIZE_TO_POINTER (at));
    nn_h5_skip (&span, -len & 7);
  }
  return objects;
}

/* Object index of the global heap collection at address. */
static H5Span
find_global (NnH5 *file, guint64 address, unsigned index)
{
  GHashTable *const objects = collection_at (file, address);
  const size_t at = objects ? GPOINTER_TO_SIZE (
                        g_hash_table_lookup (objects, GUINT_TO_POINTER (index)))
                            : 0;
  H5Span span = nn_h5_span_from (file, at);

  if (at == 0 || !nn_h5_work (file, 1))
    return (H5Span){ .is_bad = true };
  nn_h5_skip (&span, 8);
  return nn_h5_take_span (&span, nn_h5_take_length (file, &span));
}

/* A string of variable length: its length, and where it is. */
static bool
read_variable (NnH5 *file, H5Span *span, H5Span *text)
{
  const guint64 len = nn_h5_take (span, 4);
  const guint64 address = nn_h5_take_address (file, span);
  const unsigned index = nn_h5_take (span, 4);

  *text = (H5Span){ .at = (const guint8 *) "" };
  if (span->is_bad)
    return false;
  if (len == 0)
    return true;
  *text = find_global (file, address, index);
  if (text->is_bad || len > text->left)
    return false;
  text->left = len;
  return true;
}

char **
nn_h5_to_strings (NnH5 *file, const H5Type *type, H5Span data, size_t n)
{
  g_auto (GStrv) strings = NULL;
  size_t total = 0;

  if ((type->kind != H5_TYPE_STRING && type->kind != H5_TYPE_VARIABLE_STRING)
      || n > NN_MAX_NAMES)
    return NULL;
  if (type->kind == H5_TYPE_VARIABLE_STRING
      && type->size != 8 + file->offset_size)
    return NULL;
  strings = g_new0 (char *, n + 1);
  for (size_t i = 0; i < n; i++) {
    H5Span text;

    if (type->kind == H5_TYPE_STRING) {
      text = nn_h5_take_span (&data, type->size);
      if (text.is_bad)
        return NULL;
    } else if (!read_variable (file, &data, &text)) {
      return NULL;
    }
    total += text.left;
    if (total > NN_MAX_CONFIG_BYTES)
      return NULL;
    strings[i] = g_strndup ((const char *) text.at, text.left);
  }
  return g_steal_pointer (&strings);
}
