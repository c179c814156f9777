/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "nn/h5-private.h"

typedef struct {
  const char *name;
  H5Attribute *attribute;
  H5Found found;
} Search;

static guint64
padded (guint64 n, unsigned version)
{
  return version == 1 ? (n + 7) & ~(guint64) 7 : n;
}

static bool
is_name (H5Span span, const char *name)
{
  const size_t len = strlen (name);

  return span.left >= len && memcmp (span.at, name, len) == 0
      && (span.left == len || span.at[len] == 0);
}

/* One attribute message; fills search if it is the one wanted. */
static bool
read_attribute (NnH5 *file, H5Span span, gpointer user_data)
{
  Search *const search = user_data;
  H5Attribute *const attribute = search->attribute;
  const unsigned version = nn_h5_take (&span, 1);
  const unsigned flags = nn_h5_take (&span, 1);
  const unsigned name_len = nn_h5_take (&span, 2);
  const unsigned type_len = nn_h5_take (&span, 2);
  const unsigned space_len = nn_h5_take (&span, 2);
  H5Span name, type, space;
  guint64 bytes;

  nn_h5_skip (&span, version == 3 ? 1 : 0);
  name = nn_h5_take_span (&span, padded (name_len, version));
  type = nn_h5_take_span (&span, padded (type_len, version));
  space = nn_h5_take_span (&span, padded (space_len, version));
  if (span.is_bad || version < 1 || version > 3)
    return false;
  if (search->found != H5_ABSENT || !is_name (name, search->name))
    return true;
  search->found = H5_DAMAGED;
  if ((version > 1 && flags != 0) || !nn_h5_read_type (type, &attribute->type)
      || nn_h5_read_space (file, space, &attribute->shape, &attribute->n)
          != H5_SPACE_OK
      || !g_size_checked_mul (&bytes, attribute->n, attribute->type.size)
      || bytes > span.left)
    return true;
  span.left = bytes;
  attribute->data = span;
  search->found = H5_FOUND;
  return true;
}

H5Found
nn_h5_find_attribute (
    NnH5 *file, guint64 object, const char *name, H5Attribute *attribute)
{
  g_autoptr (GArray) messages = nn_h5_read_object (file, object);
  Search search = { name, attribute, H5_ABSENT };

  for (guint i = 0; messages && i < messages->len; i++) {
    const H5Message *const message = &g_array_index (messages, H5Message, i);
    bool is_ok = true;

    if (message->type == H5_MESSAGE_ATTRIBUTE)
      is_ok =
          !message->is_shared && read_attribute (file, message->data, &search);
    else if (message->type == H5_MESSAGE_ATTRIBUTE_INFO)
      is_ok = nn_h5_heap_foreach (
          file, message->data, 2, 0, read_attribute, &search);
    if (!is_ok)
      return H5_DAMAGED;
  }
  return messages ? search.found : H5_DAMAGED;
}
