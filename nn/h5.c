/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/h5.h"

#include <string.h>
#include "nn/error.h"
#include "nn/file.h"
#include "nn/h5-private.h"
#include "nn/limits.h"

static void
table_free (gpointer table)
{
  g_hash_table_unref (table);
}

bool
nn_h5_is_h5 (GBytes *bytes)
{
  NnH5 file = { 0 };

  g_return_val_if_fail (bytes != NULL, false);
  file.data = g_bytes_get_data (bytes, &file.len);
  return nn_h5_find_start (&file);
}

NnH5 *
nn_h5_open_bytes (const char *name, GBytes *bytes, GError **error)
{
  g_autoptr (NnH5) file = NULL;

  g_return_val_if_fail (name != NULL && bytes != NULL, NULL);
  file = g_new0 (NnH5, 1);
  file->name = g_strdup (name);
  file->bytes = g_bytes_ref (bytes);
  file->data = g_bytes_get_data (bytes, &file->len);
  file->source_len = file->len;
  file->groups =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, table_free);
  file->collections =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, table_free);
  if (!nn_h5_find_start (file))
    g_set_error (
        error, NN_ERROR, NN_ERROR_FORMAT, "%s: not an HDF5 file", name);
  else if (!nn_h5_read_superblock (file))
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: damaged HDF5 file: it is truncated or has an invalid header",
        name);
  else if (!nn_h5_group_links (file, file->root))
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: damaged HDF5 file: its root group cannot be read", name);
  else
    return g_steal_pointer (&file);
  return NULL;
}

void
nn_h5_set_source_len (NnH5 *file, gsize len)
{
  g_return_if_fail (file != NULL);
  file->source_len = len;
}

NnH5 *
nn_h5_open (const char *path, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;

  g_return_val_if_fail (path != NULL, NULL);
  bytes = nn_file_read (path, NN_MAX_FILE_BYTES, error);
  return bytes ? nn_h5_open_bytes (path, bytes, error) : NULL;
}

void
nn_h5_close (NnH5 *file)
{
  if (!file)
    return;
  g_clear_pointer (&file->groups, g_hash_table_unref);
  g_clear_pointer (&file->collections, g_hash_table_unref);
  g_clear_pointer (&file->bytes, g_bytes_unref);
  g_free (file->name);
  g_free (file);
}

const char *
nn_h5_name (const NnH5 *file)
{
  g_return_val_if_fail (file != NULL, NULL);
  return file->name;
}

bool
nn_h5_has_group (NnH5 *file, const char *path)
{
  guint64 address;

  g_return_val_if_fail (file != NULL && path != NULL, false);
  return nn_h5_resolve (file, path, &address)
      && nn_h5_group_links (file, address) != NULL;
}

bool
nn_h5_has_dataset (NnH5 *file, const char *path)
{
  guint64 address;
  H5Dataset dataset;

  g_return_val_if_fail (file != NULL && path != NULL, false);
  return nn_h5_resolve (file, path, &address)
      && nn_h5_open_dataset (file, address, &dataset) != H5_DATASET_ABSENT
      && nn_h5_group_links (file, address) == NULL;
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

char **
nn_h5_children (NnH5 *file, const char *path, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  GHashTable *links = NULL;
  GHashTableIter iter;
  gpointer name;
  guint64 address;

  g_return_val_if_fail (file != NULL && path != NULL, NULL);
  if (nn_h5_resolve (file, path, &address))
    links = nn_h5_group_links (file, address);
  if (!links) {
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: group “%s” is missing or damaged", file->name, path);
    return NULL;
  }
  g_hash_table_iter_init (&iter, links);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

static H5Found
find_attribute (
    NnH5 *file, const char *path, const char *name, H5Attribute *attribute)
{
  guint64 address;

  return nn_h5_resolve (file, path, &address)
      ? nn_h5_find_attribute (file, address, name, attribute)
      : H5_ABSENT;
}

bool
nn_h5_has_attribute (NnH5 *file, const char *path, const char *name)
{
  H5Attribute attribute;

  g_return_val_if_fail (file != NULL && path != NULL && name != NULL, false);
  return find_attribute (file, path, name, &attribute) != H5_ABSENT;
}

/* An attribute of length 0 is an empty list, whatever its type. */
static char **
attribute_strings (NnH5 *file, const H5Attribute *attribute)
{
  if (attribute->shape.rank > 1)
    return NULL;
  return attribute->n == 0 ? g_new0 (char *, 1)
                           : nn_h5_to_strings (file, &attribute->type,
                               attribute->data, attribute->n);
}

char *
nn_h5_attribute_string (
    NnH5 *file, const char *path, const char *name, GError **error)
{
  H5Attribute attribute;
  g_auto (GStrv) list = NULL;

  g_return_val_if_fail (file != NULL && path != NULL && name != NULL, NULL);
  if (find_attribute (file, path, name, &attribute) == H5_FOUND)
    list = attribute_strings (file, &attribute);
  if (!list || g_strv_length (list) != 1) {
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: attribute “%s” of “/%s” is missing, damaged or not a string",
        file->name, name, path);
    return NULL;
  }
  return g_steal_pointer (&list[0]);
}

/* Joins name0, name1, ...: how Keras stores lists beyond HDF5's limit of 64 kB
 * for an attribute. NULL if not even the first exists. */
static char **
split_attribute_strings (NnH5 *file, const char *path, const char *name)
{
  g_autoptr (GPtrArray) joined = g_ptr_array_new_with_free_func (g_free);

  for (int part = 0; part < NN_MAX_ATTRIBUTE_PARTS; part++) {
    g_autofree char *part_name = g_strdup_printf ("%s%d", name, part);
    g_autofree char **list = NULL;
    H5Attribute attribute;
    const H5Found found = find_attribute (file, path, part_name, &attribute);

    if (found == H5_ABSENT && part > 0) {
      g_ptr_array_add (joined, NULL);
      return (char **) g_ptr_array_free (g_steal_pointer (&joined), FALSE);
    }
    list = found == H5_FOUND ? attribute_strings (file, &attribute) : NULL;
    if (!list)
      return NULL;
    for (size_t i = 0; list[i]; i++)
      g_ptr_array_add (joined, list[i]);
    if (joined->len > NN_MAX_NAMES)
      return NULL;
  }
  return NULL;
}

char **
nn_h5_attribute_strings (
    NnH5 *file, const char *path, const char *name, GError **error)
{
  H5Attribute attribute;
  H5Found found;
  char **list = NULL;

  g_return_val_if_fail (file != NULL && path != NULL && name != NULL, NULL);
  found = find_attribute (file, path, name, &attribute);
  if (found == H5_FOUND)
    list = attribute_strings (file, &attribute);
  else if (found == H5_ABSENT)
    list = split_attribute_strings (file, path, name);
  if (!list)
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: attribute “%s” of “/%s” is missing, damaged or not a list of "
        "strings",
        file->name, name, path);
  return list;
}

/* The type that an attribute gives for a dataset of opaque bytes. */
static void
name_opaque (NnH5 *file, guint64 address, H5Type *type)
{
  H5Attribute attribute;
  g_auto (GStrv) names = NULL;

  if (type->size == nn_h5_bfloat16.size
      && nn_h5_find_attribute (file, address, "dtype", &attribute) == H5_FOUND)
    names = attribute_strings (file, &attribute);
  if (names && g_strv_length (names) == 1 && g_str_equal (names[0], "bfloat16"))
    *type = nn_h5_bfloat16;
}

static bool
open_dataset (NnH5 *file, const char *path, H5Dataset *dataset, GError **error)
{
  H5DatasetStatus status = H5_DATASET_ABSENT;
  guint64 address;

  if (nn_h5_resolve (file, path, &address))
    status = nn_h5_open_dataset (file, address, dataset);
  switch (status) {
    case H5_DATASET_OK:
      if (dataset->type.kind == H5_TYPE_OPAQUE)
        name_opaque (file, address, &dataset->type);
      return true;
    case H5_DATASET_ABSENT:
      g_set_error (error, NN_ERROR, NN_ERROR_FORMAT, "%s: no dataset “%s”",
          file->name, path);
      break;
    case H5_DATASET_DAMAGED:
      g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
          "%s: dataset “%s” is damaged, truncated or was never written",
          file->name, path);
      break;
    case H5_DATASET_LARGE:
      g_set_error (error, NN_ERROR, NN_ERROR_LIMIT,
          "%s: dataset “%s” has more than %" G_GSIZE_FORMAT
          " elements or more than %d axes",
          file->name, path, NN_MAX_ELEMENTS, NN_MAX_RANK);
      break;
    case H5_DATASET_STORAGE:
      g_set_error (error, NN_ERROR, NN_ERROR_UNSUPPORTED,
          "%s: dataset “%s” is external or virtual, has a filter other than "
          "deflate and shuffle, or chunks in the layout of HDF5 1.10",
          file->name, path);
      break;
  }
  return false;
}

bool
nn_h5_dataset_shape (
    NnH5 *file, const char *path, NnShape *shape, GError **error)
{
  H5Dataset dataset;

  g_return_val_if_fail (file != NULL && path != NULL && shape != NULL, false);
  if (!open_dataset (file, path, &dataset, error))
    return false;
  *shape = dataset.shape;
  return true;
}

/* A dataset with its contents. data points into the file or to owned. */
typedef struct {
  H5Dataset dataset;
  const guint8 *data;
  guint8 *owned;
} Contents;

static void
contents_clear (Contents *contents)
{
  g_free (contents->owned);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Contents, contents_clear)

static bool
read_contents (NnH5 *file, const char *path, Contents *contents, GError **error)
{
  if (!open_dataset (file, path, &contents->dataset, error))
    return false;
  if (nn_h5_read_data (
          file, &contents->dataset, &contents->data, &contents->owned))
    return true;
  g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
      "%s: dataset “%s” cannot be read: damaged, incomplete or inflated out of "
      "proportion",
      file->name, path);
  return false;
}

static gpointer
read_numbers (NnH5 *file, const char *path, bool as_doubles, NnShape *shape,
    GError **error)
{
  g_auto (Contents) contents = { 0 };
  g_autofree void *numbers = NULL;
  const H5Dataset *const dataset = &contents.dataset;
  size_t bytes;

  if (!read_contents (file, path, &contents, error))
    return NULL;
  bytes = MAX (dataset->n, 1) * (as_doubles ? sizeof (double) : sizeof (float));
  if (nn_h5_may_expand (file, bytes))
    numbers = g_try_malloc (bytes);
  if (!numbers) {
    g_set_error (error, NN_ERROR, NN_ERROR_LIMIT,
        "%s: dataset “%s” is more than a file of this size may hold in all",
        file->name, path);
    return NULL;
  }
  if (!(as_doubles ? nn_h5_to_doubles (
            &dataset->type, contents.data, dataset->n, numbers)
                   : nn_h5_to_floats (
                       &dataset->type, contents.data, dataset->n, numbers))) {
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: dataset “%s” does not hold numbers", file->name, path);
    return NULL;
  }
  if (shape)
    *shape = dataset->shape;
  return g_steal_pointer (&numbers);
}

float *
nn_h5_read_floats (NnH5 *file, const char *path, NnShape *shape, GError **error)
{
  g_return_val_if_fail (file != NULL && path != NULL, NULL);
  return read_numbers (file, path, false, shape, error);
}

double *
nn_h5_read_doubles (
    NnH5 *file, const char *path, NnShape *shape, GError **error)
{
  g_return_val_if_fail (file != NULL && path != NULL, NULL);
  return read_numbers (file, path, true, shape, error);
}

char **
nn_h5_read_strings (NnH5 *file, const char *path, GError **error)
{
  g_auto (Contents) contents = { 0 };
  const H5Dataset *const dataset = &contents.dataset;
  char **strings = NULL;

  g_return_val_if_fail (file != NULL && path != NULL, NULL);
  if (!read_contents (file, path, &contents, error))
    return NULL;
  if (dataset->shape.rank <= 1)
    strings = nn_h5_to_strings (file, &dataset->type,
        (H5Span){
            .at = contents.data, .left = dataset->n * dataset->type.size },
        dataset->n);
  if (!strings)
    g_set_error (error, NN_ERROR, NN_ERROR_FORMAT,
        "%s: dataset “%s” does not hold a list of strings", file->name, path);
  return strings;
}
