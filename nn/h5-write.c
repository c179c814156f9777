/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nn/h5-write.h"

#include <hdf5.h>
#include <string.h>
#include "nn/error.h"

/* HDF5's limit for an attribute, less what Keras reserves for its header. */
#define MAX_ATTRIBUTE_BYTES ((size_t) 64512)

/* Smaller arrays are not packed: what finds the one chunk takes more. */
#define LEAST_PACKED 512
#define DEFLATE_LEVEL 9

struct _NnH5Writer {
  hid_t file;
  bool has_failed;
};

/* The lock, with HDF5's error printer silenced. */
static GMutex lock;

typedef struct {
  H5E_auto2_t print;
  void *print_data;
} Guard;

static Guard
enter (void)
{
  Guard guard;

  g_mutex_lock (&lock);
  H5open ();
  H5Eget_auto2 (H5E_DEFAULT, &guard.print, &guard.print_data);
  H5Eset_auto2 (H5E_DEFAULT, NULL, NULL);
  return guard;
}

static void
leave (Guard *guard)
{
  H5Eset_auto2 (H5E_DEFAULT, guard->print, guard->print_data);
  g_mutex_unlock (&lock);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Guard, leave)
#define SCOPE G_GNUC_UNUSED g_auto (Guard) guard = enter ()

/* An identifier of any kind that is closed at the end of its scope. */
typedef hid_t Id;

static void
id_close (Id *id)
{
  if (*id >= 0)
    H5Idec_ref (*id);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Id, id_close)

static void
check (NnH5Writer *writer, bool is_well)
{
  writer->has_failed = writer->has_failed || !is_well;
}

static NnH5Writer *
writer_new (bool is_packed)
{
  NnH5Writer *writer = g_new0 (NnH5Writer, 1);

  SCOPE;
  g_auto (Id) access = H5Pcreate (H5P_FILE_ACCESS);
  g_auto (Id) creation = H5Pcreate (H5P_FILE_CREATE);
  /* In memory only; without creation times, so equal models give equal files.
   */
  H5Pset_fapl_core (access, 1 << 16, 0);
  H5Pset_obj_track_times (creation, 0);
  if (is_packed)
    H5Pset_istore_k (creation, 1);
  writer->file = H5Fcreate ("model.h5", H5F_ACC_TRUNC, creation, access);
  check (writer, writer->file >= 0);
  return writer;
}

NnH5Writer *
nn_h5_writer_new (void)
{
  return writer_new (false);
}

NnH5Writer *
nn_h5_writer_new_packed (void)
{
  return writer_new (true);
}

void
nn_h5_writer_free (NnH5Writer *writer)
{
  if (!writer)
    return;
  {
    SCOPE;
    if (writer->file >= 0)
      H5Fclose (writer->file);
  }
  g_free (writer);
}

static hid_t
open_object (NnH5Writer *writer, const char *path)
{
  return H5Oopen (writer->file, *path ? path : "/", H5P_DEFAULT);
}

static hid_t
links_with_groups (void)
{
  const hid_t links = H5Pcreate (H5P_LINK_CREATE);

  H5Pset_create_intermediate_group (links, 1);
  return links;
}

static hid_t
without_times (hid_t plist_class)
{
  const hid_t plist = H5Pcreate (plist_class);

  H5Pset_obj_track_times (plist, 0);
  return plist;
}

void
nn_h5_write_group (NnH5Writer *writer, const char *path)
{
  g_return_if_fail (writer != NULL && path != NULL);
  SCOPE;
  g_auto (Id) links = links_with_groups ();
  g_auto (Id) creation = without_times (H5P_GROUP_CREATE);
  g_auto (Id) group =
      H5Gcreate2 (writer->file, path, links, creation, H5P_DEFAULT);

  check (writer, group >= 0);
}

/* In one chunk. */
static void
pack (hid_t creation, size_t rank, const hsize_t *dims)
{
  H5Pset_chunk (creation, rank, dims);
  H5Pset_shuffle (creation);
  H5Pset_deflate (creation, DEFLATE_LEVEL);
}

/* Under the lock. */
static void
write_dataset (NnH5Writer *writer, const char *path, const NnShape *shape,
    hid_t file_type, hid_t memory_type, const void *values, bool is_packed)
{
  hsize_t dims[NN_MAX_RANK];

  for (size_t i = 0; i < shape->rank; i++)
    dims[i] = shape->dim[i];
  g_auto (Id) space = H5Screate_simple (shape->rank, dims, NULL);
  g_auto (Id) links = links_with_groups ();
  g_auto (Id) creation = without_times (H5P_DATASET_CREATE);
  if (is_packed)
    pack (creation, shape->rank, dims);
  g_auto (Id) dataset = H5Dcreate2 (
      writer->file, path, file_type, space, links, creation, H5P_DEFAULT);

  check (writer,
      dataset >= 0
          && H5Dwrite (
                 dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values)
              >= 0);
}

void
nn_h5_write_floats (NnH5Writer *writer, const char *path, const NnShape *shape,
    const float *values)
{
  g_return_if_fail (writer != NULL && path != NULL && shape != NULL);
  SCOPE;
  write_dataset (
      writer, path, shape, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, values, false);
}

/* HDF5 has a name for it from 1.14.4 on only. */
static hid_t
half_type (void)
{
  const hid_t type = H5Tcopy (H5T_IEEE_F32LE);

  H5Tset_fields (type, 15, 10, 5, 0, 10);
  H5Tset_size (type, 2);
  H5Tset_ebias (type, 15);
  return type;
}

void
nn_h5_write_halves (NnH5Writer *writer, const char *path, const NnShape *shape,
    const float *values)
{
  g_return_if_fail (writer != NULL && path != NULL && shape != NULL);
  SCOPE;
  g_auto (Id) type = half_type ();

  write_dataset (writer, path, shape, type, H5T_NATIVE_FLOAT, values,
      nn_shape_size (shape) >= LEAST_PACKED);
}

void
nn_h5_write_doubles (NnH5Writer *writer, const char *path, const NnShape *shape,
    const double *values)
{
  g_return_if_fail (writer != NULL && path != NULL && shape != NULL);
  SCOPE;
  write_dataset (
      writer, path, shape, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, values, false);
}

/* An attribute of a type and space; values NULL: empty. */
static void
write_attribute (NnH5Writer *writer, const char *path, const char *name,
    hid_t type, hid_t space, const void *values)
{
  g_auto (Id) object = open_object (writer, path);
  g_auto (Id) attribute = object < 0
      ? -1
      : H5Acreate2 (object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);

  check (writer,
      attribute >= 0 && (!values || H5Awrite (attribute, type, values) >= 0));
}

static hid_t
string_type (bool is_utf8)
{
  const hid_t type = H5Tcopy (H5T_C_S1);

  H5Tset_size (type, H5T_VARIABLE);
  H5Tset_cset (type, is_utf8 ? H5T_CSET_UTF8 : H5T_CSET_ASCII);
  return type;
}

void
nn_h5_write_string_attribute (NnH5Writer *writer, const char *path,
    const char *name, const char *value, bool is_utf8)
{
  g_return_if_fail (writer != NULL && path != NULL && value != NULL);
  SCOPE;
  g_auto (Id) type = string_type (is_utf8);
  g_auto (Id) space = H5Screate (H5S_SCALAR);

  write_attribute (writer, path, name, type, space, &value);
}

void
nn_h5_write_double_attribute (
    NnH5Writer *writer, const char *path, const char *name, double value)
{
  g_return_if_fail (writer != NULL && path != NULL && name != NULL);
  SCOPE;
  g_auto (Id) space = H5Screate (H5S_SCALAR);

  /* All platforms of GStreamer have IEEE doubles. */
  write_attribute (writer, path, name, H5T_NATIVE_DOUBLE, space, &value);
}

/* How many strings fit into one attribute as NumPy stores them, each as wide as
 * the widest. At least one. */
static size_t
count_that_fit (const char *const *values, size_t n)
{
  size_t width = 1;

  for (size_t i = 0; i < n; i++) {
    width = MAX (width, strlen (values[i]));
    if (i > 0 && width * (i + 1) > MAX_ATTRIBUTE_BYTES)
      return i;
  }
  return n;
}

void
nn_h5_write_strings_attribute (NnH5Writer *writer, const char *path,
    const char *name, const char *const *values, size_t n)
{
  const bool is_whole = count_that_fit (values, n) == n;

  g_return_if_fail (writer != NULL && path != NULL);
  SCOPE;
  g_auto (Id) type = string_type (false);
  for (size_t first = 0, part = 0, count; first < n || n == 0; part++) {
    g_autofree char *part_name = is_whole
        ? g_strdup (name)
        : g_strdup_printf ("%s%" G_GSIZE_FORMAT, name, part);

    count = n == 0 ? 0 : count_that_fit (values + first, n - first);
    g_auto (Id) space = H5Screate_simple (1, (hsize_t[]){ count }, NULL);
    write_attribute (writer, path, part_name, n == 0 ? H5T_IEEE_F64LE : type,
        space, n == 0 ? NULL : values + first);
    if (n == 0)
      break;
    first += count;
  }
}

GBytes *
nn_h5_writer_finish (NnH5Writer *writer, GError **error)
{
  void *image = NULL;
  ssize_t len = -1;

  g_return_val_if_fail (writer != NULL, NULL);
  SCOPE;
  if (!writer->has_failed && H5Fflush (writer->file, H5F_SCOPE_GLOBAL) >= 0)
    len = H5Fget_file_image (writer->file, NULL, 0);
  if (len > 0)
    image = g_try_malloc (len);
  if (!image || H5Fget_file_image (writer->file, image, len) != len) {
    g_free (image);
    g_set_error (error, NN_ERROR, NN_ERROR_IO, "HDF5 could not make the file");
    return NULL;
  }
  return g_bytes_new_take (image, len);
}
